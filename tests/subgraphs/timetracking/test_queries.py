"""Lists of hours: filters, order, pages, totals; and the rows that the demo has."""

from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import text as sql

from tests.subgraphs.timetracking.asking import (
    ADA,
    ALAN,
    ENG,
    GRACE,
    ORBIT,
    create,
    entries_in_table,
    entry_id,
    sheet_id,
    span,
    start,
    task_id,
    user,
)
from tests.support.subgraphs import Running, caller
from trellis.db.seed.hours import demo_time_entries, demo_timesheets
from trellis.schema.identity import ANONYMOUS
from trellis.subgraphs.timetracking import queries
from trellis.subgraphs.timetracking.queries import TimeEntryFilters

LIST = """query($f: TimeEntryFilters, $n: Int, $a: String, $k: Int,
    $by: TimeEntrySort! = STARTED_AT, $o: SortOrder! = DESC) {
  timeEntries(filters: $f, first: $n, after: $a, skip: $k, sortBy: $by, sortOrder: $o) {
    totalCount pageInfo { hasNextPage endCursor } edges { node { id date startedAt } } } }"""
SHEETS = """query($f: TimesheetFilters, $n: Int, $a: String) {
  timesheets(filters: $f, first: $n, after: $a) {
    totalCount pageInfo { hasNextPage endCursor }
    edges { node { id weekStart status user { id } } } } }"""


def managed(username: str) -> int:
    """How many of the demo's entries somebody sees who administers an organization."""
    home = caller(username).tenant_id
    return sum(caller(name).tenant_id == home for name in _names() for _ in _of(name))


def _names() -> list[str]:
    return ["ada", "grace", "alan", "katherine", "edsger", "barbara"] + [
        "hedy",
        "radia",
        "margaret",
        "donald",
        "annie",
        "tommy",
    ]


def _of(name: str) -> list[Any]:
    return [entry for entry in demo_time_entries() if str(entry.user_id) == user(name)]


async def test_the_demo_has_hours_that_do_not_overlap(hours: Running):
    for name in _names():
        found = await entries_in_table(hours, caller(name).id)
        assert len(found) == len(_of(name))
        for earlier, later in pairwise(found):
            assert earlier.ended_at is not None
            assert earlier.ended_at <= later.started_at
    assert len(demo_time_entries()) > 200
    sheets = [sheet.status for sheet in demo_timesheets()]
    assert set(sheets) == {"draft", "submitted", "approved", "rejected"}
    assert all(sheet.decided_by != sheet.user_id for sheet in demo_timesheets())


async def test_people_see_their_own_hours_and_administrators_those_of_the_organization(
    hours: Running,
):
    everything = len(demo_time_entries())
    for name, count in (
        ("ada", everything),
        ("grace", managed("grace")),
        ("alan", len(_of("alan"))),
    ):
        data = await hours.ask(LIST, caller(name))
        assert data["timeEntries"]["totalCount"] == count, name
    assert (await hours.ask(LIST, ANONYMOUS))["timeEntries"]["totalCount"] == 0
    assert managed("grace") < everything


async def test_filters_narrow_the_lists_and_the_counts(hours: Running):
    alan = [entry for entry in demo_time_entries() if str(entry.user_id) == user("alan")]
    await start(hours)
    filters: list[tuple[dict[str, Any], int]] = [
        ({"userId": user("alan")}, len(alan) + 1),
        ({"userId": user("hedy")}, 0),
        (
            {"userId": user("alan"), "projectId": ORBIT},
            sum(str(entry.project_id) == ORBIT for entry in alan),
        ),
        (
            {"userId": user("alan"), "taskId": task_id("ENG-11")},
            sum(str(entry.task_id) == task_id("ENG-11") for entry in alan),
        ),
        ({"timesheetId": sheet_id("alan-1")}, 10),
        ({"userId": user("alan"), "status": "RUNNING"}, 1),
        ({"userId": user("alan"), "status": "COMPLETED"}, len(alan)),
        ({"userId": user("alan"), "billable": False}, sum(not entry.billable for entry in alan)),
        ({"userId": user("alan"), "startDate": "2026-01-14", "endDate": "2026-01-15"}, 4),
        ({"userId": user("alan"), "startDate": "2026-01-16", "endDate": "2026-01-15"}, 0),
    ]
    for given, count in filters:
        found = (await hours.ask(LIST, GRACE, f=given, n=100))["timeEntries"]
        assert found["totalCount"] == len(found["edges"]) == count, given
    assert all(count > 0 for _, count in filters[2:4])
    for given, count in (
        ({"userId": user("alan")}, 5),
        ({"weekStart": "2026-01-12", "userId": user("alan")}, 1),
        ({"weekStart": "2026-01-13"}, 0),
        ({"status": ["REJECTED"]}, 1),
        ({"status": []}, 0),
        ({"userId": user("alan"), "status": ["DRAFT", "APPROVED"]}, 4),
    ):
        listed = (await hours.ask(SHEETS, GRACE, f=given, n=100))["timesheets"]
        assert listed["totalCount"] == len(listed["edges"]) == count, given


async def test_a_filter_with_no_id_is_refused(hours: Running):
    for query, field in ((LIST, "projectId"), (SHEETS, "userId")):
        refusal = await hours.refusal(query, ALAN, f={field: "x"})
        assert [one["field"] for one in refusal["fields"]] == [field]


async def test_pages_follow_one_another_in_every_order(hours: Running):
    made = {entry.id: entry for entry in await entries_in_table(hours, ALAN.id)}
    for by, column in (("STARTED_AT", "started_at"), ("CREATED_AT", "created_at")):
        for order in ("ASC", "DESC"):
            rows = sorted(made.values(), key=lambda row: getattr(row, column))
            wanted = [str(row.id) for row in (rows if order == "ASC" else reversed(rows))]
            found: list[str] = []
            after = None
            while True:
                page = (await hours.ask(LIST, ALAN, n=17, a=after, by=by, o=order))["timeEntries"]
                found += [edge["node"]["id"] for edge in page["edges"]]
                after = page["pageInfo"]["endCursor"]
                if not page["pageInfo"]["hasNextPage"]:
                    break
            assert found == wanted
            assert (await hours.ask(LIST, ALAN, n=3, k=5, by=by, o=order))["timeEntries"]["edges"][
                0
            ]["node"]["id"] == wanted[5]
    other = (await hours.ask(LIST, ALAN, n=1))["timeEntries"]["pageInfo"]["endCursor"]
    refusal = await hours.refusal(LIST, ALAN, a=other, by="CREATED_AT")
    assert refusal["code"] == "BAD_USER_INPUT"


async def test_timesheets_are_paged_by_week(hours: Running):
    weeks: list[str] = []
    after = None
    while True:
        page = (await hours.ask(SHEETS, ADA, n=7, a=after))["timesheets"]
        weeks += [edge["node"]["weekStart"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert weeks == sorted(weeks, reverse=True)
    assert len(weeks) == page["totalCount"] == len(demo_timesheets())


async def test_totals_are_sums_of_the_entries(hours: Running):
    """Of all that are done, whoever has spent them."""
    await create(hours, **span("09:00", "09:20", billable=False))
    await start(hours, GRACE)
    of_eng = [entry for entry in demo_time_entries() if str(entry.project_id) == ENG]
    total = sum(entry.minutes for entry in of_eng) + 20
    billable = sum(entry.minutes for entry in of_eng if entry.billable)
    [project] = await hours.entities(
        caller("barbara"),
        "... on Project { totalHours billableHours }",
        {"__typename": "Project", "id": ENG},
    )
    assert project == {"totalHours": round(total / 60, 2), "billableHours": round(billable / 60, 2)}


async def test_what_does_not_exist_is_null(hours: Running):
    query = '{ timeEntry(id: "%s") { id } timesheet(id: "%s") { id } }'
    for id in ("x", entry_id("nobody-1")):
        assert await hours.ask(query % (id, id), ADA) == {"timeEntry": None, "timesheet": None}


@pytest.mark.parametrize("who", ["alan", "grace"])
async def test_nobodys_list_reads_the_hours_of_everybody(hours: Running, who: str):
    """Those of one person and those of managed projects are found by indexes."""
    storage = hours.context().storage
    if storage.database.is_postgres:
        pytest.skip("PostgreSQL plans by what is in the tables")
    statement = queries.matching(caller(who), TimeEntryFilters())
    async with storage.read() as session:
        text = statement.compile(
            dialect=storage.database.engine.dialect, compile_kwargs={"literal_binds": True}
        )
        plan = [row.detail for row in await session.execute(sql(f"explain query plan {text}"))]
    assert any("MULTI-INDEX OR" in line for line in plan), plan
    assert not any(line.startswith("SCAN time_entry") for line in plan), plan
