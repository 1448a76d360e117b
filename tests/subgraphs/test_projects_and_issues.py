"""What projects announce is what issues go by: right at once, and after any crash."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any
from uuid import uuid4

import pytest

from tests.support.subgraphs import EmptyLog, Running, caller, running
from trellis.db.bus import EventBus, MemoryBus
from trellis.db.redis_bus import RedisBus
from trellis.db.seed.world import demo_id
from trellis.db.settings import DataSettings
from trellis.subgraphs.issues.graph import make_subgraph as make_issues
from trellis.subgraphs.projects.graph import make_subgraph as make_projects

ENG = str(demo_id("project", "ENG"))
CREATE_PROJECT = """mutation($i: CreateProjectInput!) {
  createProject(input: $i) { project { id key } } }"""
CREATE_ISSUE = "mutation($i: CreateIssueInput!) { createIssue(input: $i) { issue { id key } } }"
ADD = "mutation($i: AddProjectMemberInput!) { addProjectMember(input: $i) { member { role } } }"
REMOVE = """mutation($i: RemoveProjectMemberInput!) {
  removeProjectMember(input: $i) { project { id } } }"""
SEEN = "query($f: IssueFilters) { issues(filters: $f) { totalCount } }"


@pytest.fixture(params=["memory", "redis"])
def redis_or_none(request: pytest.FixtureRequest) -> str | None:
    return request.getfixturevalue("redis_url") if request.param == "redis" else None


@pytest.fixture
async def bus(redis_or_none: str | None) -> AsyncIterator[EventBus]:
    """Streams of this test alone: nothing that an earlier one announced is in them."""
    prefix = f"test:{uuid4().hex}:"
    bus = RedisBus(redis_or_none, prefix=prefix) if redis_or_none else MemoryBus()
    await bus.connect()
    bus.attach("accounts", EmptyLog())
    yield bus
    await bus.close()


@pytest.fixture
async def projects(data_settings: DataSettings, bus: EventBus) -> AsyncIterator[Running]:
    async with running(make_projects, data_settings, bus=bus) as subgraph:
        yield subgraph


@pytest.fixture
async def issues(projects: Running) -> AsyncIterator[Running]:
    async with running(make_issues, projects.settings, bus=projects.bus) as subgraph:
        yield subgraph


async def create_project(projects: Running, who: str = "alan", **wish: Any) -> str:
    data = await projects.ask(CREATE_PROJECT, caller(who), i={"name": "Bombe", **wish})
    return data["createProject"]["project"]["id"]


async def count(issues: Running, who: str, project: str) -> int:
    data = await issues.ask(SEEN, caller(who), f={"projectId": project})
    return data["issues"]["totalCount"]


async def until(issues: Running, who: str, project: str, wanted: int) -> None:
    for _ in range(200):
        if await count(issues, who, project) == wanted:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"{who} still sees {await count(issues, who, project)} issues")


async def test_a_project_made_a_moment_ago_takes_issues(projects: Running, issues: Running):
    for number in range(5):
        project = await create_project(projects, key=f"B{number}")
        data = await issues.ask(
            CREATE_ISSUE, caller("alan"), i={"projectId": project, "summary": "x"}
        )
        assert data["createIssue"]["issue"]["key"] == f"B{number}-1"


async def test_a_project_made_a_moment_ago_can_be_listened_to(projects: Running, issues: Running):
    project = await create_project(projects)
    stream: Any = await issues.subgraph.schema.subscribe(
        'subscription($p: ID!) { issueUpdated(projectId: $p, after: "0") { key } }',
        variable_values={"p": project},
        context_value=issues.context(caller("alan")),
    )
    async with aclosing(stream):
        listening = asyncio.create_task(anext(stream))
        wish = {"projectId": project, "summary": "x"}
        await issues.ask(CREATE_ISSUE, caller("alan"), i=wish)
        first = await asyncio.wait_for(listening, 5)
    assert first.data == {"issueUpdated": {"key": "BOMB-1"}}


async def test_a_member_added_a_moment_ago_can_be_assigned(projects: Running, issues: Running):
    project, grace = await create_project(projects), str(demo_id("user", "grace"))
    await projects.ask(ADD, caller("alan"), i={"projectId": project, "userId": grace})

    wish = {"projectId": project, "summary": "x", "assigneeId": grace}
    await issues.ask(CREATE_ISSUE, caller("alan"), i=wish)


async def test_who_leaves_a_project_sees_its_issues_no_more(projects: Running, issues: Running):
    assert await count(issues, "alan", ENG) == 120
    who = {"projectId": ENG, "userId": str(demo_id("user", "alan"))}
    await projects.ask(REMOVE, caller("ada"), i=who)

    await until(issues, "alan", ENG, 0)
    assert await count(issues, "katherine", ENG) == 120


async def test_a_deleted_project_takes_its_issues_along(projects: Running, issues: Running):
    delete = "mutation($id: ID!) { deleteProject(id: $id) { deletedProjectId } }"
    await projects.ask(delete, caller("ada"), id=ENG)

    await until(issues, "ada", ENG, 0)
    again = await create_project(projects, key="ENG", who="ada")
    wish = {"projectId": again, "summary": "x"}
    data = await issues.ask(CREATE_ISSUE, caller("ada"), i=wish)
    assert data["createIssue"]["issue"]["key"] == "ENG-1"


async def test_news_that_came_while_issues_was_down_are_read_at_its_start(projects: Running):
    settings, bus = projects.settings, projects.bus
    async with running(make_issues, settings, bus=bus):
        pass
    project = await create_project(projects)

    async with running(make_issues, settings, bus=bus, fresh=False) as issues:
        wish = {"projectId": project, "summary": "x"}
        data = await issues.ask(CREATE_ISSUE, caller("alan"), i=wish)

    assert data["createIssue"]["issue"]["key"] == "BOMB-1"


async def test_issues_may_start_before_projects(data_settings: DataSettings, bus: EventBus):
    async with (
        running(make_issues, data_settings, bus=bus) as issues,
        running(make_projects, data_settings, bus=bus) as projects,
    ):
        project = await create_project(projects)
        wish = {"projectId": project, "summary": "x"}
        await issues.ask(CREATE_ISSUE, caller("alan"), i=wish)


async def test_a_stream_of_issues_ends_when_the_caller_is_put_out(
    projects: Running, issues: Running
):
    query = """subscription($p: ID!) { issueUpdated(projectId: $p, after: "0") {
      key project { key } } }"""
    who = {"projectId": ENG, "userId": str(demo_id("user", "alan"))}
    stream = await issues.subgraph.schema.subscribe(
        query, variable_values={"p": ENG}, context_value=issues.context(caller("alan"))
    )
    async with aclosing(stream):  # type: ignore[type-var]
        await issues.ask(CREATE_ISSUE, caller("ada"), i={"projectId": ENG, "summary": "one"})
        first = await asyncio.wait_for(anext(stream), 5)
        assert first.data == {"issueUpdated": {"key": "ENG-121", "project": {"key": "ENG"}}}
        await projects.ask(REMOVE, caller("ada"), i=who)
        await until(issues, "alan", ENG, 0)
        await issues.ask(CREATE_ISSUE, caller("ada"), i={"projectId": ENG, "summary": "two"})
        last = await asyncio.wait_for(anext(stream), 5)
        assert last.errors is not None
        assert [(error.extensions or {})["code"] for error in last.errors] == ["NOT_FOUND"]
