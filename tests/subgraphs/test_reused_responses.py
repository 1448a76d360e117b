"""A response that is reused is the one that executing the operation again would give."""

import random
from collections.abc import AsyncIterator
from itertools import count

import pytest

from tests.support.subgraphs import caller
from tests.support.whole_graph import WholeGraph, whole_graph
from trellis.db import changes
from trellis.db.seed.world import demo_id
from trellis.db.settings import DataSettings
from trellis.router.cache import cache_figures
from trellis.subgraphs.tasks.graph import make_subgraph as make_tasks

BOARD = """query($id: ID!) { project(id: $id) {
  name status progress lead { displayName } members { role user { displayName } }
  milestones { title taskCount completedTaskCount }
  issues(first: 5) { totalCount edges { node { key summary status assignee { displayName }
    availableTransitions { name } } } }
  tasks(first: 5) { totalCount edges { node { title status } } } } }"""
ENG, OTHER = str(demo_id("project", "ENG")), str(demo_id("project", "COMP"))
ADA, ALAN = caller("ada"), caller("alan")


@pytest.fixture
async def graph(
    data_settings: DataSettings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[WholeGraph]:
    # Each change waits here until the copies have it; otherwise nothing is reused for 5 seconds.
    monkeypatch.setattr(changes, "SETTLED_AFTER", changes.SETTLED_AFTER * 0)
    async with whole_graph(data_settings, also=[make_tasks]) as graph:
        yield graph


class Changer:
    """Changes things of all subgraphs by lot."""

    def __init__(self, graph: WholeGraph, lot: random.Random) -> None:
        self._graph, self._lot, self._number = graph, lot, count(1)

    async def change(self) -> None:
        n, project = next(self._number), self._lot.choice((ENG, OTHER))
        operation, values = self._lot.choice(
            (
                ("updateProject(id: $p, input: {name: $t}) { project { id } }", "p"),
                ("createIssue(input: {projectId: $p, summary: $t}) { issue { id } }", "p"),
                ("createTask(input: {projectId: $p, title: $t}) { task { id } }", "p"),
                ("createMilestone(input: {projectId: $p, title: $t}) { milestone { id } }", "p"),
                ("updateMyProfile(input: {displayName: $t}) { user { id } }", ""),
            )
        )
        declared = "$p: ID!, " if values else ""
        given = {"t": f"Change {n}", **({"p": project} if values else {})}
        await self._graph.ask(f"mutation({declared}$t: String!) {{ {operation} }}", ADA, **given)


@pytest.mark.parametrize("seed", [1, 2])
async def test_reused_responses_are_what_executing_again_gives(graph: WholeGraph, seed: int):
    lot = random.Random(seed)
    changer = Changer(graph, lot)
    before = cache_figures()["responses"].hits
    for _ in range(25):
        if lot.random() < 0.5:
            await changer.change()
        who, project = lot.choice((ADA, ALAN)), lot.choice((ENG, OTHER))
        kept = await graph.answer(BOARD, who, reuse_seconds=300, id=project)
        fresh = await graph.answer(BOARD, who, id=project)
        assert (kept.data, kept.errors) == (fresh.data, fresh.errors)
    assert cache_figures()["responses"].hits > before + 3


async def test_a_response_belongs_to_its_caller(graph: WholeGraph):
    hedy = caller("hedy")
    seen = await graph.answer(BOARD, ADA, reuse_seconds=300, id=ENG)
    unseen = await graph.answer(BOARD, hedy, reuse_seconds=300, id=ENG)
    assert seen.data["project"]["name"] and unseen.data == {"project": None}


async def test_whoever_leaves_a_project_sees_it_no_longer(graph: WholeGraph):
    ask = {"reuse_seconds": 300, "id": ENG}
    assert (await graph.answer(BOARD, ALAN, **ask)).data["project"] is not None
    remove = (
        "mutation($i: RemoveProjectMemberInput!) { removeProjectMember(input: $i) { __typename } }"
    )
    await graph.ask(remove, ADA, i={"projectId": ENG, "userId": str(ALAN.id)})
    assert (await graph.answer(BOARD, ALAN, **ask)).data == {"project": None}
