"""The timer: one for each person, whoever starts it how often at once."""

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy.exc import IntegrityError

from tests.subgraphs.timetracking.asking import (
    ALAN,
    CREATE,
    DELETE,
    GRACE,
    START,
    STOP,
    UPDATE,
    create,
    entries_in_table,
    entry_id,
    events,
    span,
    start,
    stop,
    task_id,
    topics,
)
from tests.support.subgraphs import Running, caller
from trellis.db.models import utc_now
from trellis.subgraphs.timetracking.errors import TimerRuns
from trellis.subgraphs.timetracking.models import TimeEntry
from trellis.subgraphs.timetracking.use_cases import rules, timer
from trellis.subgraphs.timetracking.use_cases.entries import NewTime


async def test_a_timer_runs_from_start_to_stop(hours: Running):
    before = utc_now()
    started = await start(hours, taskId=task_id("ENG-1"), description="JWT", hourlyRate=75)
    assert (started["status"], started["endedAt"], started["amount"]) == ("RUNNING", None, None)
    assert started["durationMinutes"] is None
    representation = {"__typename": "User", "id": str(ALAN.id)}
    [person] = await hours.entities(
        ALAN, "... on User { runningTimer { id description } }", representation
    )
    assert person == {"runningTimer": {"id": started["id"], "description": "JWT"}}

    stopped = await stop(hours, started["id"])

    assert (stopped["status"], stopped["durationMinutes"]) == ("COMPLETED", 0)
    assert before.isoformat() < started["startedAt"] < stopped["endedAt"]
    [person] = await hours.entities(ALAN, "... on User { runningTimer { id } }", representation)
    assert person == {"runningTimer": None}
    first, second = await events(hours)
    assert (first.topic, second.topic) == ("timer.started", "timer.stopped")
    assert first.payload["state"]["ended_at"] is None
    assert (second.payload["version"], second.payload["state"]["duration_minutes"]) == (2, 0)


async def test_a_timer_is_started_and_stopped_once(hours: Running):
    started = await start(hours)
    refusal = await hours.refusal(START, ALAN, i={})
    assert refusal == {"code": "CONFLICT", "timeEntryId": started["id"]}
    await start(hours, GRACE)  # hers is another one
    await stop(hours, started["id"])
    assert (await hours.refusal(STOP, ALAN, id=started["id"]))["code"] == "CONFLICT"
    assert (await hours.refusal(STOP, ALAN, id=entry_id("alan-36")))["code"] == "CONFLICT"
    assert await topics(hours) == ["timer.started", "timer.started", "timer.stopped"]


async def test_nobody_stops_the_timer_of_others(hours: Running):
    """Grace manages the project and sees it, Katherine does not; nobody sees a private one."""
    id = (await start(hours))["id"]
    for who, code in (("grace", "FORBIDDEN"), ("katherine", "NOT_FOUND"), ("hedy", "NOT_FOUND")):
        assert (await hours.refusal(STOP, caller(who), id=id))["code"] == code
    await stop(hours, id)
    private = (await start(hours, projectId=None))["id"]
    for who in ("grace", "ada"):
        assert (await hours.refusal(STOP, caller(who), id=private))["code"] == "NOT_FOUND"


async def test_while_it_runs_all_time_from_its_start_is_taken(hours: Running):
    started = await start(hours)
    now = utc_now()
    given = {"startedAt": (now - timedelta(hours=1)).isoformat(), "endedAt": now.isoformat()}
    overlap = await hours.refusal(CREATE, ALAN, i=given)
    assert overlap == {"code": "CONFLICT", "timeEntryId": started["id"]}
    end = {"endedAt": now.isoformat()}
    assert (await hours.refusal(UPDATE, ALAN, id=started["id"], i=end))["code"] == "BAD_USER_INPUT"
    # Somebody forgot to start it: it can have begun earlier, but not in another entry.
    made = await create(hours, **span("09:00", "10:00"))
    told = await hours.refusal(
        UPDATE, ALAN, id=started["id"], i={"startedAt": "2026-03-02T09:30:00Z"}
    )
    assert told == {"code": "CONFLICT", "timeEntryId": made["id"]}
    await hours.ask(UPDATE, ALAN, id=started["id"], i={"startedAt": "2026-03-02T10:00:00Z"})
    assert (await stop(hours, started["id"]))["durationMinutes"] > 60


async def test_a_timer_can_be_discarded(hours: Running):
    await hours.ask(DELETE, ALAN, id=(await start(hours))["id"])
    await start(hours)
    assert await topics(hours) == ["timer.started", "time_entry.deleted", "timer.started"]


async def test_no_clock_makes_time_negative(hours: Running):
    """The timer was started by a machine whose clock is ahead."""
    id = (await start(hours))["id"]
    async with hours.context().storage.begin() as uow:
        entry = (await entries_in_table(hours, ALAN.id))[-1]
        row = await uow.session.get_one(TimeEntry, entry.id)
        row.started_at = utc_now() + timedelta(seconds=40)
    stopped = await stop(hours, id)
    assert stopped["durationMinutes"] == 0
    again = await start(hours)  # where the other has ended, not in it
    assert again["startedAt"] == stopped["endedAt"] > stopped["startedAt"]


async def test_of_fifty_starts_at_once_one_is_made(hours: Running):
    answers = await asyncio.gather(*(hours.answer_of_many(START, ALAN, i={}) for _ in range(50)))

    codes = [a.errors[0].extensions["code"] if a.errors else "ok" for a in answers]
    assert (codes.count("ok"), codes.count("CONFLICT")) == (1, 49)
    running = [e for e in await entries_in_table(hours, ALAN.id) if e.ended_at is None]
    assert len(running) == 1
    assert await topics(hours) == ["timer.started"]


async def test_the_table_has_one_timer_for_each_person_even_without_the_lock(
    hours: Running, monkeypatch: pytest.MonkeyPatch
):
    """All have looked before any of them writes: only the table tells them apart."""
    ready = asyncio.Barrier(5)

    async def nothing(*_: object) -> None:
        return None

    async def look_first(*_: object) -> None:
        await asyncio.wait_for(ready.wait(), 10)

    storage = hours.context().storage
    if not storage.database.is_postgres:  # which has one writer at a time
        row = {"user_id": ALAN.id, "day": utc_now().date(), "billable": False}
        with pytest.raises(IntegrityError):
            async with storage.begin() as uow:
                uow.session.add_all(TimeEntry(started_at=utc_now(), **row) for _ in range(2))
        return
    monkeypatch.setattr(rules, "hold", nothing)
    monkeypatch.setattr(timer, "check_overlap", look_first)

    async def begin() -> str:
        try:
            async with storage.begin() as uow:
                await timer.start_timer(uow, ALAN, NewTime())
        except TimerRuns as refused:
            return refused.code
        return "ok"

    codes = await asyncio.gather(*(begin() for _ in range(5)))
    assert sorted(codes) == ["CONFLICT"] * 4 + ["ok"]
    assert await topics(hours) == ["timer.started"]


async def test_of_fifty_stops_at_once_one_stops(hours: Running):
    id = (await start(hours))["id"]
    answers = await asyncio.gather(*(hours.answer_of_many(STOP, ALAN, id=id) for _ in range(50)))
    codes = [a.errors[0].extensions["code"] if a.errors else "ok" for a in answers]
    assert (codes.count("ok"), codes.count("CONFLICT")) == (1, 49)
    assert await topics(hours) == ["timer.started", "timer.stopped"]


async def test_fifty_entries_at_once_do_not_overlap(hours: Running):
    """Of an hour each, begun every quarter of an hour: those that were refused are in the way of
    one that was made."""
    asked = []
    for number in range(50):
        begin, end = (f"{m // 60:02}:{m % 60:02}" for m in (number * 15, number * 15 + 60))
        asked.append(span(begin, end))
    answers = await asyncio.gather(*(hours.answer_of_many(CREATE, ALAN, i=one) for one in asked))

    told = [a.errors[0].extensions["code"] if a.errors else "ok" for a in answers]
    assert set(told) == {"ok", "CONFLICT"}
    rows = [e for e in await entries_in_table(hours, ALAN.id) if str(e.day) == "2026-03-02"]
    made = [number for number, code in enumerate(told) if code == "ok"]
    begun = [row.started_at.hour * 4 + row.started_at.minute // 15 for row in rows]
    assert begun == made
    assert all(later - earlier >= 4 for earlier, later in pairwise(made))
    for number in set(range(50)) - set(made):
        assert any(abs(number - other) < 4 for other in made)
