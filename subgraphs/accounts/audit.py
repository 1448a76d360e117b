"""Who did what to whom, when and with which result: a log that is only ever appended to.

Each entry is hashed together with the hash of the entry before it. Whoever changes or removes one
would have to rewrite all that follow.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from db.locks import hold
from db.models import utc_now
from db.paging import SortColumn, count_of, integer, page_of
from schema.paging import Page, PageRequest
from subgraphs.accounts.models import AuditEntry

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


@dataclass(frozen=True, slots=True)
class Doer:
    """Who did it, within which request and by which program."""

    actor_id: UUID | None
    request_id: str
    origin: str | None


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
            request_id=doer.request_id[:128],
            origin=doer.origin[:300] if doer.origin else None,
            previous_hash=previous,
            entry_hash="",
        )
        entry.entry_hash = previous = hash_of_entry(entry)
        session.add(entry)


async def entries_page(session: AsyncSession, page: PageRequest) -> Page[AuditEntry]:
    """Entries, the newest first. Whether the caller may see them has been found out before."""
    return await page_of(session, select(AuditEntry), AuditEntry, page, NEWEST_FIRST)


async def entries_count(session: AsyncSession) -> int:
    return await count_of(session, select(AuditEntry))


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
            if not is_next or entry.entry_hash != hash_of_entry(entry):
                return expected
            expected, previous = expected + 1, entry.entry_hash
        if len(entries) < _BATCH:
            return None


def hash_of_entry(entry: AuditEntry) -> str:
    """SHA-256 over everything the entry says, the hash before it included."""
    told = [
        entry.sequence,
        _moment(entry.at),
        str(entry.actor_id) if entry.actor_id else None,
        entry.action,
        entry.target,
        entry.result,
        entry.request_id,
        entry.origin,
        entry.previous_hash,
    ]
    return hashlib.sha256(orjson.dumps(told)).hexdigest()


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds")
