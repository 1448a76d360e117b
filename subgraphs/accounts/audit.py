"""Who did what to whom, when and with which result: a log that is only ever appended to.

Each entry is hashed together with the hash of the entry before it. Changing or removing one would
require rewriting all later ones.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Self
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Select, and_, or_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from trellis.db.locks import hold
from trellis.db.models import utc_now
from trellis.db.paging import SortColumn, integer
from trellis.subgraphs.accounts.models import AuditEntry

DONE = "done"
REFUSED = "refused"
NEWEST_FIRST = (SortColumn("sequence", integer, descending=True),)
_BEGINNING = "0" * 64
_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did, or was kept from doing, to ``target``."""

    action: str
    target: str
    result: str = DONE
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Doer:
    """Who did it, within which request, with which API key, by which program and from where."""

    actor_id: UUID | None
    request_id: str
    origin: str | None = None
    client_address: str | None = None
    key_id: str | None = None

    def forgotten(self) -> Self:
        """A person who is recorded only by the action: one who deletes their own account."""
        return replace(self, origin=None, client_address=None)


async def append(session: AsyncSession, doer: Doer, deeds: Sequence[Deed]) -> None:
    """Write entries at the end of the log, in the session's transaction."""
    if not deeds:
        return
    await hold(session, "audit_log")
    newest = select(AuditEntry).order_by(col(AuditEntry.sequence).desc()).limit(1)
    last = (await session.scalars(newest)).first()
    sequence, previous = (last.sequence, last.entry_hash) if last else (0, _BEGINNING)
    now = utc_now()
    for deed in deeds:
        sequence += 1
        entry = AuditEntry(
            sequence=sequence,
            at=now,
            actor_id=doer.actor_id,
            action=deed.action,
            target=deed.target,
            result=deed.result,
            reason=deed.reason,
            request_id=doer.request_id[:128],
            key_id=doer.key_id,
            origin=doer.origin[:300] if doer.origin else None,
            client_address=doer.client_address[:64] if doer.client_address else None,
            details_salt=secrets.token_hex(16),
            previous_hash=previous,
            entry_hash="",
        )
        entry.details_hash = _hash_of_details(entry)
        entry.entry_hash = previous = hash_of_entry(entry)
        session.add(entry)


def entries() -> Select[AuditEntry]:
    """All of them. Whether the caller may see them has been found out before."""
    return select(AuditEntry)


async def entries_about(session: AsyncSession, user_id: UUID, most: int) -> Sequence[AuditEntry]:
    """What the user did and what was done to the account, the newest first."""
    statement = select(AuditEntry).where(_about(user_id))
    newest = statement.order_by(col(AuditEntry.sequence).desc()).limit(most)
    return (await session.scalars(newest)).all()


async def forget_details(session: AsyncSession, user_id: UUID) -> None:
    """Forget where the user was and what with; what happened stays."""
    actor, target = col(AuditEntry.actor_id), col(AuditEntry.target)
    # What administrators did to the account tells where they were.
    theirs = or_(actor == user_id, and_(actor.is_(None), target == str(user_id)))
    statement = update(AuditEntry).where(theirs, col(AuditEntry.details_hash).is_not(None))
    await session.execute(statement.values(origin=None, client_address=None, details_salt=None))


async def first_broken(session: AsyncSession) -> int | None:
    """The first sequence number at which the chain does not hold; None when all is well."""
    expected, previous = 1, _BEGINNING
    while True:
        statement = (
            select(AuditEntry)
            .where(col(AuditEntry.sequence) >= expected)
            .order_by(col(AuditEntry.sequence))
            .limit(_BATCH)
        )
        entries = (await session.scalars(statement)).all()
        for entry in entries:
            is_next = entry.sequence == expected and entry.previous_hash == previous
            is_whole = entry.entry_hash == hash_of_entry(entry) and _fit(entry)
            if not is_next or not is_whole:
                return expected
            expected, previous = expected + 1, entry.entry_hash
        if len(entries) < _BATCH:
            return None


def _about(user_id: UUID) -> ColumnElement[bool]:
    target = col(AuditEntry.target) == str(user_id)
    return or_(col(AuditEntry.actor_id) == user_id, target)


def hash_of_entry(entry: AuditEntry) -> str:
    """SHA-256 over everything the entry says, the hash before it included; of its details only
    the hash, so that they can be forgotten."""
    content = [
        entry.sequence,
        _moment(entry.at),
        str(entry.actor_id) if entry.actor_id else None,
        entry.action,
        entry.target,
        entry.result,
        entry.request_id,
    ]
    if entry.details_hash is None:
        content += [entry.origin]
    else:
        content += [entry.reason, entry.key_id, entry.details_hash]
    return hashlib.sha256(orjson.dumps([*content, entry.previous_hash])).hexdigest()


def _fit(entry: AuditEntry) -> bool:
    """Whether the details are those that were hashed, or were forgotten together."""
    if entry.details_hash is None:
        return (entry.reason, entry.key_id, entry.client_address) == (None, None, None)
    if entry.details_salt is None:
        return (entry.origin, entry.client_address) == (None, None)
    return entry.details_hash == _hash_of_details(entry)


def _hash_of_details(entry: AuditEntry) -> str:
    # Without the salt nobody can try out addresses until one fits.
    content = [entry.details_salt, entry.origin, entry.client_address]
    return hashlib.sha256(orjson.dumps(content)).hexdigest()


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds")
