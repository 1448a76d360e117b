"""The board of a project over eight subgraphs, and with its figures and a search over ten: their
cost does not grow with what is on them."""

import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.subgraphs.everything import all_running
from tests.support.shared import ROOT
from tests.support.statements import statements
from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import demo_id
from trellis.db.settings import DataSettings
from trellis.router import Subgraph as Member
from trellis.router import SubgraphRequest, SubgraphResponse, Supergraph, compose
from trellis.router.operation.request import GraphQLRequest
from trellis.router.pipeline import answer
from trellis.router.transports.local import LocalTransport
from trellis.schema.request import RequestContext

BOARD = (ROOT / "persisted_queries/explorer/project_board.graphql").read_text(encoding="utf-8")
ENG, ALAN = str(demo_id("project", "ENG")), str(demo_id("user", "alan"))
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

TEN = BOARD.replace(
    "    totalHours\n",
    "    analytics { tasks { total } teamPerformance { members { user { displayName } } } }\n"
    "    totalHours\n",
).replace(
    "  project(id: $id) {",
    """  search(query: "Task", types: [TASK], projectId: $id) {
    results(first: $first) { edges { node { score target { ... on Task {
      title status actualHours commentCount assignee { displayName } attachments { id } } } } } }
  }
  project(id: $id) {""",
)
"""The board, and beside it what reporting counts and search finds, of seven owners again."""


class Counting(LocalTransport):
    """A transport that remembers which subgraphs were asked."""

    calls: list[str]

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        self.calls.append(request.subgraph)
        return await super().send(request)


class Board:
    """The running graph, and what asking it cost."""

    def __init__(self, supergraph: Supergraph, parts: dict[str, Running], calls: list[str]) -> None:
        self.supergraph, self.parts, self.calls = supergraph, parts, calls

    async def do(self, operation: str, **variables: Any) -> Any:
        context = RequestContext(identity=caller("ada"), request_id="board")
        result = await answer(GraphQLRequest(operation, variables), context, self.supergraph)
        assert not result.errors, result.errors
        return result.data

    async def ask(self, first: int, operation: str = BOARD) -> tuple[list[int], list[str], int]:
        """(rows answered, subgraph calls, SQL statements) for a board of ``first``."""
        self.calls.clear()
        with statements() as seen:
            data = await self.do(operation, id=ENG, first=first)
        project = data["project"]
        assert project["lead"]["displayName"] and project["members"][0]["user"]["displayName"]
        rows = [len(project[name]["edges"]) for name in ("issues", "tasks")]
        if "search" in data:
            hits = data["search"]["results"]["edges"]
            assert all(hit["node"]["target"]["assignee"] for hit in hits)
            assert project["analytics"]["tasks"]["total"] >= 50
            rows.append(len(hits))
        return rows, sorted(self.calls), len(seen)

    async def add_tasks(self, count: int) -> None:
        create = "mutation($i: CreateTaskInput!) { createTask(input: $i) { task { id } } }"
        for number in range(count):
            new = {"projectId": ENG, "title": f"Task {number}", "assigneeId": ALAN}
            await self.do(create, i=new)


@pytest.fixture
async def board(data_settings: DataSettings) -> AsyncIterator[Board]:
    calls: list[str] = []
    async with all_running(data_settings) as running:
        parts = [one.subgraph for one in running.values()]
        composition = compose([Member(part.name, "", part.schema.as_str()) for part in parts])
        transports = {part.name: Counting(part) for part in parts}
        for transport in transports.values():
            transport.calls = calls
        supergraph = Supergraph.load(composition.supergraph_sdl, transports=transports)
        yield Board(supergraph, running, calls)


async def test_one_row_and_fifty_cost_the_same_calls_and_statements(board: Board):
    await board.add_tasks(30)
    await board.ask(1)  # whatever happens only once has happened
    one, fifty = await board.ask(1), await board.ask(50)

    assert (one[0], fifty[0]) == ([1, 1], [50, 50])
    assert one[1] == fifty[1] and set(one[1]) == SERVICES
    assert len(one[1]) <= 11
    # Two batches that start in one tick share a statement, so a few more or less mean nothing.
    assert abs(fifty[2] - one[2]) <= 3, f"{one[2]} statements for one row, {fifty[2]} for fifty"


async def test_so_do_one_row_and_fifty_over_ten_subgraphs(board: Board):
    await board.add_tasks(50)
    for name in ("search", "reporting"):  # they have read of all tasks
        await board.parts[name].context().storage.catch_up("tasks", timeout=60)
    await board.ask(1, TEN)
    one, fifty = await board.ask(1, TEN), await board.ask(50, TEN)

    assert (one[0], fifty[0]) == ([1, 1, 1], [50, 50, 50])
    assert one[1] == fifty[1] and set(one[1]) == SERVICES | {"reporting", "search"}
    assert abs(fifty[2] - one[2]) <= 3, f"{one[2]} statements for one row, {fifty[2]} for fifty"
    sys.stdout.write(f"\nten subgraphs: {len(one[1])} calls, {one[2]} and {fifty[2]} statements\n")
