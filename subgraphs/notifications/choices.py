"""Which channels people have chosen for what, and what holds until they choose."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from trellis.subgraphs.notifications.models import Channel, Contact, NotificationKind, Preference

# Letters are for what concerns somebody in person; the rest can wait until they look.
_BY_LETTER = frozenset(
    {
        NotificationKind.TASK_ASSIGNED,
        NotificationKind.TASK_DUE_SOON,
        NotificationKind.ISSUE_ASSIGNED,
        NotificationKind.COMMENT_ADDED,
        NotificationKind.MENTIONS,
        NotificationKind.FILE_SHARED,
        NotificationKind.TIMESHEET_REVIEWED,
        NotificationKind.ACCOUNT,
    }
)


def default_of(channel: Channel, kind: NotificationKind) -> bool:
    """What holds for somebody who has not chosen."""
    return channel is not Channel.EMAIL or kind in _BY_LETTER


@dataclass(frozen=True, slots=True)
class Choice:
    """What one person is told by of one kind, and the address for letters."""

    channels: frozenset[Channel]
    email: str | None


async def choices_of(
    session: AsyncSession, ids: Collection[UUID], kind: NotificationKind
) -> Mapping[UUID, Choice]:
    """For each person the channels that both the master switch and the choice for ``kind`` leave
    on. Whoever accounts has told nothing of yet is told in the app alone."""
    contacts = {
        row.id: row
        for row in await session.scalars(select(Contact).where(col(Contact.id).in_(ids)))
    }
    chosen = await session.scalars(
        select(Preference).where(col(Preference.user_id).in_(ids), col(Preference.kind) == kind)
    )
    own = {(row.user_id, row.channel): row.is_enabled for row in chosen}
    return {id: _choice(contacts.get(id), id, kind, own) for id in ids}


def _choice(
    contact: Contact | None,
    id: UUID,
    kind: NotificationKind,
    own: Mapping[tuple[UUID, Channel], bool],
) -> Choice:
    masters = {
        Channel.IN_APP: contact is None or contact.in_app,
        Channel.EMAIL: contact is not None and contact.by_email and contact.email is not None,
        Channel.PUSH: contact is not None and contact.by_push,
    }
    channels = frozenset(
        channel
        for channel in Channel
        if masters[channel] and own.get((id, channel), default_of(channel, kind))
    )
    return Choice(channels, contact.email if contact is not None else None)
