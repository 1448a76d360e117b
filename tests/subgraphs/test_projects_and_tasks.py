"""What projects announce is what tasks go by: at once, from the first event on, and after any
crash; and what tasks add to the objects of projects."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import delete, select

from tests.support.statements import statements
from tests.support.subgraphs import EmptyLog, Running, caller, running
from tests.support.whole_graph import WholeGraph, whole_graph
from trellis.db.bus import EventBus, MemoryBus
from trellis.db.redis_bus import RedisBus
from trellis.db.seed.world import demo_id
from trellis.db.settings import DataSettings
from trellis.subgraphs.projects.graph import make_subgraph as make_projects
from trellis.subgraphs.tasks.graph import make_subgraph as make_tasks

ENG = str(demo_id("project", "ENG"))
CREATE_PROJECT = """mutation($i: CreateProjectInput!) {
  createProject(input: $i) { project { id } } }"""
MILESTONE = """mutation($i: CreateMilestoneInput!) {
  createMilestone(input: $i) { milestone { id } } }"""
CREATE = """mutation($i: CreateTaskInput!) { createTask(input: $i) { task {
  id milestone { id } } } }"""
ASSIGN = "mutation($id: ID!, $to: ID) { assignTask(id: $id, assigneeId: $to) { task { id } } }"
ADD = "mutation($i: AddProjectMemberInput!) { addProjectMember(input: $i) { member { role } } }"
REMOVE = """mutation($i: RemoveProjectMemberInput!) {
  removeProjectMember(input: $i) { project { id } } }"""
DELETE = "mutation($id: ID!) { deleteProject(id: $id) { deletedProjectId } }"
COUNT = "query($p: ID!) { tasks(filters: {projectId: $p}) { totalCount } }"


@pytest.fixture(params=["memory", "redis"])
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[EventBus]:
    """Streams of this test alone: nothing that an earlier one announced is in them."""
    if request.param == "redis":
        prefix = f"test:{uuid4().hex}:"
        bus: EventBus = RedisBus(request.getfixturevalue("redis_url"), prefix=prefix)
    else:
        bus = MemoryBus()
    await bus.connect()
    bus.attach("accounts", EmptyLog())
    yield bus
    await bus.close()


@pytest.fixture
async def projects(data_settings: DataSettings, bus: EventBus) -> AsyncIterator[Running]:
    async with running(make_projects, data_settings, bus=bus) as subgraph:
        yield subgraph


@pytest.fixture
async def tasks(projects: Running) -> AsyncIterator[Running]:
    async with running(make_tasks, projects.settings, bus=projects.bus) as subgraph:
        yield subgraph


async def new_project(projects: Running, **wish: Any) -> str:
    data = await projects.ask(CREATE_PROJECT, caller("alan"), i={"name": "Bombe", **wish})
    return data["createProject"]["project"]["id"]


async def new_milestone(projects: Running, project: str) -> str:
    given = {"projectId": project, "title": "Drums"}
    data = await projects.ask(MILESTONE, caller("alan"), i=given)
    return data["createMilestone"]["milestone"]["id"]


async def new_task(tasks: Running, project: str, **wish: Any) -> dict[str, Any]:
    given = {"projectId": project, "title": "x", **wish}
    return (await tasks.ask(CREATE, caller("alan"), i=given))["createTask"]["task"]


async def count(tasks: Running, who: str, project: str) -> int:
    return (await tasks.ask(COUNT, caller(who), p=project))["tasks"]["totalCount"]


async def test_what_was_made_a_moment_ago_takes_tasks(projects: Running, tasks: Running):
    project, grace = await new_project(projects), str(demo_id("user", "grace"))
    milestone = await new_milestone(projects, project)
    await projects.ask(ADD, caller("alan"), i={"projectId": project, "userId": grace})

    task = await new_task(tasks, project, milestoneId=milestone, assigneeId=grace)

    assert task["milestone"] == {"id": milestone}
    await tasks.ask(ASSIGN, caller("grace"), id=task["id"], to=grace)


async def test_who_leaves_a_project_sees_its_tasks_no_more(projects: Running, tasks: Running):
    assert await count(tasks, "alan", ENG) == 24
    who = {"projectId": ENG, "userId": str(demo_id("user", "alan"))}
    await projects.ask(REMOVE, caller("ada"), i=who)

    assert (await count(tasks, "alan", ENG), await count(tasks, "katherine", ENG)) == (0, 24)


async def test_a_deleted_project_takes_its_tasks_along(projects: Running, tasks: Running):
    await projects.ask(DELETE, caller("ada"), id=ENG)

    assert await count(tasks, "ada", ENG) == 0
    refusal = await tasks.refusal(CREATE, caller("ada"), i={"projectId": ENG, "title": "x"})
    assert refusal["code"] == "NOT_FOUND"


async def test_news_that_came_while_tasks_was_down_are_read_at_its_start(projects: Running):
    settings, bus = projects.settings, projects.bus
    async with running(make_tasks, settings, bus=bus):
        pass
    project = await new_project(projects)
    milestone = await new_milestone(projects, project)

    async with running(make_tasks, settings, bus=bus, fresh=False) as tasks:
        await new_task(tasks, project, milestoneId=milestone)


REPLICAS = ("project", "project_member", "milestone")


async def rows(tasks: Running) -> dict[str, list[str]]:
    """The tables that follow projects, as text."""
    tables = tasks.context().storage.metadata.tables
    async with tasks.context().storage.read() as session:
        return {
            name: sorted(str(row) for row in await session.execute(select(tables[name])))
            for name in REPLICAS
        }


async def test_replicas_that_read_from_zero_once_more_are_as_they_were(projects: Running):
    settings, bus = projects.settings, projects.bus
    grace = str(demo_id("user", "grace"))
    async with running(make_tasks, settings, bus=bus) as tasks:
        kept, gone = await new_project(projects), await new_project(projects)
        for project in (kept, gone):
            await new_milestone(projects, project)
            seat = {"projectId": project, "userId": grace}
            await projects.ask(ADD, caller("alan"), i=seat)
        await projects.ask(REMOVE, caller("alan"), i={"projectId": kept, "userId": grace})
        await projects.ask(DELETE, caller("alan"), id=gone)
        before = await rows(tasks)
        storage = tasks.context().storage
        async with storage.begin() as uow:
            for name in ("inbox", "consumer_position"):
                await uow.session.execute(delete(storage.metadata.tables[name]))

    async with running(make_tasks, settings, bus=bus, fresh=False) as tasks:
        await tasks.context().storage.catch_up("projects", timeout=10)
        assert await rows(tasks) == before
        assert await count(tasks, "alan", kept) == 0


# -- the graph over both --------------------------------------------------------------------------


@pytest.fixture
async def graph(tmp_path: Path) -> AsyncIterator[WholeGraph]:
    async with whole_graph(DataSettings(data_dir=tmp_path), also=[make_tasks]) as graph:
        yield graph


BOARD = """query($id: ID!, $first: Int!) { project(id: $id) {
  name totalTasks completedTasks progress taskStatistics { completionRate }
  milestones { title taskCount completedTaskCount }
  tasks(first: $first) { edges { node { title status estimatedHours assignee { displayName }
    createdBy { displayName } milestone { title } project { name }
    dependencies { dependsOn { title assignee { displayName } } } } } } } }"""


async def test_a_board_shows_tasks_with_what_others_know(graph: WholeGraph):
    board = (await graph.ask(BOARD, caller("alan"), id=ENG, first=3))["project"]

    assert (board["totalTasks"], board["completedTasks"], board["progress"]) == (24, 10, 41)
    assert [(m["title"], m["taskCount"], m["completedTaskCount"]) for m in board["milestones"]] == [
        ("Drawings", 6, 3),
        ("Prototype", 6, 2),
        ("Release", 6, 3),
    ]
    first, second, third = (edge["node"] for edge in board["tasks"]["edges"])
    assert first["createdBy"]["displayName"] == "Grace Hopper"
    assert second["project"] == {"name": "Analytical Engine"}
    assert third["milestone"] == {"title": "Release"}
    assert first["dependencies"][0]["dependsOn"]["title"] == second["title"]


async def test_a_board_of_twenty_tasks_costs_as_many_statements_as_one_of_three(graph: WholeGraph):
    """After the first, which makes plans and connections."""
    counts = []
    for first in (3, 3, 20):
        with statements() as seen:
            await graph.ask(BOARD, caller("alan"), id=ENG, first=first)
        counts.append(len(seen))

    assert counts[1] == counts[2]


async def test_a_new_project_has_its_figures_at_once(graph: WholeGraph):
    made = await graph.ask(
        """mutation($i: CreateProjectInput!) { createProject(input: $i) {
          project { totalTasks completedTasks progress taskStatistics { total } } } }""",
        caller("grace"),
        i={"name": "Compilers"},
    )

    assert made["createProject"]["project"] == {
        "totalTasks": 0,
        "completedTasks": 0,
        "progress": 0,
        "taskStatistics": {"total": 0},
    }
