"""Reads another subgraph's events into this one's tables, each event exactly once.

Position and inbox row are written in the handler's own transaction: after a crash, or beside a
second replica, an event that was handled is recognized and passed over.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import aclosing, suppress

from sqlalchemy import MetaData, insert, select, update
from sqlalchemy.exc import IntegrityError

from trellis.db.bus import EventBus, order_of
from trellis.db.engine import Database
from trellis.db.models import utc_now
from trellis.db.outbox import Envelope
from trellis.db.readers import Reader
from trellis.db.tasks import end_tasks
from trellis.db.unit_of_work import UnitOfWork, begin
from trellis.schema.background import keep_running
from trellis.schema.errors import Unavailable

logger = logging.getLogger("trellis.consumer")

Handler = Callable[[UnitOfWork, Envelope], Awaitable[None]]

_MAX_TRIES = 5
_BACK_OFF_SECONDS = (0.05, 0.2, 1.0, 2.0)
_START = "0"


class Consumer:
    """One subgraph's durable reader of one stream; ``handle`` runs inside a unit of work.

    Events of other ``topics`` are passed over without a trace in the database; None takes all.
    """

    def __init__(
        self,
        stream: str,
        handle: Handler,
        *,
        name: str | None = None,
        topics: Iterable[str] | None = None,
    ) -> None:
        self.stream = stream
        self.name = name or f"from-{stream}"
        self._handle = handle
        self._topics = frozenset(topics) if topics is not None else None
        self._progress = asyncio.Condition()
        self._position = _START
        self._task: asyncio.Task[None] | None = None

    def start(
        self,
        database: Database,
        metadata: MetaData,
        bus: EventBus,
        on_commit: Callable[[], None] | None = None,
    ) -> None:
        """Read on in a task of its own; ``on_commit`` is called when ``handle`` has announced
        something itself."""
        self._database, self._tables, self._bus = database, metadata.tables, bus
        self._on_commit = on_commit
        self._reader = Reader(f"{database.name}/{self.name}", self._topics)
        self._task = keep_running(self._run, name=f"{self.name} of {database.name}")

    async def stop(self) -> None:
        await end_tasks(self._task)
        self._bus.readers.leave(self.stream, self._reader)

    async def catch_up(self, timeout: float = 1.0) -> None:
        """Wait until all events known now are handled, at most ``timeout`` seconds.

        For a caller who asks about something another subgraph has made a moment ago.
        """
        with suppress(TimeoutError, Unavailable):
            async with asyncio.timeout(timeout):
                await self.reach(await self._bus.head(self.stream))

    async def reach(self, cursor: str) -> None:
        """Wait until all events up to that one are handled."""
        # It may have been committed by another process, of which nobody tells us.
        self._bus.log_grew(self.stream)
        async with self._progress:
            wanted = order_of(cursor)
            await self._progress.wait_for(lambda: order_of(self._position) >= wanted)

    async def _run(self) -> None:
        while True:
            try:
                await self._move_to(await self._first_position())
                log = self._bus.follow_log(self.stream, after=self._position)
                async with aclosing(log) as events:
                    async for envelope in events:
                        await self._take(envelope)
            except Unavailable:
                # Database and bus log their own outages.
                await asyncio.sleep(1.0)

    async def _take(self, envelope: Envelope) -> None:
        """Handle one event; after five failures park it with its error and go on."""
        if self._topics is None or envelope.topic in self._topics:
            await self._try_to_handle(envelope)
        await self._move_to(envelope.cursor)

    async def _move_to(self, cursor: str) -> None:
        """Publish the position of this reader: to those in this process that wait for it, and to
        writers."""
        async with self._progress:
            self._position = cursor
            self._progress.notify_all()
        # Writers that do not learn of it wait in vain once: no reason to read anything again.
        with suppress(Unavailable):
            await self._bus.readers.note(self.stream, self._reader, cursor)

    async def _try_to_handle(self, envelope: Envelope) -> None:
        for tries in range(1, _MAX_TRIES + 1):
            try:
                await self._handle_once(envelope)
                break
            except Unavailable:
                raise  # not the event's fault: read it again from the stored position
            except Exception as failure:
                # The boundary to the handler, which may fail in any way.
                if tries == _MAX_TRIES:
                    logger.exception("%s parks event %s", self.name, envelope.id)
                    await self._handle_once(envelope, parked=f"{type(failure).__name__}: {failure}")
                else:
                    await asyncio.sleep(_BACK_OFF_SECONDS[tries - 1])

    async def _handle_once(self, envelope: Envelope, *, parked: str | None = None) -> None:
        inbox = self._tables["inbox"]
        outbox = self._tables["outbox"]
        async with begin(self._database, outbox, on_commit=self._on_commit) as uow:
            try:
                async with uow.session.begin_nested():
                    row = {
                        "consumer": self.name,
                        "event_id": envelope.id,
                        "handled_at": utc_now(),
                        "error": parked,
                    }
                    await uow.session.execute(insert(inbox).values(row))
            except IntegrityError:
                return  # another replica, or this one before a crash, was here
            if parked is None:
                await self._handle(uow, envelope)
            await self._store_position(uow, envelope.cursor)

    async def _first_position(self) -> str:
        """Where to read on; from the start when the stream has begun anew since.

        What was handled already is then recognized by its id.
        """
        stored, head = await self._stored_position(), await self._bus.head(self.stream)
        return stored if order_of(stored) <= order_of(head) else _START

    async def _stored_position(self) -> str:
        positions = self._tables["consumer_position"].c
        mine = (positions.consumer == self.name) & (positions.stream == self.stream)
        async with self._database.read() as session:
            stored = await session.execute(select(positions.cursor).where(mine))
            return stored.scalar_one_or_none() or _START

    async def _store_position(self, uow: UnitOfWork, cursor: str) -> None:
        table = self._tables["consumer_position"]
        mine = (table.c.consumer == self.name) & (table.c.stream == self.stream)
        moved = await uow.session.execute(update(table).where(mine).values(cursor=cursor))
        if moved.rowcount == 0:  # type: ignore[attr-defined]
            first = {"consumer": self.name, "stream": self.stream, "cursor": cursor}
            await uow.session.execute(insert(table).values(first))
