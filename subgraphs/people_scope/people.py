"""A domain's replica of people, to check that people who are referred to exist."""

from collections.abc import Awaitable, Callable
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


def people_replica(
    person: type[PersonCopy], *, deleted: Callable[[UnitOfWork, UUID], Awaitable[None]]
) -> Replica[UserEvent]:
    """Keeps the table ``person``; ``deleted`` is called with the id of one who is gone for good,
    in the same transaction."""

    async def take(uow: UnitOfWork, event: UserEvent) -> None:
        is_gone = isinstance(event, (UserDeactivated, UserDeleted))
        copy = person(
            id=event.user_id,
            organization_id=event.organization_id,
            is_active=event.is_active and not is_gone,
            version=event.version,
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


async def is_organization(
    session: AsyncSession, person: type[PersonCopy], organization_id: UUID
) -> bool:
    """Whether anybody belongs to it, which holds of every organization: its maker does."""
    wanted = select(col(person.id)).where(col(person.organization_id) == organization_id)
    return (await session.execute(wanted.limit(1))).first() is not None
