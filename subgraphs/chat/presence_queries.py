"""Every SELECT of who is there."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from trellis.db.batching import rows_by
from trellis.schema.identity import Identity
from trellis.subgraphs.chat.models import Presence, PresenceLease, PresenceStatus
from trellis.subgraphs.chat.queries import shares_channel


def visible_to(caller: Identity) -> Select[Presence]:
    """Of the caller and of everybody who is in a channel with the caller."""
    theirs = col(Presence.user_id)
    return select(Presence).where(or_(theirs == caller.id, shares_channel(caller, theirs)))


async def presence_by_person(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Presence | None]:
    return await rows_by(session, visible_to(caller), Presence.user_id, ids)


async def announced_as_there(session: AsyncSession) -> frozenset[UUID]:
    """Everyone announced as online or away, without a visibility filter: for the worker."""
    there = col(Presence.status) != PresenceStatus.OFFLINE
    return frozenset(await session.scalars(select(Presence.user_id).where(there)))


async def living_leases(session: AsyncSession, now: datetime) -> frozenset[UUID]:
    """Everyone with a valid lease, without a visibility filter: for the worker."""
    lasts = col(PresenceLease.expires_at) > now
    return frozenset(await session.scalars(select(PresenceLease.user_id).where(lasts)))
