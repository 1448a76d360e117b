"""Makes the index anew: from the documents, or from everything that was ever announced.

Readers find what they found before until all of it is done, and everybody else may go on: what is
announced meanwhile is taken in afterwards, and news that is read twice does no harm.
"""

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import inspect, make_url
from sqlalchemy.ext.asyncio import AsyncSession

from trellis.db import outbox
from trellis.db.engine import Database
from trellis.db.models import new_metadata
from trellis.db.on_demand import run_migrations
from trellis.db.outbox import Envelope, outbox_of
from trellis.db.settings import DataSettings
from trellis.db.unit_of_work import UnitOfWork
from trellis.db.versions import is_at_newest
from trellis.subgraphs.search import documents, queries
from trellis.subgraphs.search.models import Base
from trellis.subgraphs.search.upkeep import REPLICAS

logger = logging.getLogger("trellis.search")

_AT_ONCE = 500
_NAME = "search"

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is, and how much there is."""


@dataclass(frozen=True, slots=True)
class Reindexed:
    """``unread`` are events that could not be understood; the log says which."""

    documents: int
    events: int = 0
    unread: int = 0


async def reindex(
    settings: DataSettings, tell: Progress, *, from_events: bool = False
) -> Reindexed:
    """With ``from_events`` first take in again what the other subgraphs have announced, as far as
    their databases are in reach. Raises ``Unavailable`` when a database does not answer."""
    async with _opened(_NAME, settings) as database:
        if not await is_at_newest(database):
            await run_migrations(database, Base.metadata)
        events = unread = 0
        if from_events:
            for stream in dict.fromkeys(replica.stream for replica in REPLICAS):
                read, missed = await _read_again(database, settings, stream, tell)
                events, unread = events + read, unread + missed
        return Reindexed(await _add_words_anew(database, tell), events, unread)


async def _add_words_anew(database: Database, tell: Progress) -> int:
    """In one transaction, so that nobody ever finds half of it."""
    done = number = 0
    async with database.write() as session:
        await documents.remove_all_words(session)
        total = await queries.count_documents(session)
        while rows := await queries.documents_after(session, number, _AT_ONCE):
            await documents.add_words_of(session, rows)
            number, done = rows[-1].number, done + len(rows)
            session.expunge_all()
            tell("documents", done, total)
    return done


async def _read_again(
    database: Database, settings: DataSettings, stream: str, tell: Progress
) -> tuple[int, int]:
    """How many events there were, and how many of them could not be understood."""
    if not _is_there(settings.url_for(stream)):
        return 0, 0
    log = outbox_of(new_metadata())
    done = unread = position = 0
    async with _opened(stream, settings) as owner:
        async with owner.read() as session:
            connection = await session.connection()
            if not await connection.run_sync(lambda sync: inspect(sync).has_table(log.name)):
                return 0, 0
            head = await outbox.head_of(session, log)
        while position < head:
            async with owner.read() as session:
                events = await outbox.read_after(session, log, position, _AT_ONCE)
            if not events:
                break
            async with database.write() as session:
                unread += await _take_in(session, stream, events)
            position, done = int(events[-1].cursor), done + len(events)
            tell(f"events of {stream}", position, head)
    return done, unread


async def _take_in(session: AsyncSession, stream: str, events: Sequence[Envelope]) -> int:
    """Returns how many of the events could not be understood."""
    unread = 0
    for envelope in events:
        for replica in REPLICAS:
            if replica.stream != stream:
                continue
            try:
                async with session.begin_nested():
                    await replica.handle(UnitOfWork(session), envelope)
            except ValueError:
                # Breaks its contract: what is readable must not wait for it. pydantic's are these.
                logger.exception("event %s of %s cannot be read", envelope.id, stream)
                unread += 1
    return unread


@asynccontextmanager
async def _opened(name: str, settings: DataSettings) -> AsyncIterator[Database]:
    database = Database(name, settings.url_for(name))
    try:
        yield database
    finally:
        await database.close()


def _is_there(url: str) -> bool:
    """Whether a subgraph keeps anything there; opening a file that is missing would make it."""
    if not url.startswith("sqlite"):
        return True
    return Path(make_url(url).database or "").exists()
