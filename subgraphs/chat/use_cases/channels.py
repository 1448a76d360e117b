"""Making, changing, archiving and deleting channels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col

from trellis.db.models import utc_now
from trellis.db.unit_of_work import UnitOfWork
from trellis.db.upsert import insert_into
from trellis.schema.events.chat import ChannelCreated, ChannelDeleted, ChannelUpdated
from trellis.schema.identity import Identity
from trellis.schema.tiers import Tier
from trellis.subgraphs.chat import queries
from trellis.subgraphs.chat.errors import (
    ChannelArchived,
    ChannelChanged,
    KeptByCourse,
    PersonNotFound,
    TooManyChannels,
    WithYourself,
)
from trellis.subgraphs.chat.event_fields import about, member_added
from trellis.subgraphs.chat.models import Channel, ChannelKind, ChannelMember, MemberRole
from trellis.subgraphs.chat.rights import hold_group, require_moderator, require_owner
from trellis.subgraphs.chat.use_cases.messages import write_system_message

OWNED_BY_TIER: Mapping[str, int] = {
    Tier.FREE: 20,
    Tier.BASIC: 50,
    Tier.PRO: 200,
    Tier.ENTERPRISE: 1_000,
}
"""How many channels somebody can own, by subscription: each is a list that others get to see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewChannel:
    """A checked request for a group channel."""

    name: str
    description: str | None = None
    is_private: bool = True
    member_ids: Sequence[UUID] = ()


async def create_channel(uow: UnitOfWork, caller: Identity, new: NewChannel) -> Channel:
    """Make a channel whose owner is the caller."""
    assert caller.id is not None
    await _require_room(uow, caller)
    others = [id for id in dict.fromkeys(new.member_ids) if id != caller.id]
    reachable = await queries.reachable_people(uow.session, caller, others)
    for id in others:
        if id not in reachable:
            raise PersonNotFound(id)
    channel = Channel(
        kind=ChannelKind.GROUP,
        name=new.name,
        description=new.description,
        is_private=new.is_private,
        organization_id=caller.tenant_id,
    )
    people = {caller.id: MemberRole.OWNER, **dict.fromkeys(others, MemberRole.MEMBER)}
    await open_channel(uow, channel, people)
    return channel


async def _require_room(uow: UnitOfWork, caller: Identity) -> None:
    """By the better subscription of the token, which may be an old one, and of what accounts has
    announced, which is that of the person without their organization."""
    announced = await queries.announced_tier(uow.session, caller)
    tier = max(Tier.of(caller.tier), Tier.of(announced), key=OWNED_BY_TIER.__getitem__)
    limit = OWNED_BY_TIER[tier]
    if await queries.owned_count(uow.session, caller) >= limit:
        raise TooManyChannels(limit, tier)


async def open_channel(
    uow: UnitOfWork, channel: Channel, people: Mapping[UUID, MemberRole]
) -> None:
    """Store a new channel with its first members."""
    uow.session.add(channel)
    await uow.session.flush()
    await _fill(uow, channel, people)


async def _fill(uow: UnitOfWork, channel: Channel, people: Mapping[UUID, MemberRole]) -> None:
    """Announce a channel that was just stored, and add its first members."""
    members = [
        ChannelMember(channel_id=channel.id, user_id=id, role=role) for id, role in people.items()
    ]
    uow.session.add_all(members)
    await uow.session.flush()
    uow.emit(ChannelCreated(**about(channel)))
    for member in members:
        uow.emit(member_added(member))


async def open_direct_channel(uow: UnitOfWork, caller: Identity, user_id: UUID) -> Channel:
    """The direct channel of the caller and another person, created if it does not exist."""
    assert caller.id is not None
    if user_id == caller.id:
        raise WithYourself
    if not await queries.reachable_people(uow.session, caller, [user_id]):
        raise PersonNotFound(user_id)
    key = ":".join(sorted((str(caller.id), str(user_id))))
    channel = Channel(kind=ChannelKind.DIRECT, direct_key=key)
    # The key decides between two who open it at once: the second finds that of the first.
    once = insert_into(uow.session, Channel).values(channel.model_dump()).on_conflict_do_nothing()
    is_new = bool((await uow.session.execute(once)).rowcount)  # type: ignore[attr-defined]
    kept = await queries.direct_channel(uow.session, key)
    if is_new:
        await _fill(uow, kept, dict.fromkeys((caller.id, user_id), MemberRole.MEMBER))
    return kept


async def update_channel(
    uow: UnitOfWork,
    caller: Identity,
    id: UUID,
    changes: Mapping[str, Any],
    *,
    version: int | None = None,
) -> Channel:
    """Change settings; moderators only. ``version`` is the expected version."""
    channel = await hold_group(uow, caller, id)
    await require_moderator(uow, caller, channel)
    if version is not None and channel.version != version:
        raise ChannelChanged(channel.version)
    if channel.course_id is not None and "is_private" in changes:
        raise KeptByCourse
    if channel.archived_at is not None:
        raise ChannelArchived
    changed = tuple(name for name, value in changes.items() if getattr(channel, name) != value)
    if not changed:
        return channel
    for name in changed:
        setattr(channel, name, changes[name])
    await uow.session.flush()
    uow.emit(ChannelUpdated(**about(channel), changed=changed))
    if "name" in changed:
        await write_system_message(uow, caller, channel, f"The channel is now “{channel.name}”.")
    return channel


async def archive_channel(uow: UnitOfWork, caller: Identity, id: UUID) -> Channel:
    """Let the channel be read only from now on: for its owner. Raises ``ChannelArchived`` when it
    is already."""
    channel = await hold_group(uow, caller, id)
    await require_owner(uow, caller, channel)
    if channel.archived_at is not None:
        raise ChannelArchived
    await write_system_message(uow, caller, channel, "The channel was archived.")
    return await _set_archived(uow, channel, is_archived=True)


async def restore_channel(uow: UnitOfWork, caller: Identity, id: UUID) -> Channel:
    """Let the channel be written to again: for its owner. Without effect when it can be."""
    channel = await hold_group(uow, caller, id)
    await require_owner(uow, caller, channel)
    if channel.archived_at is None:
        return channel
    return await _set_archived(uow, channel, is_archived=False)


async def _set_archived(uow: UnitOfWork, channel: Channel, *, is_archived: bool) -> Channel:
    channel.archived_at = utc_now() if is_archived else None
    await uow.session.flush()
    uow.emit(ChannelUpdated(**about(channel), changed=("is_archived",)))
    return channel


async def delete_channel(uow: UnitOfWork, caller: Identity, id: UUID) -> Channel:
    """Remove the channel with everything in it: for its owner. Channels of courses go with them."""
    channel = await hold_group(uow, caller, id)
    await require_owner(uow, caller, channel)
    if channel.course_id is not None:
        raise KeptByCourse
    await remove_channel(uow, channel)
    return channel


async def remove_channel(uow: UnitOfWork, channel: Channel) -> None:
    """Remove a channel that is held, with its members and messages."""
    gone = ChannelDeleted(**about(channel))
    uow.session.expunge(channel)
    await uow.session.execute(delete(Channel).where(col(Channel.id) == channel.id))
    uow.emit(gone)
