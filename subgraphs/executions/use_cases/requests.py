"""Asking for a run of code, and cancelling it."""

from dataclasses import dataclass
from uuid import UUID

from trellis.db.locks import hold
from trellis.db.models import utc_now
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.executions import ExecutionQueued
from trellis.schema.identity import Identity
from trellis.subgraphs.executions import queries
from trellis.subgraphs.executions.announcements import about, end_of
from trellis.subgraphs.executions.errors import (
    ExecutionIsOver,
    ExecutionNotFound,
    QuotaUsedUp,
    TimeLimitNotIncluded,
    TooManyWaiting,
)
from trellis.subgraphs.executions.languages import Language
from trellis.subgraphs.executions.models import (
    WAITING_OR_RUNNING,
    Execution,
    ExecutionStatus,
)
from trellis.subgraphs.executions.tiers import QUOTA_WINDOW, allowance_of

MAX_WAITING = 100
"""Of one person: whoever runs a class of exercises, not whoever fills the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewExecution:
    """``runtime_version`` is what will run it here."""

    language: Language
    runtime_version: str | None
    code: str
    stdin: str
    seconds: int


async def execute_code(uow: UnitOfWork, caller: Identity, new: NewExecution) -> Execution:
    """Put a run into the queue.

    Raises ``TimeLimitNotIncluded``, ``QuotaUsedUp`` and ``TooManyWaiting``.
    """
    assert caller.id is not None
    allowance = allowance_of(await queries.tier_of(uow.session, caller))
    if new.seconds > allowance.seconds:
        raise TimeLimitNotIncluded(new.seconds, allowance)
    # Whoever asks at the same time would count the same executions.
    await hold(uow.session, f"executions-of:{caller.id}")
    used = await queries.used_by(uow.session, caller.id)
    if used.number >= allowance.per_day:
        assert used.oldest is not None
        raise QuotaUsedUp(allowance, used.oldest + QUOTA_WINDOW)
    if await queries.waiting_of(uow.session, caller.id) >= MAX_WAITING:
        raise TooManyWaiting(MAX_WAITING)
    now = utc_now()
    execution = Execution(
        owner_id=caller.id,
        language=new.language,
        runtime_version=new.runtime_version,
        code=new.code,
        stdin=new.stdin,
        seconds=new.seconds,
        tier=allowance.tier,
        due_at=now - allowance.head_start,
        at_once=allowance.at_once,
        created_at=now,
    )
    uow.session.add(execution)
    await uow.session.flush()
    uow.emit(ExecutionQueued(**about(execution)))
    return execution


async def cancel_execution(uow: UnitOfWork, caller: Identity, id: UUID) -> Execution:
    """End an execution that waits or runs.

    Raises ``ExecutionNotFound``, and ``ExecutionIsOver`` for one that has ended, cancelled or not.
    """
    execution = await queries.execution_for_update(uow.session, caller, id)
    if execution is None:
        raise ExecutionNotFound(id)
    if execution.status not in WAITING_OR_RUNNING:
        raise ExecutionIsOver(execution.status.value)
    await cancel(uow, execution)
    return execution


async def cancel(uow: UnitOfWork, execution: Execution) -> None:
    """The worker that runs it loses the lease, and ends the program when the event arrives."""
    now = utc_now()
    execution.status, execution.finished_at = ExecutionStatus.CANCELLED, now
    if execution.started_at is not None:
        spent = now - execution.started_at
        execution.execution_time_ms = round(spent.total_seconds() * 1000)
    execution.lease_id, execution.lease_until = None, None
    await uow.session.flush()
    uow.emit(end_of(execution))
