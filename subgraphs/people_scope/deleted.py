"""Whose account was deleted: for domains that keep ids of people from events of others.

Streams are read one beside the other, so what somebody did may arrive after the news that they are
gone. The id alone stays, behind which accounts shows nothing personal.
"""

from uuid import UUID

from sqlmodel import Field, SQLModel

from trellis.db.locks import hold
from trellis.db.unit_of_work import UnitOfWork


class DeletedPersonCopy(SQLModel):
    """Somebody who is gone for good: a domain declares its own table over its own metadata."""

    __tablename__ = "deleted_person"  # type: ignore[assignment]

    id: UUID = Field(primary_key=True)


async def note_deleted(uow: UnitOfWork, table: type[DeletedPersonCopy], user_id: UUID) -> None:
    """Remember that the account of somebody was deleted. What others keep of them at the same time
    is there when this returns, so that the caller can remove it."""
    await hold(uow.session, f"person:{user_id}")
    await uow.session.merge(table(id=user_id))


async def unless_deleted(
    uow: UnitOfWork, table: type[DeletedPersonCopy], user_id: UUID | None
) -> UUID | None:
    """The id to keep of somebody whom an event names: None of one whose account was deleted."""
    if user_id is None:
        return None
    await hold(uow.session, f"person:{user_id}", shared=True)
    return None if await uow.session.get(table, user_id) is not None else user_id
