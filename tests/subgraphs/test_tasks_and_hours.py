"""What tasks, projects and accounts announce is what hours go by; and what hours add to them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from tests.support.statements import statements
from tests.support.subgraphs import caller
from tests.support.whole_graph import WholeGraph, whole_graph
from trellis.db.seed.world import demo_id
from trellis.db.settings import DataSettings
from trellis.subgraphs.tasks.graph import make_subgraph as make_tasks
from trellis.subgraphs.timetracking.graph import make_subgraph as make_hours

ALAN, ADA, GRACE = caller("alan"), caller("ada"), caller("grace")
ENG = str(demo_id("project", "ENG"))
SPEND = """mutation($i: CreateTimeEntryInput!) { createTimeEntry(input: $i) { timeEntry {
  date durationMinutes user { displayName } project { name } task { title estimatedHours
    actualHours remainingHours } timesheet { weekStart } } } }"""
BOARD = """query($id: ID!, $first: Int!) { project(id: $id) {
  totalHours billableHours
  tasks(first: $first) { edges { node { estimatedHours actualHours remainingHours
    timeEntries(first: 5) { edges { node { durationMinutes user { displayName } timesheet {
      status entries { id } } } } }
    assignee { runningTimer { description task { title } } } } } } } }"""
BEHIND = [make_tasks, make_hours]


@pytest.fixture(scope="module")
async def graph(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WholeGraph]:
    """One for all: each test has days and people of its own."""
    settings = DataSettings(data_dir=tmp_path_factory.mktemp("graph"))
    async with whole_graph(settings, also=BEHIND) as graph:
        yield graph


async def spend(graph: WholeGraph, start: str, end: str, **members: Any) -> dict[str, Any]:
    given = {"startedAt": start, "endedAt": end, **members}
    return (await graph.ask(SPEND, ALAN, i=given))["createTimeEntry"]["timeEntry"]


async def make_task(graph: WholeGraph, **members: Any) -> str:
    create = "mutation($i: CreateTaskInput!) { createTask(input: $i) { task { id } } }"
    given = {"projectId": ENG, "title": "Oil the mill", **members}
    return (await graph.ask(create, ALAN, i=given))["createTask"]["task"]["id"]


async def test_what_is_left_of_a_task_follows_from_its_estimate_and_its_hours(graph: WholeGraph):
    """A task that was made a moment ago takes time at once, and none once it is deleted."""
    task = await make_task(graph, estimatedHours=4)
    told = await spend(graph, "2026-03-02T09:00:00Z", "2026-03-02T10:30:00Z", taskId=task)
    assert told["task"] == {
        "title": "Oil the mill",
        "estimatedHours": 4.0,
        "actualHours": 1.5,
        "remainingHours": 2.5,
    }
    assert (told["project"], told["user"]) == (
        {"name": "Analytical Engine"},
        {"displayName": "Alan Turing"},
    )
    more = await spend(graph, "2026-03-02T11:00:00Z", "2026-03-02T15:00:00Z", taskId=task)
    assert (more["task"]["actualHours"], more["task"]["remainingHours"]) == (5.5, 0.0)
    free = await make_task(graph)
    told = await spend(graph, "2026-03-03T11:00:00Z", "2026-03-03T12:00:00Z", taskId=free)
    assert (told["task"]["actualHours"], told["task"]["remainingHours"]) == (1.0, None)

    delete = "mutation($id: ID!) { deleteTask(id: $id) { deletedTaskId } }"
    await graph.ask(delete, ALAN, id=task)
    given = {"startedAt": "2026-03-04T11:00:00Z", "endedAt": "2026-03-04T12:00:00Z"}
    refused = await graph.answer(SPEND, ALAN, i={**given, "taskId": task})
    assert [error["extensions"]["code"] for error in refused.errors] == ["NOT_FOUND"]


async def test_a_week_begins_where_the_person_says_they_live(graph: WholeGraph):
    live = """mutation($z: String!) { updateMyProfile(input: {timezone: $z}) { user { id } } }"""
    first = await spend(graph, "2026-03-01T12:00:00Z", "2026-03-01T13:00:00Z", projectId=ENG)
    await graph.ask(live, ALAN, z="Pacific/Auckland")
    second = await spend(graph, "2026-03-01T14:00:00Z", "2026-03-01T15:00:00Z", projectId=ENG)

    assert (first["date"], first["timesheet"]["weekStart"]) == ("2026-03-01", "2026-02-23")
    assert (second["date"], second["timesheet"]["weekStart"]) == ("2026-03-02", "2026-03-02")


async def test_a_project_tracks_time_as_its_settings_say(graph: WholeGraph):
    turn = """mutation($id: ID!, $on: Boolean!) { updateProject(id: $id, input: {
      settings: {timeTracking: $on} }) { project { id } } }"""
    given = {"startedAt": "2026-03-20T11:00:00Z", "endedAt": "2026-03-20T12:00:00Z"}
    await graph.ask(turn, ADA, id=ENG, on=False)
    refused = await graph.answer(SPEND, ALAN, i={**given, "projectId": ENG})
    assert [error["extensions"]["code"] for error in refused.errors] == ["CONFLICT"]
    await graph.ask(turn, ADA, id=ENG, on=True)
    await spend(graph, given["startedAt"], given["endedAt"], projectId=ENG)


async def test_who_leaves_a_project_keeps_the_own_hours(graph: WholeGraph):
    remove = """mutation($i: RemoveProjectMemberInput!) {
      removeProjectMember(input: $i) { project { id } } }"""
    count = "{ timeEntries(first: 1) { totalCount } }"
    who = caller("edsger")
    before = await graph.ask(count, who)
    await graph.ask(remove, ADA, i={"projectId": ENG, "userId": str(who.id)})
    totals = "query($id: ID!) { project(id: $id) { totalHours } }"

    assert await graph.ask(count, who) == before
    assert await graph.ask(totals, who, id=ENG) == {"project": None}
    [first] = (await graph.ask("{ timeEntries(first: 1) { edges { node { id } } } }", who))[
        "timeEntries"
    ]["edges"]
    change = """mutation($id: ID!) { updateTimeEntry(id: $id, input: {description: "x"}) {
      timeEntry { description } } }"""
    await graph.ask(change, who, id=first["node"]["id"])


async def test_a_board_of_twenty_tasks_costs_as_many_statements_as_one_of_eight(graph: WholeGraph):
    """After the first, which makes plans and connections."""
    counts = []
    for first in (8, 8, 20):
        with statements() as seen:
            board = (await graph.ask(BOARD, GRACE, id=ENG, first=first))["project"]
        counts.append(len(seen))

    assert counts[1] == counts[2]
    tasks = [edge["node"] for edge in board["tasks"]["edges"]]
    assert len(tasks) == 20 and board["totalHours"] > board["billableHours"] > 0
    for task in tasks:
        estimate = task["estimatedHours"]
        left = None if estimate is None else round(max(estimate - task["actualHours"], 0), 2)
        assert task["remainingHours"] == left
    assert any(task["timeEntries"]["edges"] for task in tasks)


async def test_without_the_right_to_read_tasks_nothing_is_told_of_estimates(graph: WholeGraph):
    query = """query($id: ID!) { timeEntries(first: 1, filters: {projectId: $id}) {
      edges { node { durationMinutes task { remainingHours } } } } }"""
    answered = await graph.answer(query, caller("alan", without="read:tasks"), id=ENG)

    [edge] = answered.data["timeEntries"]["edges"]
    assert edge["node"]["durationMinutes"] > 0
    assert edge["node"]["task"] is None
    [error] = answered.errors
    assert error["path"][-1] == "task"


async def test_hours_of_a_deleted_project_are_shown_without_it_and_its_tasks(graph: WholeGraph):
    create = "mutation($n: String!) { createProject(input: {name: $n}) { project { id } } }"
    project = (await graph.ask(create, ALAN, n="Short lived"))["createProject"]["project"]["id"]
    task = await make_task(graph, projectId=project)
    await spend(graph, "2025-06-03T09:00:00Z", "2025-06-03T10:00:00Z", taskId=task)
    delete = "mutation($id: ID!) { deleteProject(id: $id) { __typename } }"
    await graph.ask(delete, replace(ALAN, scopes=ALAN.scopes | {"delete:projects"}), id=project)

    mine = """{ timeEntries(filters: {startDate: "2025-06-03", endDate: "2025-06-03"}) {
      edges { node { durationMinutes project { id name } task { id title } } } } }"""
    found = await graph.ask(mine, ALAN)
    [node] = [edge["node"] for edge in found["timeEntries"]["edges"]]
    assert node == {"durationMinutes": 60, "project": None, "task": None}
