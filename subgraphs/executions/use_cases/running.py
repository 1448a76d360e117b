"""Running what is in the queue, by any number of workers over one database.

A worker takes an execution by a lease, which it renews. When a worker dies, its leases end: what
had written nothing yet is run again, anything else fails as interrupted, so that no output is ever
repeated. Output and end are written by the holder of the lease only, so an execution ends once.
"""

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from trellis.db.models import utc_now
from trellis.db.storage import Storage
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.executions import ExecutionOutputWritten, ExecutionStarted
from trellis.subgraphs.executions import queries
from trellis.subgraphs.executions.announcements import about, end_of
from trellis.subgraphs.executions.languages import Language
from trellis.subgraphs.executions.models import (
    Execution,
    ExecutionStatus,
    Failure,
    OutputChunk,
)
from trellis.subgraphs.executions.runners.runner import Outcome, Result, Stream

LEASE = timedelta(seconds=20)
RENEW_AFTER_SECONDS = 5.0
MAX_ATTEMPTS = 3


class LeaseLost(Exception):
    """The execution was cancelled or removed, or claimed by another worker."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """An execution that this worker holds."""

    execution: Execution
    lease_id: UUID


async def claim_next(storage: Storage, languages: Collection[Language]) -> Claimed | None:
    """Take the first in the queue in one of the languages; None when there is none, or when what
    was found has ended because its worker is gone."""
    async with storage.read() as session:
        # Read without queueing behind writers, since it is polled continuously.
        if not await queries.is_any_due(session, languages):
            return None
    async with storage.begin() as uow:
        execution = await queries.next_due(uow.session, languages)
        if execution is None:
            return None
        was_lost = execution.status is ExecutionStatus.RUNNING
        if was_lost and (execution.last_sequence > 0 or execution.attempts >= MAX_ATTEMPTS):
            await _end(uow, execution, Failure.INTERRUPTED)
            return None
        now, lease_id = utc_now(), uuid4()
        execution.status, execution.started_at = ExecutionStatus.RUNNING, now
        execution.lease_id, execution.lease_until = lease_id, now + LEASE
        execution.attempts += 1
        await uow.session.flush()
        uow.emit(ExecutionStarted(**about(execution), attempt=execution.attempts))
    return Claimed(execution, lease_id)


Written = Sequence[tuple[Stream, str]]


async def add_output(storage: Storage, claimed: Claimed, written: Written) -> None:
    """Keep what the program has written, if anything, and renew the lease. Raises ``LeaseLost``."""
    async with _held(storage, claimed) as (uow, execution):
        execution.lease_until = utc_now() + LEASE
        _append(uow, execution, written)
        await uow.session.flush()
        if written:
            sequence = execution.last_sequence
            uow.emit(ExecutionOutputWritten(**about(execution), sequence=sequence))


async def finish(storage: Storage, claimed: Claimed, written: Written, result: Result) -> None:
    """Keep the rest of the output and how the program ended. Raises ``LeaseLost``."""
    async with _held(storage, claimed) as (uow, execution):
        _append(uow, execution, written)
        execution.exit_code = result.exit_code
        execution.execution_time_ms = round(result.seconds * 1000)
        execution.memory_used_bytes = result.memory_bytes
        completed = result.outcome is Outcome.COMPLETED
        await _end(uow, execution, None if completed else Failure(result.outcome.value))


async def give_up(storage: Storage, claimed: Claimed) -> None:
    """Fail an execution for which the sandbox could not be built. Raises ``LeaseLost``."""
    async with _held(storage, claimed) as (uow, execution):
        await _end(uow, execution, Failure.SANDBOX)


async def give_back(storage: Storage, claimed: Claimed) -> None:
    """Let another worker have it at once, because this one stops. Raises ``LeaseLost``."""
    async with _held(storage, claimed) as (uow, execution):
        execution.lease_until = utc_now()
        await uow.session.flush()


def _append(uow: UnitOfWork, execution: Execution, written: Written) -> None:
    for stream, text in written:
        execution.last_sequence += 1
        uow.session.add(
            OutputChunk(
                execution_id=execution.id,
                owner_id=execution.owner_id,
                sequence=execution.last_sequence,
                stream=stream,
                text=text,
            )
        )


async def _end(uow: UnitOfWork, execution: Execution, failure: Failure | None) -> None:
    if failure is None:
        execution.status = ExecutionStatus.COMPLETED
    elif failure is Failure.TIMEOUT:
        execution.status = ExecutionStatus.TIMEOUT
    else:
        execution.status = ExecutionStatus.FAILED
    execution.failure, execution.finished_at = failure, utc_now()
    execution.lease_id, execution.lease_until = None, None
    await uow.session.flush()
    uow.emit(end_of(execution))


@asynccontextmanager
async def _held(storage: Storage, claimed: Claimed) -> AsyncGenerator[tuple[UnitOfWork, Execution]]:
    """A transaction with the row of the execution. Raises ``LeaseLost``."""
    async with storage.begin() as uow:
        row = await queries.held_execution(uow.session, claimed.execution.id, claimed.lease_id)
        if row is None:
            raise LeaseLost
        yield uow, row
