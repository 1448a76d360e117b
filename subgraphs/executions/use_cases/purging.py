"""Removing what is too old, and what belongs to people who are gone."""

from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col

from trellis.db.models import utc_now
from trellis.db.storage import Storage
from trellis.db.unit_of_work import UnitOfWork
from trellis.subgraphs.executions import queries
from trellis.subgraphs.executions.models import Execution, OutputChunk, Subscription
from trellis.subgraphs.executions.settings import ExecutionSettings
from trellis.subgraphs.executions.use_cases.requests import cancel

_AT_ONCE = 100


async def purge(storage: Storage) -> None:
    """Remove executions whose time is over."""
    await storage.in_batches(purge_some, _AT_ONCE)


async def purge_some(uow: UnitOfWork) -> int:
    """Remove some executions that are too old; returns how many."""
    moment = utc_now() - ExecutionSettings.from_environment().keep_for
    ids = await queries.over_before(uow.session, moment, _AT_ONCE)
    pieces = col(OutputChunk.execution_id).in_(ids)
    await uow.session.execute(delete(OutputChunk).where(pieces))
    await uow.session.execute(delete(Execution).where(col(Execution.id).in_(ids)))
    return len(ids)


async def forget_person(uow: UnitOfWork, user_id: UUID) -> None:
    """End what still runs for somebody whose account was deleted, and remove everything of it."""
    for execution in await queries.unfinished_of(uow.session, user_id):
        await cancel(uow, execution)
    await uow.session.flush()
    for table, owner in (
        (OutputChunk, OutputChunk.owner_id),
        (Execution, Execution.owner_id),
        (Subscription, Subscription.user_id),
    ):
        await uow.session.execute(delete(table).where(col(owner) == user_id))
