"""Choosing the channels for each kind of notification."""

from collections.abc import Mapping
from uuid import UUID

from sqlmodel import col, select

from trellis.db.locks import hold
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.notifications import NotificationPreferencesChanged
from trellis.schema.identity import Identity
from trellis.subgraphs.notifications.choices import default_of
from trellis.subgraphs.notifications.errors import LinkNotValid
from trellis.subgraphs.notifications.models import Channel, NotificationKind, Person, Preference
from trellis.subgraphs.notifications.unsubscribing import Unsubscription

Chosen = Mapping[tuple[Channel, NotificationKind], bool]


async def choose(uow: UnitOfWork, caller: Identity, chosen: Chosen) -> None:
    """Set some switches of the caller; the others stay as they are."""
    assert caller.id is not None
    await set_switches(uow, caller.id, chosen)


async def set_switches(uow: UnitOfWork, user_id: UUID, chosen: Chosen) -> None:
    """Set some switches of somebody, and announce it if that has changed anything."""
    await hold(uow.session, f"preferences:{user_id}")
    theirs = select(Preference).where(col(Preference.user_id) == user_id)
    rows = {(row.channel, row.kind): row for row in await uow.session.scalars(theirs)}
    has_changed = False
    for (channel, kind), is_enabled in chosen.items():
        row = rows.get((channel, kind))
        before = row.is_enabled if row is not None else default_of(channel, kind)
        has_changed |= before != is_enabled
        if row is not None:
            row.is_enabled = is_enabled
        else:
            uow.session.add(
                Preference(user_id=user_id, channel=channel, kind=kind, is_enabled=is_enabled)
            )
    await uow.session.flush()
    if has_changed:
        uow.emit(NotificationPreferencesChanged(user_id=user_id))


async def unsubscribe(uow: UnitOfWork, wanted: Unsubscription) -> None:
    """Unsubscribe a person from e-mails of these kinds, by the link in one of them. Raises
    ``LinkNotValid`` when nobody like that is here any more."""
    person = await uow.session.get(Person, wanted.user_id)
    if person is None or not person.is_active:
        raise LinkNotValid
    chosen = {(Channel.EMAIL, kind): False for kind in wanted.kinds}
    await set_switches(uow, wanted.user_id, chosen)
