"""One project board over three subgraphs: its cost does not grow with what is on it."""

from collections.abc import AsyncIterator

import pytest

from tests.support.statements import statements
from tests.support.subgraphs import caller, running
from trellis.db.bus import MemoryBus
from trellis.db.seed.world import demo_id
from trellis.db.settings import DataSettings
from trellis.router import Subgraph as Member
from trellis.router import SubgraphRequest, SubgraphResponse, Supergraph, compose
from trellis.router.operation.request import GraphQLRequest
from trellis.router.pipeline import answer
from trellis.router.transports.local import LocalTransport
from trellis.schema.request import RequestContext
from trellis.subgraphs.accounts.graph import make_subgraph as make_accounts
from trellis.subgraphs.issues.graph import make_subgraph as make_issues
from trellis.subgraphs.projects.graph import make_subgraph as make_projects

BOARD = """
query Board($id: ID!, $first: Int!) {
  project(id: $id) {
    key name
    lead { displayName }
    members { role user { displayName } }
    milestones { title }
    issues(first: $first) {
      totalCount
      edges { node { key summary status assignee { displayName } reporter { displayName } } }
    }
  }
}
"""


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

    async def ask(self, first: int) -> tuple[int, int, int]:
        """(issues answered, subgraph calls, SQL statements) for a board of ``first`` issues."""
        self.calls.clear()
        variables = {"id": str(demo_id("project", "ENG")), "first": first}
        context = RequestContext(identity=caller("ada"), request_id="board")
        with statements() as seen:
            result = await answer(GraphQLRequest(BOARD, variables), context, self.supergraph)
        assert not result.errors, result.errors
        assert result.data is not None
        project = result.data["project"]
        assert project["lead"]["displayName"] and project["members"][0]["user"]["displayName"]
        return len(project["issues"]["edges"]), len(self.calls), len(seen)


@pytest.fixture
async def board(data_settings: DataSettings) -> AsyncIterator[Board]:
    bus = MemoryBus()
    await bus.connect()
    calls: list[str] = []
    async with (
        running(make_accounts, data_settings, bus=bus) as accounts,
        running(make_projects, data_settings, bus=bus) as projects,
        running(make_issues, data_settings, bus=bus) as issues,
    ):
        parts = [part.subgraph for part in (accounts, projects, issues)]
        composition = compose([Member(part.name, "", part.schema.as_str()) for part in parts])
        transports = {part.name: Counting(part) for part in parts}
        for transport in transports.values():
            transport.calls = calls
        yield Board(Supergraph.load(composition.supergraph_sdl, transports=transports), calls)
    await bus.close()


async def test_one_issue_and_fifty_cost_the_same_calls_and_statements(board: Board):
    await board.ask(1)  # whatever happens only once has happened
    one, fifty = await board.ask(1), await board.ask(50)
    assert (one[0], fifty[0]) == (1, 50)
    assert (one[1], fifty[1]) == (3, 3)
    # Two batches that start in one tick share a statement, so a few more or less mean nothing.
    assert abs(fifty[2] - one[2]) <= 2
