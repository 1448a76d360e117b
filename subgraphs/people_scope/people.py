"""A domain's replica of people, to check that people who are referred to exist."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col, select

from trellis.db.replica import Replica, keep
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.accounts import (
    STREAM,
    USER_STATES,
    UserDeactivated,
    UserDeleted,
    UserEvent,
)


class PersonCopy(SQLModel):
    """Who can be chosen: a domain declares its own table over its own metadata."""

    __tablename__ = "person"  # type: ignore[assignment]

    id: UUID = Field(primary_key=True)
    organization_id: UUID | None = Field(default=None, index=True)
    is_active: bool = True
    version: int = 0


def _nothing_more(_event: UserEvent) -> Mapping[str, Any]:
    return {}


def people_replica(
    person: type[PersonCopy],
    *,
    deleted: Callable[[UnitOfWork, UUID], Awaitable[None]],
    more: Callable[[UserEvent], Mapping[str, Any]] = _nothing_more,
) -> Replica[UserEvent]:
    """Keeps the table ``person``; ``deleted`` is called with the id of a deleted person, in the
    same transaction. ``more`` are the columns that the domain adds to the table."""

    async def take(uow: UnitOfWork, event: UserEvent) -> None:
        is_gone = isinstance(event, (UserDeactivated, UserDeleted))
        copy = person(
            id=event.user_id,
            organization_id=event.organization_id,
            is_active=event.is_active and not is_gone,
            version=event.version,
            **more(event),
        )
        if await keep(uow, copy) and isinstance(event, UserDeleted):
            await deleted(uow, copy.id)

    return Replica(STREAM, USER_STATES, take)


async def is_active_in(
    session: AsyncSession, person: type[PersonCopy], id: UUID, organization_id: UUID | None
) -> bool:
    """Whether the user belongs to the organization and the account is active."""
    found = await session.get(person, id)
    return found is not None and found.is_active and found.organization_id == organization_id


async def active_in(
    session: AsyncSession,
    person: type[PersonCopy],
    ids: Sequence[UUID],
    organization_id: UUID | None,
) -> frozenset[UUID]:
    """Who of them belongs to the organization with an active account."""
    home = col(person.organization_id)
    statement = select(col(person.id)).where(
        col(person.id).in_(ids),
        col(person.is_active).is_(True),
        home.is_(None) if organization_id is None else home == organization_id,
    )
    return frozenset(await session.scalars(statement))


async def is_organization(
    session: AsyncSession, person: type[PersonCopy], organization_id: UUID
) -> bool:
    """Whether anybody belongs to it, which holds of every organization: its maker does."""
    wanted = select(col(person.id)).where(col(person.organization_id) == organization_id)
    return (await session.execute(wanted.limit(1))).first() is not None
