"""Every SELECT of executions. What the caller may not see does not exist."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from trellis.db.batching import rows_by
from trellis.db.locks import hold
from trellis.db.models import utc_now
from trellis.db.paging import NEWEST_FIRST, ChildRows
from trellis.schema.identity import Identity
from trellis.schema.tiers import Tier
from trellis.subgraphs.executions.languages import Language
from trellis.subgraphs.executions.models import (
    WAITING_OR_RUNNING,
    Execution,
    ExecutionStatus,
    OutputChunk,
    Subscription,
)
from trellis.subgraphs.executions.runners.runner import Stream
from trellis.subgraphs.executions.tiers import QUOTA_WINDOW


def own(caller: Identity) -> Select[Execution]:
    """The caller's executions: nobody sees those of others."""
    return select(Execution).where(col(Execution.owner_id) == caller.id)


async def executions_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Execution | None]:
    return await rows_by(session, own(caller), Execution.id, ids)


async def execution_for_update(
    session: AsyncSession, caller: Identity, id: UUID
) -> Execution | None:
    """The execution, held against other writers until the transaction ends."""
    statement = own(caller).where(col(Execution.id) == id).with_for_update()
    return (await session.scalars(statement)).one_or_none()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionFilters:
    """With one of these statuses, in one of these languages; None is any."""

    status: tuple[ExecutionStatus, ...] | None = None
    language: tuple[Language, ...] | None = None


NO_FILTERS = ExecutionFilters()


def matching(caller: Identity, filters: ExecutionFilters) -> Select[Execution]:
    """The caller's executions that fit the filters."""
    statement = own(caller)
    if filters.status is not None:
        statement = statement.where(col(Execution.status).in_(filters.status))
    if filters.language is not None:
        statement = statement.where(col(Execution.language).in_(filters.language))
    return statement


def executions_of(caller: Identity, filters: ExecutionFilters) -> ChildRows[Execution]:
    """Those of people: the caller's, and none of anybody else."""
    owner = col(Execution.owner_id)
    return ChildRows(matching(caller, filters), Execution, owner, NEWEST_FIRST)


async def output_after(
    session: AsyncSession, caller: Identity, id: UUID, sequence: int
) -> tuple[Execution | None, list[OutputChunk]]:
    """The caller's execution, and the pieces of its output after the number ``sequence``."""
    [execution] = await executions_by_id(session, caller, [id])
    if execution is None:
        return None, []
    later = col(OutputChunk.sequence) > sequence
    pieces = select(OutputChunk).where(col(OutputChunk.execution_id) == id, later)
    found = await session.scalars(pieces.order_by(col(OutputChunk.sequence)))
    return execution, list(found)


async def outputs(session: AsyncSession, keys: Sequence[tuple[UUID, Stream]]) -> list[str]:
    """What executions have written into one of their streams; for those that the caller sees."""
    ids = {id for id, _ in keys}
    statement = select(OutputChunk).where(col(OutputChunk.execution_id).in_(ids))
    order = col(OutputChunk.execution_id), col(OutputChunk.sequence)
    texts: dict[tuple[UUID, Stream], list[str]] = {key: [] for key in keys}
    for piece in await session.scalars(statement.order_by(*order)):
        texts.setdefault((piece.execution_id, piece.stream), []).append(piece.text)
    return ["".join(texts[key]) for key in keys]


class Used(NamedTuple):
    """How many executions somebody has had within a day, and when the oldest of them was made."""

    number: int
    oldest: datetime | None


async def used_by(session: AsyncSession, owner_id: UUID | None) -> Used:
    statement = select(func.count(), func.min(Execution.created_at)).where(
        col(Execution.owner_id) == owner_id,
        col(Execution.created_at) > utc_now() - QUOTA_WINDOW,
    )
    return Used(*(await session.execute(statement)).one())


async def waiting_of(session: AsyncSession, owner_id: UUID) -> int:
    statement = select(func.count()).where(
        col(Execution.owner_id) == owner_id, col(Execution.status) == ExecutionStatus.QUEUED
    )
    return (await session.execute(statement)).scalar_one()


async def tier_of(session: AsyncSession, caller: Identity) -> str | None:
    """The caller's tier: that of the token, unless the subscription has changed since."""
    subscription = await session.get(Subscription, caller.id) if caller.id is not None else None
    if subscription is None:
        return caller.tier
    if caller.issued_at is not None and caller.issued_at > subscription.changed_at.timestamp():
        return caller.tier
    is_over = subscription.ends_at is not None and subscription.ends_at <= utc_now()
    return Tier.FREE if is_over else subscription.tier


def is_due(now: datetime) -> ColumnElement[bool]:
    """In the queue while its owner has fewer runs running than may be, or left behind by a worker
    that is gone."""
    other = aliased(Execution)
    running = (
        select(func.count())
        .where(
            col(other.owner_id) == col(Execution.owner_id),
            col(other.status) == ExecutionStatus.RUNNING,
        )
        .scalar_subquery()
    )
    waits = and_(col(Execution.status) == ExecutionStatus.QUEUED, running < col(Execution.at_once))
    is_lost = and_(
        col(Execution.status) == ExecutionStatus.RUNNING, col(Execution.lease_until) < now
    )
    return or_(waits, is_lost)


async def is_any_due(session: AsyncSession, languages: Collection[Language]) -> bool:
    statement = select(Execution.id).where(
        is_due(utc_now()), col(Execution.language).in_(languages)
    )
    return (await session.execute(statement.limit(1))).first() is not None


async def next_due(session: AsyncSession, languages: Collection[Language]) -> Execution | None:
    """The first in the queue in one of the languages, held until the transaction ends."""
    # Two workers that look at the same time would count the same runs of a person.
    await hold(session, "executions-queue")
    statement = (
        select(Execution)
        .where(is_due(utc_now()), col(Execution.language).in_(languages))
        .order_by(col(Execution.due_at), col(Execution.id))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(statement)).one_or_none()


async def held_execution(session: AsyncSession, id: UUID, lease_id: UUID) -> Execution | None:
    """The execution while it runs by this lease, held until the transaction ends."""
    statement = select(Execution).where(
        col(Execution.id) == id,
        col(Execution.lease_id) == lease_id,
        col(Execution.status) == ExecutionStatus.RUNNING,
    )
    return (await session.scalars(statement.with_for_update())).one_or_none()


async def over_before(session: AsyncSession, moment: datetime, most: int) -> list[UUID]:
    """Executions that have ended before ``moment``, at most so many."""
    statement = select(Execution.id).where(
        col(Execution.status).not_in(WAITING_OR_RUNNING), col(Execution.finished_at) < moment
    )
    return list(await session.scalars(statement.limit(most)))


async def unfinished_of(session: AsyncSession, owner_id: UUID) -> list[Execution]:
    """The executions of somebody that wait or run, held until the transaction ends."""
    statement = select(Execution).where(
        col(Execution.owner_id) == owner_id, col(Execution.status).in_(WAITING_OR_RUNNING)
    )
    return list(await session.scalars(statement.with_for_update()))
