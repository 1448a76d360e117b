"""How lists of tasks are filtered, sorted, paged and counted, and what they cost."""

from typing import Any

import pytest
from sqlalchemy import text

from tests.subgraphs.tasks.asking import ENG, HOP, STATUS, create, task_id, user
from tests.support.statements import rows_read, statements
from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import demo_id
from trellis.schema.identity import ANONYMOUS
from trellis.subgraphs.tasks import queries
from trellis.subgraphs.tasks.models import TaskStatus

ALAN, ADA = caller("alan"), caller("ada")
COUNT = "query($f: TaskFilters) { tasks(filters: $f) { totalCount edges { node { title } } } }"
SORTED = """query($f: TaskFilters, $s: TaskSort, $o: SortOrder! = ASC, $n: Int, $a: String) {
  tasks(filters: $f, sortBy: $s, sortOrder: $o, first: $n, after: $a) {
    edges { node { id title dueDate createdAt updatedAt } }
    pageInfo { hasNextPage endCursor } } }"""
RELEASE = str(demo_id("milestone", "ENG/Release"))


@pytest.mark.parametrize(
    ("who", "count"), [("ada", 123), ("grace", 75), ("katherine", 51), ("hedy", 51), ("tommy", 27)]
)
async def test_people_see_the_tasks_of_their_projects_and_their_own(
    tasks: Running, who: str, count: int
):
    assert (await tasks.ask(COUNT, caller(who)))["tasks"]["totalCount"] == count


async def test_nobody_sees_nothing(tasks: Running):
    assert await tasks.ask(COUNT, ANONYMOUS) == {"tasks": {"totalCount": 0, "edges": []}}


async def test_a_task_shows_all_it_has(tasks: Running):
    query = """query($id: ID!) { task(id: $id) { title description status completion priority
      project { id } milestone { id } createdBy { id } assignee { id } dueDate estimatedHours tags
      createdAt updatedAt version dependencies { type dependsOn { id } } } }"""

    assert (await tasks.ask(query, ALAN, id=task_id("ENG-3")))["task"] == {
        "title": "Calibrate the display",
        "description": "So that the display of Analytical Engine can be relied on.",
        "status": "REVIEW",
        "completion": "PENDING",
        "priority": "URGENT",
        "project": {"id": ENG},
        "milestone": None,
        "createdBy": {"id": user("grace")},
        "assignee": {"id": user("katherine")},
        "dueDate": "2026-01-30T18:00:00Z",
        "estimatedHours": 16.0,
        "tags": ["paperwork"],
        "createdAt": "2026-01-07T18:00:00Z",
        "updatedAt": "2026-01-07T21:00:00Z",
        "version": 1,
        "dependencies": [{"type": "FINISH_TO_START", "dependsOn": {"id": task_id("ENG-2")}}],
    }


FILTERED: list[tuple[dict[str, Any], int]] = [
    ({}, 75),
    ({"projectId": ENG}, 24),
    ({"projectId": HOP}, 0),
    ({"personal": True}, 3),
    ({"personal": False}, 72),
    ({"personal": True, "projectId": ENG}, 0),
    ({"status": ["DONE"], "projectId": ENG}, 10),
    ({"status": ["DONE", "REVIEW"], "projectId": ENG}, 15),
    ({"status": []}, 0),
    ({"completion": "COMPLETED", "projectId": ENG}, 10),
    ({"completion": "PENDING", "projectId": ENG}, 14),
    ({"priority": ["URGENT"], "projectId": ENG}, 6),
    ({"priority": ["URGENT"], "status": ["DONE"], "projectId": ENG}, 2),
    ({"milestoneId": RELEASE}, 6),
    ({"assigneeId": user("alan"), "projectId": ENG}, 4),
    ({"createdById": user("grace"), "projectId": ENG}, 8),
    ({"projectId": ENG, "dueDateGte": "2026-01-30"}, 18),
    ({"projectId": ENG, "dueDateGt": "2026-01-30"}, 17),
    ({"projectId": ENG, "dueDateLte": "2026-01-30"}, 3),
    ({"projectId": ENG, "dueDateLt": "2026-01-30"}, 2),
    ({"projectId": ENG, "dueDateGte": "2026-01-30", "dueDateLte": "2026-01-30"}, 1),
    ({"projectId": ENG, "dueDateLte": "9999-12-31"}, 20),
    ({"search": "calibrate THE display", "projectId": ENG}, 1),
    ({"search": "relied on", "projectId": ENG}, 24),
    ({"search": "relied on", "searchFields": ["TITLE"]}, 0),
    ({"search": "calibrate", "searchFields": ["DESCRIPTION"]}, 0),
    ({"search": "eggs", "searchFields": ["TITLE", "DESCRIPTION"]}, 1),
    ({"search": "eggs", "searchFields": []}, 0),
    ({"search": "' OR 1=1 --"}, 0),
    ({"search": "%"}, 0),
    ({"search": "_"}, 0),
]


async def test_filters_narrow_the_list_and_the_count(tasks: Running):
    for filters, count in FILTERED:
        found = (await tasks.ask(COUNT, caller("grace"), f=filters))["tasks"]
        assert (found["totalCount"], len(found["edges"])) == (count, min(count, 20)), filters


async def test_a_filter_that_is_no_id_is_refused(tasks: Running):
    refusal = await tasks.refusal(COUNT, ADA, f={"projectId": "1 or 1"})

    assert [problem["field"] for problem in refusal["fields"]] == ["projectId"]


@pytest.mark.parametrize("order", ["ASC", "DESC"])
@pytest.mark.parametrize(
    ("sort", "member"),
    [("DUE_DATE", "dueDate"), ("CREATED_AT", "createdAt"), ("UPDATED_AT", "updatedAt")]
    + [("TITLE", "title")],
)
async def test_pages_of_any_order_neither_repeat_nor_miss_a_task(
    tasks: Running, sort: str, member: str, order: str
):
    """Without a due date a task comes after all others that have one."""
    variables = {"f": {"projectId": ENG}, "s": sort, "o": order, "n": 5}
    nodes: list[dict[str, Any]] = []
    page: dict[str, Any] = {}
    for _ in range(5):
        page = (await tasks.ask(SORTED, ALAN, **variables))["tasks"]
        nodes += [edge["node"] for edge in page["edges"]]
        variables["a"] = page["pageInfo"]["endCursor"]

    assert page["pageInfo"]["hasNextPage"] is False
    assert len({node["id"] for node in nodes}) == len(nodes) == 24
    values = [node[member] or "9999" for node in nodes]
    assert values == sorted(values, reverse=order == "DESC")


async def test_figures_of_a_project_follow_its_tasks(tasks: Running):
    selection = """... on Project { totalTasks completedTasks progress taskStatistics {
      total todo inProgress review completed completionRate } }"""
    engine = {"__typename": "Project", "id": ENG}

    [before] = await tasks.entities(ALAN, selection, engine)
    await tasks.ask(STATUS, ALAN, id=task_id("ENG-1"), s="DONE")
    await create(tasks)
    [after] = await tasks.entities(ALAN, selection, engine)

    assert before == {
        "totalTasks": 24,
        "completedTasks": 10,
        "progress": 41,
        "taskStatistics": {
            **{"total": 24, "todo": 4, "inProgress": 5, "review": 5, "completed": 10},
            "completionRate": 41.67,
        },
    }
    assert (after["totalTasks"], after["completedTasks"], after["progress"]) == (25, 11, 44)
    assert after["taskStatistics"]["completionRate"] == 44.0


async def test_figures_of_a_milestone_follow_its_tasks(tasks: Running):
    selection = """... on Milestone { taskCount completedTaskCount tasks(first: 1) {
      totalCount edges { node { milestone { id } } } } }"""

    [figures] = await tasks.entities(ALAN, selection, {"__typename": "Milestone", "id": RELEASE})

    assert figures == {
        "taskCount": 6,
        "completedTaskCount": 3,
        "tasks": {"totalCount": 6, "edges": [{"node": {"milestone": {"id": RELEASE}}}]},
    }


async def test_lists_of_people_are_those_that_the_caller_sees(tasks: Running):
    selection = "... on User { tasks { totalCount } assignedTasks { totalCount } }"
    grace = {"__typename": "User", "id": user("grace")}

    [by_grace] = await tasks.entities(caller("grace"), selection, grace)
    [by_ada] = await tasks.entities(ADA, selection, grace)
    [by_hedy] = await tasks.entities(caller("hedy"), selection, grace)

    assert by_grace["tasks"]["totalCount"] == by_ada["tasks"]["totalCount"] + 3
    assert by_grace["assignedTasks"] == by_ada["assignedTasks"]
    assert by_ada["assignedTasks"]["totalCount"] > 0
    assert by_hedy == {"tasks": {"totalCount": 0}, "assignedTasks": {"totalCount": 0}}


async def test_fifty_tasks_cost_as_many_statements_as_five(tasks: Running):
    query = """query($n: Int) { tasks(first: $n, filters: {personal: false}) { totalCount
      edges { node { title dependencies { dependsOn { title dependencies { id } } }
        project { totalTasks progress taskStatistics { total } tasks(first: 2) {
          totalCount edges { node { id } } } }
        milestone { taskCount completedTaskCount tasks(first: 2) {
          totalCount edges { node { id } } } }
        assignee { assignedTasks(first: 2) { totalCount edges { node { id } } } }
        createdBy { tasks(first: 1) { totalCount } } } } } }"""

    with statements() as for_few:
        await tasks.ask(query, ADA, n=5)
    with statements() as for_fifty:
        await tasks.ask(query, ADA, n=50)

    assert len(for_fifty) == len(for_few)


async def test_no_more_rows_are_read_than_the_answer_needs(tasks: Running):
    query = """query($id: ID!) { task(id: $id) { title project { totalTasks progress } } }"""
    with rows_read() as read, statements() as seen:
        await tasks.ask(query, ALAN, id=task_id("ENG-1"))

    assert len(read) == 1
    assert len(seen) == 3  # the task, whether the project is seen, and all of its figures


async def test_total_count_costs_nothing_unless_selected(tasks: Running):
    with statements() as without:
        await tasks.ask("{ tasks(first: 1) { edges { node { title } } } }", ADA)
    with statements() as counted:
        await tasks.ask("{ tasks(first: 1) { totalCount } }", ADA)

    assert (len(without), len(counted)) == (1, 2)


@pytest.mark.parametrize(
    ("index", "condition"),
    [
        ("ix_task_of_creator", "created_by = :id"),
        ("ix_task_of_status", "status = 'todo' order by created_at desc"),
        ("ix_task_updated", "updated_at < '2020-01-01'"),
    ],
)
async def test_tasks_are_found_by_indexes(tasks: Running, index: str, condition: str):
    """Of a person, of a status in order of time, and what nobody has touched for long."""
    storage = tasks.context().storage
    async with storage.read() as session:
        if storage.database.is_postgres:
            # So small a table is read as a whole else.
            await session.execute(text("set local enable_seqscan = off"))
            await session.execute(text("set local enable_bitmapscan = off"))
            explain = "explain"
        else:
            explain = "explain query plan"
        statement = text(f"{explain} select * from task where {condition}")
        given = {"id": user("alan")} if ":id" in condition else {}
        plan = str((await session.execute(statement, given)).all())

    assert index in plan, plan
    assert "sort" not in plan.lower(), plan


async def test_counts_are_none_of_what_is_not_seen(tasks: Running):
    async with tasks.context().storage.read() as session:
        own, foreign = await queries.counts_by_project(
            session, ALAN, [demo_id("project", "ENG"), demo_id("project", "HOP")]
        )
        mine, theirs = await queries.counts_by_milestone(
            session,
            ALAN,
            [demo_id("milestone", "ENG/Release"), demo_id("milestone", "HOP/Release")],
        )

    assert own is not None and own[TaskStatus.DONE] == 10
    assert mine is not None and sum(mine.values()) == 6
    assert (foreign, theirs) == (None, None)
