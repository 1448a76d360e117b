"""Carries committed events from the outbox to the bus: at least once, in commit order.

The relay is woken after each commit and looks by itself once a second. It claims a batch by a
lease in one statement, and only while nobody else holds one, so with several processes on one
database still one of them publishes at a time and order is kept. After a crash the lease runs
out and the next claim takes the same rows again.
"""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, exists, or_, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from trellis.db import outbox
from trellis.db.bus import EventBus
from trellis.db.commits import Version
from trellis.db.engine import Database
from trellis.db.locks import hold
from trellis.db.metrics import OutboxMetrics
from trellis.db.models import utc_now
from trellis.db.outbox import Envelope
from trellis.db.tasks import end_tasks
from trellis.schema.background import keep_running
from trellis.schema.errors import Unavailable

logger = logging.getLogger("trellis.relay")

_BATCH = 200
_MAX_TRIES = 5
_LOOK_EVERY_SECONDS = 1.0
_LEASE = timedelta(seconds=10)
_KEPT = timedelta(days=30)
_FORGET_FIRST_SECONDS = 60  # a start has other things to do
_FORGET_EVERY_SECONDS = 3_600
_FORGET_AT_ONCE = 10_000
_BACK_OFF_SECONDS = (0.1, 0.5, 2.0, 5.0)
_MARK_BACK_OFF_SECONDS = (0.1, 0.5, 1.0)  # together well within the lease


class OutboxLog:
    """An outbox as the log of a stream: what is committed is in it before anybody hears of it."""

    def __init__(self, database: Database, table: Table) -> None:
        self._database = database
        self._table = table
        self._version: Version | None = None
        self._head = ""

    async def read_after(self, cursor: str, limit: int) -> Sequence[Envelope]:
        async with self._database.read() as session:
            position = int(cursor.split("-")[0])
            return await outbox.read_after(session, self._table, position, limit)

    async def head(self) -> str:
        version = self._database.data_version()
        if version is not None and version == self._version:
            return self._head
        async with self._database.read() as session:
            head = str(await outbox.head_of(session, self._table))
        self._version, self._head = version, head
        return head


class Relay:
    """One background task per subgraph and process."""

    def __init__(self, database: Database, table: Table, bus: EventBus) -> None:
        self._database = database
        self._table = table
        self._bus = bus
        self._metrics = OutboxMetrics(database.name)
        self._work = asyncio.Event()
        self._idle = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._outages = 0
        self._forget_at = time.monotonic() + _FORGET_FIRST_SECONDS
        # The version of the data in which nothing was left to publish.
        self._nothing_left_at: Version | None = None

    def start(self) -> None:
        self._bus.attach(self._database.name, OutboxLog(self._database, self._table))
        self._task = keep_running(self._run, name=f"relay of {self._database.name}")

    def wake(self) -> None:
        """Notify the relay of a commit."""
        self._idle.clear()
        self._work.set()

    async def settle(self, timeout: float) -> None:
        """Wait until all events committed so far are published, at most ``timeout`` seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._idle.wait()

    async def stop(self) -> None:
        await end_tasks(self._task)

    async def _run(self) -> None:
        while True:
            is_woken = self._work.is_set()
            self._work.clear()
            published = await self.relay_once(is_woken=is_woken)
            # What another process has committed meanwhile was not claimed by it: it could not, as
            # long as this batch was held.
            while published:
                published = await self.relay_once()
            if not self._work.is_set():
                self._idle.set()
            await self._forget_old()
            # Also poll: a process may have died after its commit, before it could notify.
            # Not wait_for: before Python 3.12 it can lose the cancellation that stops this task.
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_EVERY_SECONDS):
                    await self._work.wait()

    async def relay_once(self, *, is_woken: bool = False) -> int:
        """Publish one batch; whoever was woken by a commit need not look first whether there is
        one. Returns the number of published events."""
        rows = await self._claim(is_woken=is_woken)
        if not rows:
            return 0
        published: list[int] = []
        failure: Exception | None = None
        try:
            await self._bus.publish(self._database.name, [outbox.envelope_of(r) for r in rows])
            published = [row["id"] for row in rows]
            self._outages = 0
            for row in rows:
                self._metrics.has_published(row["topic"])
        except Unavailable as down:
            await self._hold(rows, down.message)
            return 0
        except Exception as failed:
            # Boundary to the bus. One of the events is invalid; publish one by one to find it.
            published, failure = await self._publish_singly(rows, failed)
        await self._finish(rows, published, failure)
        return len(published)

    async def _publish_singly(
        self, rows: Sequence[Mapping[str, Any]], failure: Exception
    ) -> tuple[list[int], Exception]:
        published: list[int] = []
        for row in rows:
            try:
                await self._bus.publish(self._database.name, [outbox.envelope_of(row)])
            except Exception as failed:
                return published, failed  # later events wait, to keep the order
            published.append(row["id"])
            self._metrics.has_published(row["topic"])
        return published, failure

    async def _is_anything_left(self) -> bool:
        """Whether any event is not published yet: what is usually not so, and is told without a
        write lock."""
        version = self._database.data_version()
        if version is not None and version == self._nothing_left_at:
            return False
        t = self._table.c
        waiting = select(t.occurred_at).where(self._open_rows).order_by(t.id).limit(1)
        async with self._database.read() as session:
            oldest = (await session.execute(waiting)).scalar()
        self._nothing_left_at = version if oldest is None else None
        self._metrics.oldest_seconds.set((utc_now() - oldest).total_seconds() if oldest else 0)
        return oldest is not None

    @property
    def _open_rows(self) -> ColumnElement[bool]:
        return and_(self._table.c.done_at.is_(None), self._table.c.is_dead.is_(False))

    async def _claim(self, *, is_woken: bool = False) -> list[Mapping[str, Any]]:
        if not (is_woken or await self._is_anything_left()):
            return []
        async with self._database.write() as session:
            await hold(session, "relay")
            # Not before: whoever wrote while this waited for its turn has newer times in its rows.
            now = utc_now()
            found = (await session.execute(self._claiming(now))).mappings().all()
        rows: list[Mapping[str, Any]] = sorted(map(dict, found), key=lambda row: row["id"])
        if rows:
            self._metrics.oldest_seconds.set((now - rows[0]["occurred_at"]).total_seconds())
        return rows

    def _claiming(self, now: datetime) -> ReturningUpdate[Any]:
        """Takes a batch, unless one is held by another process or has to wait."""
        t, held = self._table.c, self._table.alias("held")
        others = exists().where(
            held.c.done_at.is_(None),
            held.c.is_dead.is_(False),
            or_(held.c.lease_until > now, held.c.available_at > now),
        )
        batch = select(t.id).where(self._open_rows, ~others).order_by(t.id).limit(_BATCH)
        return (
            update(self._table)
            .where(t.id.in_(batch.scalar_subquery()))
            .values(lease_until=now + _LEASE, attempts=t.attempts + 1)
            .returning(self._table)
        )

    async def _hold(self, rows: Sequence[Mapping[str, Any]], reason: str) -> None:
        """The bus is away. Not the events' fault: the try does not count, and there is no last."""
        pause = _BACK_OFF_SECONDS[min(self._outages, len(_BACK_OFF_SECONDS) - 1)]
        self._outages += 1
        values = {
            "lease_until": None,
            "attempts": self._table.c.attempts - 1,
            "available_at": utc_now() + timedelta(seconds=pause),
            "error": reason,
        }
        await self._update([row["id"] for row in rows], values)

    async def _finish(
        self, rows: Sequence[Mapping[str, Any]], published: list[int], failure: Exception | None
    ) -> None:
        if published:
            await self._mark_published(published)
        left = rows[len(published) :]
        if not left:
            return
        first, behind = left[0], left[1:]
        dead = first["attempts"] >= _MAX_TRIES
        if dead:
            self._metrics.parked.inc()
            logger.error("outbox %s: event %s is parked", self._database.name, first["event_id"])
        pause = _BACK_OFF_SECONDS[min(first["attempts"], len(_BACK_OFF_SECONDS)) - 1]
        values = {
            "is_dead": dead,
            "lease_until": None,
            "error": f"{type(failure).__name__}: {failure}"[:2000],
            "available_at": utc_now() + timedelta(seconds=pause),
        }
        await self._update([first["id"]], values)
        if behind:
            # They were only in the way: the try does not count for them.
            unheld = {"lease_until": None, "attempts": self._table.c.attempts - 1}
            await self._update([row["id"] for row in behind], unheld)

    async def _mark_published(self, ids: Sequence[int]) -> None:
        """Try it again a few times: what stays unmarked is published twice when its lease ends."""
        done = {"done_at": utc_now(), "lease_until": None, "error": None}
        for pause in _MARK_BACK_OFF_SECONDS:
            try:
                await self._update(ids, done)
                return
            except Unavailable as unavailable:
                logger.warning("outbox %s, published: %s", self._database.name, unavailable)
            await asyncio.sleep(pause)
        await self._update(ids, done)

    async def _forget_old(self) -> None:
        """Once an hour: a slice of what was relayed, or handled as a reader, long ago."""
        if time.monotonic() < self._forget_at:
            return
        self._forget_at = time.monotonic() + _FORGET_EVERY_SECONDS
        t, inbox = self._table.c, self._table.metadata.tables["inbox"]
        before = utc_now() - _KEPT
        old = select(t.id).where(t.done_at < before).order_by(t.id).limit(_FORGET_AT_ONCE)
        async with self._database.write() as session:
            await session.execute(delete(self._table).where(t.id.in_(old.scalar_subquery())))
            await session.execute(delete(inbox).where(inbox.c.handled_at < before))

    async def _update(self, ids: Sequence[int], values: Mapping[str, Any]) -> None:
        async with self._database.write() as session:
            statement = update(self._table).where(self._table.c.id.in_(ids)).values(**values)
            await session.execute(statement)
