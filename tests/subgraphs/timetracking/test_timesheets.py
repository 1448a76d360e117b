"""Timesheets: draft, submitted, approved or rejected, by whom and when."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import col, select

from tests.subgraphs.timetracking.asking import (
    ADA,
    ALAN,
    APPROVE,
    COMP,
    CREATE,
    DELETE,
    ENG,
    GRACE,
    HOP,
    ORBIT,
    REJECT,
    SHEET,
    SUBMIT,
    UPDATE,
    create,
    entries_in_table,
    events,
    sheet_id,
    sheet_in_table,
    span,
    start,
    topics,
    user,
)
from tests.support.subgraphs import Running, caller
from trellis.subgraphs.timetracking.models import ProjectMember, TimeEntry, TimesheetStatus
from trellis.subgraphs.timetracking.use_cases.rules import MAX_ENTRIES

KATHERINE = caller("katherine")


async def sheet(hours: Running, id: str, who: Any = ALAN) -> dict[str, Any]:
    query = f"query($id: ID!) {{ timesheet(id: $id) {{ {SHEET} entries {{ id }} }} }}"
    return (await hours.ask(query, who, id=id))["timesheet"]


async def submitted(hours: Running, who: Any = ALAN, **members: Any) -> str:
    """A week of somebody that was submitted."""
    id = (await create(hours, who, **members))["timesheet"]["id"]
    await hours.ask(SUBMIT, who, id=id)
    return id


async def test_a_week_is_submitted_and_approved(hours: Running):
    first = await create(hours)
    id = first["timesheet"]["id"]
    second = await create(hours, **span("13:00", "14:40", "2026-03-08", billable=False))
    assert second["timesheet"]["id"] == id
    draft = await sheet(hours, id)
    assert draft["status"] == "DRAFT"
    # The latest first.
    assert [one["id"] for one in draft["entries"]] == [second["id"], first["id"]]
    assert (draft["totalHours"], draft["billableHours"]) == (4.17, 2.5)
    told = (await hours.ask(SUBMIT, ALAN, id=id))["submitTimesheet"]["timesheet"]
    assert (told["status"], told["approvedBy"], told["approvedAt"]) == ("SUBMITTED", None, None)

    done = (await hours.ask(APPROVE, GRACE, id=id))["approveTimesheet"]["timesheet"]

    assert (done["status"], done["approvedBy"]) == ("APPROVED", {"id": user("grace")})
    assert told["submittedAt"] == done["submittedAt"] < done["approvedAt"]
    assert (done["rejectedBy"], done["version"]) == (None, 3)
    own = [event for event in await events(hours) if event.topic.startswith("timesheet")]
    assert [event.topic for event in own] == ["timesheet.submitted", "timesheet.approved"]
    assert own[1].payload == {
        "timesheet_id": id,
        "user_id": user("alan"),
        "week_start": "2026-03-02",
        "version": 3,
        "approved_by": user("grace"),
    }


async def test_a_rejected_week_is_corrected_and_submitted_again(hours: Running):
    id = await submitted(hours)
    told = (await hours.ask(REJECT, GRACE, id=id, why=" Too long "))["rejectTimesheet"]["timesheet"]
    assert (told["status"], told["rejectedBy"]) == ("REJECTED", {"id": user("grace")})
    assert (told["rejectionReason"], told["approvedBy"]) == ("Too long", None)
    assert told["submittedAt"] < told["rejectedAt"]
    assert (await events(hours))[-1].payload["reason"] == "Too long"

    await create(hours, **span("12:00", "13:00"))
    again = (await hours.ask(SUBMIT, ALAN, id=id))["submitTimesheet"]["timesheet"]
    assert again["submittedAt"] > told["rejectedAt"]
    assert [again[name] for name in ("rejectedBy", "rejectedAt", "rejectionReason")] == [None] * 3
    await hours.ask(APPROVE, GRACE, id=id)


async def test_what_can_be_done_follows_from_the_status(hours: Running):
    """Every operation in every status: what is not drawn is refused and changes nothing."""
    ids = {"draft": "alan-4", "rejected": "alan-3", "submitted": "barbara-3", "approved": "alan-1"}
    possible = {("draft", SUBMIT), ("rejected", SUBMIT), ("submitted", APPROVE)}
    for status, name in ids.items():
        owner = caller(name.split("-")[0])
        for operation, who in ((SUBMIT, owner), (APPROVE, ADA), (REJECT, ADA)):
            if (status, operation) in possible or (status, operation) == ("submitted", REJECT):
                continue
            refusal = await hours.refusal(operation, who, id=sheet_id(name))
            assert refusal == {"code": "CONFLICT", "status": status}, (status, operation)
        assert (await sheet_in_table(hours, sheet_id(name))).status == TimesheetStatus(status)
    assert await topics(hours) == []


async def test_without_hours_or_with_a_timer_nothing_is_submitted(hours: Running):
    made = await create(hours)
    id = made["timesheet"]["id"]
    await hours.ask(DELETE, ALAN, id=made["id"])
    assert (await hours.refusal(SUBMIT, ALAN, id=id))["code"] == "CONFLICT"
    timer = await start(hours)
    refusal = await hours.refusal(SUBMIT, ALAN, id=timer["timesheet"]["id"])
    assert refusal == {"code": "CONFLICT", "timeEntryId": timer["id"]}
    await create(hours)
    await hours.ask(SUBMIT, ALAN, id=id)  # the timer runs in another week


async def test_only_its_person_submits_a_week(hours: Running):
    id = (await create(hours))["timesheet"]["id"]
    for who, code in (("grace", "FORBIDDEN"), ("katherine", "NOT_FOUND"), ("hedy", "NOT_FOUND")):
        assert (await hours.refusal(SUBMIT, caller(who), id=id))["code"] == code
    assert (await hours.refusal(SUBMIT, ALAN, id="x"))["code"] == "NOT_FOUND"


async def test_nobody_decides_about_the_own_week(hours: Running):
    """Not even whoever administers everything."""
    for who, project in ((ALAN, ENG), (GRACE, COMP), (ADA, ENG)):
        id = await submitted(hours, who, projectId=project)
        for operation in (APPROVE, REJECT):
            assert (await hours.refusal(operation, who, id=id))["code"] == "FORBIDDEN"
        assert (await sheet_in_table(hours, id)).status is TimesheetStatus.SUBMITTED


async def test_whoever_manages_all_projects_of_a_week_decides(hours: Running):
    """Katherine leads ORBIT but is a mere member of ENG; Hedy administers another organization."""
    only = await submitted(hours, projectId=ORBIT)
    both = (await create(hours, **span("09:00", "10:00", "2026-03-09")))["timesheet"]["id"]
    await create(hours, **span("10:00", "11:00", "2026-03-10", projectId=ORBIT))
    await hours.ask(SUBMIT, ALAN, id=both)
    [told] = [event.payload for event in await events(hours) if event.key == both]
    assert set(told["project_ids"]) == {ENG, ORBIT}
    # What is for no project is on no sheet and in nobody's way.
    await create(hours, **span("12:00", "13:00", projectId=None))
    for id, seen in ((only, True), (both, False)):
        found = await sheet(hours, id, KATHERINE)
        assert (found is not None) == seen
        assert await sheet(hours, id, caller("hedy")) is None
    for operation in (APPROVE, REJECT):
        assert (await hours.refusal(operation, KATHERINE, id=both))["code"] == "NOT_FOUND"
        for who in ("barbara", "hedy"):
            assert (await hours.refusal(operation, caller(who), id=only))["code"] == "NOT_FOUND"
    await hours.ask(APPROVE, KATHERINE, id=only)
    await hours.ask(APPROVE, GRACE, id=both)


async def test_whoever_manages_no_more_decides_no_more(hours: Running):
    id = await submitted(hours, projectId=ORBIT)
    assert await sheet(hours, id, KATHERINE) is not None
    async with hours.context().storage.begin() as uow:
        statement = select(ProjectMember).where(col(ProjectMember.user_id) == KATHERINE.id)
        for seat in await uow.session.scalars(statement):
            seat.role = "member"
    assert (await hours.refusal(APPROVE, KATHERINE, id=id))["code"] == "NOT_FOUND"


async def test_a_foreign_week_is_none_that_anybody_knows(hours: Running):
    """Of the other organization."""
    id = await submitted(hours, caller("radia"), projectId=HOP)
    for operation in (SUBMIT, APPROVE, REJECT):
        for who in (ALAN, GRACE):
            assert (await hours.refusal(operation, who, id=id))["code"] == "NOT_FOUND"
    await hours.ask(APPROVE, caller("hedy"), id=id)


async def test_of_fifty_decisions_at_once_one_holds(hours: Running):
    id = await submitted(hours)
    asked = [(APPROVE, GRACE), (REJECT, ADA)] * 25
    answers = await asyncio.gather(*(hours.answer_of_many(op, who, id=id) for op, who in asked))

    codes = [a.errors[0].extensions["code"] if a.errors else "ok" for a in answers]
    assert (codes.count("ok"), codes.count("CONFLICT")) == (1, 49)
    won = asked[codes.index("ok")][0]
    row = await sheet_in_table(hours, id)
    assert (row.status is TimesheetStatus.APPROVED) == (won == APPROVE)
    assert (row.approved_by is None) == (won == REJECT) == (row.rejected_by is not None)
    assert (await topics(hours)).count("timesheet.submitted") == 1
    assert len(await topics(hours)) == 3


async def test_a_week_closes_with_all_that_is_in_it(hours: Running):
    """Fifty change the week while it is submitted: each change is in what was submitted, or was
    refused."""
    first = await create(hours, **span("00:00", "00:10"))
    id, others = first["timesheet"]["id"], [await create(hours, **at(n)) for n in range(1, 6)]
    asked: list[tuple[str, dict[str, Any]]] = [(CREATE, {"i": at(n)}) for n in range(6, 40)]
    asked += [(DELETE, {"id": one["id"]}) for one in others]
    change = {"i": {"endedAt": "2026-03-02T00:05:00Z"}, "id": first["id"]}
    asked[20:20] = [(SUBMIT, {"id": id}), (UPDATE, change)]

    answers = await asyncio.gather(
        *(hours.answer_of_many(op, ALAN, **given) for op, given in asked)
    )

    told = await events(hours)
    place = [event.topic for event in told].index("timesheet.submitted")
    assert [event.topic for event in told[place + 1 :]] == []
    made = sum(not a.errors for (op, _), a in zip(asked, answers, strict=True) if op == CREATE)
    gone = sum(not a.errors for (op, _), a in zip(asked, answers, strict=True) if op == DELETE)
    assert len((await sheet(hours, id))["entries"]) == 6 + made - gone
    refused = [a.errors[0].extensions for a in answers if a.errors]
    assert refused == [{"code": "CONFLICT", "timesheetId": id, "status": "submitted"}] * len(
        refused
    )
    assert len(told) == 7 + len(asked) - 1 - len(refused)


def at(number: int) -> dict[str, Any]:
    """Ten minutes of the Monday."""
    begin, end = (f"{m // 60:02}:{m % 60:02}" for m in (number * 10, number * 10 + 10))
    return span(begin, end)


async def test_a_week_has_two_hundred_entries_and_no_more(hours: Running):
    first = await create(hours, **span("00:00", "00:01"))
    sheet_of_it, begun = first["timesheet"]["id"], datetime(2026, 3, 3, tzinfo=UTC)
    async with hours.context().storage.begin() as uow:
        entry = (await entries_in_table(hours, ALAN.id))[-1]
        given = entry.model_dump(exclude={"id", "started_at", "ended_at", "version"})
        uow.session.add_all(
            TimeEntry(started_at=start, ended_at=start + timedelta(minutes=1), **given)
            for start in (begun + timedelta(minutes=n) for n in range(MAX_ENTRIES - 2))
        )
    last = await create(hours, **span("00:02", "00:03"))
    refusal = await hours.refusal(CREATE, ALAN, i=span("00:04", "00:05"))
    assert refusal == {"code": "CONFLICT", "limit": 200}
    # It can be changed all the same, and another week takes more.
    later = {"endedAt": "2026-03-02T00:04:00Z"}
    await hours.ask(UPDATE, ALAN, id=last["id"], i=later)
    moved = {"startedAt": "2026-03-02T00:01:30Z", **later}
    await hours.ask(UPDATE, ALAN, id=last["id"], i=moved)
    await create(hours, **span("09:00", "10:00", "2026-03-09"))
    assert len((await sheet(hours, sheet_of_it))["entries"]) == 200
