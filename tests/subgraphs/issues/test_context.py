"""What is known already is not waited for."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from tests.support.subgraphs import EmptyLog, Running, caller, running
from tests.support.templates import SeededCopies
from trellis.db.seed.world import demo_id
from trellis.db.settings import DataSettings
from trellis.subgraphs.issues.graph import make_subgraph

ENG, HOP = demo_id("project", "ENG"), demo_id("project", "HOP")
CREATE = "mutation($i: CreateIssueInput!) { createIssue(input: $i) { issue { id } } }"
KATHERINE, HEDY = demo_id("user", "katherine"), demo_id("user", "hedy")


class CountingLog(EmptyLog):
    """Counts how often somebody asks how far the stream of projects is."""

    def __init__(self) -> None:
        self.asked = 0
        self.was_asked = asyncio.Event()

    async def head(self) -> str:
        self.asked += 1
        self.was_asked.set()
        return await super().head()


@pytest.fixture
def projects() -> CountingLog:
    return CountingLog()


@pytest.fixture
async def issues(
    data_settings: DataSettings, seeded: SeededCopies, projects: CountingLog
) -> AsyncIterator[Running]:
    settings = await seeded.copy_to(data_settings)
    async with running(make_subgraph, settings, fresh=False) as subgraph:
        subgraph.bus.attach("projects", projects)
        await asyncio.wait_for(projects.was_asked.wait(), 5)  # by the reader, as it starts
        projects.asked = 0
        yield subgraph


@pytest.mark.parametrize(
    ("project", "assignee", "refusal"),
    [
        (ENG, None, None),
        (ENG, KATHERINE, None),
        (ENG, HEDY, "BAD_USER_INPUT"),
        (HOP, None, "NOT_FOUND"),
        (uuid4(), None, "NOT_FOUND"),
    ],
    ids=["project", "member", "no member", "foreign project", "no project"],
)
async def test_only_for_what_is_not_known_here_the_news_of_projects_are_waited_for(
    issues: Running,
    projects: CountingLog,
    project: UUID,
    assignee: UUID | None,
    refusal: str | None,
):
    wish = {"projectId": str(project), "summary": "x", "assigneeId": assignee and str(assignee)}
    result = await issues.answer(CREATE, caller("alan"), i=wish)

    codes = [error.extensions["code"] for error in result.errors or ()]
    assert codes == ([] if refusal is None else [refusal])
    assert projects.asked == len(codes)
