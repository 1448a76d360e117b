"""The board of a project over eight subgraphs: its cost does not grow with what is on it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.subgraphs.everything import all_running
from tests.support.shared import ROOT
from tests.support.statements import statements
from tests.support.subgraphs import caller
from trellis.db.seed.world import demo_id
from trellis.db.settings import DataSettings
from trellis.router import Subgraph as Member
from trellis.router import SubgraphRequest, SubgraphResponse, Supergraph, compose
from trellis.router.operation.request import GraphQLRequest
from trellis.router.pipeline import answer
from trellis.router.transports.local import LocalTransport
from trellis.schema.request import RequestContext

BOARD = (ROOT / "persisted_queries/explorer/project_board.graphql").read_text(encoding="utf-8")
ENG = str(demo_id("project", "ENG"))
# The projects, then by their keys four others, then by the keys in those four more; accounts once
# for all people.
SERVICES = {
    "accounts",
    "comments",
    "files",
    "issues",
    "projects",
    "tasks",
    "timetracking",
    "workflows",
}


class Counting(LocalTransport):
    """A transport that remembers which subgraphs were asked."""

    calls: list[str]

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        self.calls.append(request.subgraph)
        return await super().send(request)


class Board:
    """The running graph, and what asking it cost."""

    def __init__(self, supergraph: Supergraph, calls: list[str]) -> None:
        self.supergraph, self.calls = supergraph, calls

    async def do(self, operation: str, **variables: Any) -> Any:
        context = RequestContext(identity=caller("ada"), request_id="board")
        result = await answer(GraphQLRequest(operation, variables), context, self.supergraph)
        assert not result.errors, result.errors
        return result.data

    async def ask(self, first: int) -> tuple[list[int], list[str], int]:
        """(issues and tasks answered, subgraph calls, SQL statements) for a board of ``first``."""
        self.calls.clear()
        with statements() as seen:
            project = (await self.do(BOARD, id=ENG, first=first))["project"]
        assert project["lead"]["displayName"] and project["members"][0]["user"]["displayName"]
        rows = [len(project[name]["edges"]) for name in ("issues", "tasks")]
        return rows, sorted(self.calls), len(seen)


@pytest.fixture
async def board(data_settings: DataSettings) -> AsyncIterator[Board]:
    calls: list[str] = []
    async with all_running(data_settings) as running:
        parts = [one.subgraph for one in running.values()]
        composition = compose([Member(part.name, "", part.schema.as_str()) for part in parts])
        transports = {part.name: Counting(part) for part in parts}
        for transport in transports.values():
            transport.calls = calls
        yield Board(Supergraph.load(composition.supergraph_sdl, transports=transports), calls)


async def test_one_row_and_fifty_cost_the_same_calls_and_statements(board: Board):
    create = "mutation($i: CreateTaskInput!) { createTask(input: $i) { task { id } } }"
    for number in range(30):
        await board.do(create, i={"projectId": ENG, "title": f"Task {number}"})
    await board.ask(1)  # whatever happens only once has happened
    one, fifty = await board.ask(1), await board.ask(50)

    assert (one[0], fifty[0]) == ([1, 1], [50, 50])
    assert one[1] == fifty[1] and set(one[1]) == SERVICES
    assert len(one[1]) <= 11
    # Two batches that start in one tick share a statement, so a few more or less mean nothing.
    assert abs(fifty[2] - one[2]) <= 3, f"{one[2]} statements for one row, {fifty[2]} for fifty"
