"""The copy of people and their contact data, from the events of accounts."""

from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlmodel import SQLModel, col

from trellis.db.replica import keep
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.accounts import (
    ContactChanged,
    UserDeactivated,
    UserDeleted,
    UserEvent,
)
from trellis.subgraphs.notifications.models import (
    ChatMember,
    Contact,
    Delivery,
    LastSent,
    Notification,
    Participant,
    Person,
    Preference,
    PushSubscription,
)
from trellis.subgraphs.people_scope.mentions import without_handle

_NOBODY = "Somebody"


async def keep_person(uow: UnitOfWork, event: UserEvent) -> None:
    """Keep the newest state of somebody; of a deleted person nothing is left but the id."""
    is_gone = isinstance(event, (UserDeactivated, UserDeleted))
    known = await uow.session.get(Person, event.user_id)
    username = known.username if known is not None else None
    copy = Person(
        id=event.user_id,
        organization_id=event.organization_id,
        username=event.username,
        display_name=event.display_name,
        roles=list(event.roles),
        is_active=event.is_active and not is_gone,
        version=event.version,
    )
    if await keep(uow, copy) and isinstance(event, UserDeleted):
        await forget(uow, event.user_id)
        await _forget_names(uow, event.user_id, username)


async def keep_contact(uow: UnitOfWork, event: ContactChanged) -> None:
    """Keep the newest address and switches of somebody who is there."""
    person = await uow.session.get(Person, event.user_id)
    if person is not None and not person.is_active and event.email is not None:
        return
    await keep(
        uow,
        Contact(
            id=event.user_id,
            email=event.email,
            by_email=event.by_email,
            by_push=event.by_push,
            in_app=event.in_app,
            version=event.version,
        ),
    )


async def forget(uow: UnitOfWork, user_id: UUID) -> None:
    """Remove all that is kept about a person but that there was one."""
    browsers = select(col(PushSubscription.id)).where(col(PushSubscription.user_id) == user_id)
    for targets in (browsers, [user_id]):
        await uow.session.execute(delete(LastSent).where(col(LastSent.target_id).in_(targets)))
    theirs: tuple[type[SQLModel], ...] = (
        ChatMember,
        Delivery,
        Notification,
        PushSubscription,
        Preference,
        Participant,
    )
    for table in theirs:
        await uow.session.execute(delete(table).where(col(table.user_id) == user_id))  # type: ignore[attr-defined]
    await uow.session.execute(delete(Contact).where(col(Contact.id) == user_id))


async def _forget_names(uow: UnitOfWork, user_id: UUID, username: str | None) -> None:
    """Remove the name of a person from the notifications of others: as the actor, under any former
    name, and in mentions."""
    message, name = col(Notification.message), col(Notification.actor_name)
    theirs = update(Notification).where(col(Notification.actor_id) == user_id, name.is_not(None))
    unnamed = func.replace(message, name, _NOBODY)
    await uow.session.execute(theirs.values(message=unnamed, actor_name=None))
    if username is not None:
        mentioning = message.icontains(f"@{username}", autoescape=True)
        for row in await uow.session.scalars(select(Notification).where(mentioning)):
            row.message = without_handle(row.message, username, "@deleted")
