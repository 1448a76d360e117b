"""Profiles of people, kept in memory for an hour and ended by their events (S0-CACHE-01).

Each batch first looks at what the outbox has gained since the last one: one statement, which as a
rule finds nothing. So no profile is older than the database, however many workers and processes
change it, and who has changed a profile is answered by the new one, whichever worker answers.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Table, func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer
from sqlmodel import col, select

from trellis.schema.identity import Identity
from trellis.schema.inputs import as_uuid
from trellis.subgraphs.accounts.models import OrganizationMember, User
from trellis.subgraphs.accounts.queries import SeenUser, may_look

# Document 000 says an hour.
_KEEP_SECONDS = 3_600.0
# A profile has some two kilobytes, at most sixteen with the longest texts and organizations.
_MOST_PROFILES = 2_000
# More news than that are not looked through: then everything is read anew.
_MOST_NEWS = 500


@dataclass(frozen=True, slots=True)
class Profile:
    """A person, without the hash of the password, and the organizations that they are in."""

    row: User
    organizations: frozenset[UUID]


class Profiles:
    """One per running subgraph. ``clock`` is a monotonic clock in seconds."""

    def __init__(
        self,
        outbox: Table,
        *,
        most: int = _MOST_PROFILES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log = outbox.c
        self._most = most
        self._clock = clock
        # Of each person until when the profile is good; those used last are at the end.
        self._kept: OrderedDict[UUID, tuple[float, Profile]] = OrderedDict()
        self._position: int | None = None

    async def users_by_id(
        self, session: AsyncSession, caller: Identity, ids: Sequence[UUID]
    ) -> list[SeenUser | None]:
        """All users with these ids, also strangers: other subgraphs refer to them.

        Only those visible to the caller are taken from memory. Others are read like unknown ids, so
        that the time taken does not distinguish them.
        """
        position = await self._end_by_events(session)
        own = self._fresh(caller.id) if caller.id is not None else None
        mine = _organizations_of(own)
        found = {id: profile for id in ids if (profile := self._seen(caller, mine, id)) is not None}
        missing = {id for id in ids if id not in found}
        if own is None and caller.id is not None:
            missing.add(caller.id)
        if missing:
            read = await _read(session, missing)
            # Somebody else may have seen events meanwhile that what was read here is older than.
            if position == self._position:
                self._keep(read)
            found.update(read)
            mine = _organizations_of(own or (found.get(caller.id) if caller.id else None))
        return [
            SeenUser(profile.row, _sees(caller, mine, profile)) if profile is not None else None
            for profile in map(found.get, ids)
        ]

    def _seen(self, caller: Identity, mine: frozenset[UUID], id: UUID) -> Profile | None:
        profile = self._fresh(id)
        return profile if profile is not None and _sees(caller, mine, profile) else None

    async def _end_by_events(self, session: AsyncSession) -> int:
        """Forget those to whom something has happened; the id of the newest event seen."""
        if self._position is None:
            return self._move_to(await self._newest(session))
        log = self._log
        newer = select(log.id, log.key).where(log.id > self._position).order_by(log.id)
        found = (await session.execute(newer.limit(_MOST_NEWS + 1))).all()
        if len(found) > _MOST_NEWS:
            newest = await self._newest(session)
            self._kept.clear()
            return self._move_to(newest)
        for _, key in found:
            # Keys of organizations and teams are no keys here: nobody is called like that.
            if (id := as_uuid(key)) is not None:
                self._kept.pop(id, None)
        return self._move_to(found[-1][0] if found else self._position)

    async def _newest(self, session: AsyncSession) -> int:
        return (await session.execute(select(func.max(self._log.id)))).scalar_one() or 0

    def _move_to(self, seen: int) -> int:
        self._position = max(seen, self._position or 0)
        return seen

    def _fresh(self, id: UUID) -> Profile | None:
        until, profile = self._kept.get(id, (0.0, None))
        if profile is None or until <= self._clock():
            return None
        self._kept.move_to_end(id)
        return profile

    def _keep(self, profiles: Mapping[UUID, Profile]) -> None:
        until = self._clock() + _KEEP_SECONDS
        for id, profile in profiles.items():
            self._kept[id] = until, profile
            self._kept.move_to_end(id)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)


def _organizations_of(profile: Profile | None) -> frozenset[UUID]:
    return profile.organizations if profile is not None else frozenset()


def _sees(caller: Identity, mine: frozenset[UUID], profile: Profile) -> bool:
    """``queries.may_see_user`` for somebody who is at hand."""
    if caller.is_admin:
        return True
    if not may_look(caller):
        return False
    return profile.row.id == caller.id or not mine.isdisjoint(profile.organizations)


async def _read(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Profile]:
    # What nobody is shown stays where it is.
    hidden = defer(User.password_hash, raiseload=True)  # type: ignore[arg-type]
    rows = await session.scalars(select(User).where(col(User.id).in_(ids)).options(hidden))
    seats = select(OrganizationMember.user_id, OrganizationMember.organization_id)
    organizations: dict[UUID, set[UUID]] = {id: set() for id in ids}
    theirs = col(OrganizationMember.user_id).in_(ids)
    for user_id, organization_id in await session.execute(seats.where(theirs)):
        organizations[user_id].add(organization_id)
    return {row.id: Profile(row, frozenset(organizations[row.id])) for row in rows}
