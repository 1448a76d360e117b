"""The timer: one for each person."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from trellis.db.models import utc_now
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.timetracking import TimerStarted as TimerWasStarted
from trellis.schema.events.timetracking import TimerStopped as TimerWasStopped
from trellis.schema.identity import Identity
from trellis.subgraphs.timetracking import queries
from trellis.subgraphs.timetracking.clock import minutes_between
from trellis.subgraphs.timetracking.errors import TimerRuns, TimerStopped
from trellis.subgraphs.timetracking.events import about, state_of
from trellis.subgraphs.timetracking.models import TimeEntry
from trellis.subgraphs.timetracking.use_cases.entries import (
    NewTime,
    check_overlap,
    new_entry,
    own_entry,
)
from trellis.subgraphs.timetracking.use_cases.rules import hold_hours
from trellis.subgraphs.timetracking.use_cases.spans import CLOCKS_DIFFER

_TICK = timedelta(microseconds=1)


async def start_timer(uow: UnitOfWork, caller: Identity, new: NewTime) -> TimeEntry:
    """Start the caller's timer now. Raises ``TimerRuns``, ``Overlap``, ``WeekClosed`` and what
    ``project_of`` does."""
    assert caller.id is not None
    await hold_hours(uow, caller.id)
    running = await queries.running_timer(uow.session, caller.id)
    if running is not None:
        raise TimerRuns(running)
    now = await _now_for(uow, caller.id)
    await check_overlap(uow, caller.id, now, None)
    entry = await new_entry(uow, caller, new, now)
    uow.session.add(entry)
    try:
        await uow.session.flush()
    except IntegrityError as lost:  # the rule of the table, should the lock ever fail
        raise TimerRuns from lost
    uow.emit(TimerWasStarted(**about(entry), state=state_of(entry)))
    return entry


async def stop_timer(uow: UnitOfWork, caller: Identity, id: UUID) -> TimeEntry:
    """Let the caller's timer end now. Raises ``TimerStopped`` when it has ended already."""
    entry = await own_entry(uow, caller, id)
    if entry.ended_at is not None:
        raise TimerStopped
    # Another machine's clock may have started it: no time is negative.
    entry.ended_at = max(utc_now(), entry.started_at + _TICK)
    entry.duration_minutes = minutes_between(entry.started_at, entry.ended_at)
    await uow.session.flush()
    uow.emit(TimerWasStopped(**about(entry), state=state_of(entry)))
    return entry


async def _now_for(uow: UnitOfWork, user_id: UUID) -> datetime:
    """Now, or when the last entry ended if that was noted by a clock that is a little ahead."""
    now, end = utc_now(), await queries.last_end(uow.session, user_id)
    return end if end is not None and now < end <= now + CLOCKS_DIFFER else now
