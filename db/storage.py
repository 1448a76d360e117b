"""Everything one subgraph keeps: its database, its outbox relay, its door to the bus."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import AsyncSession

from trellis.db.bus import EventBus, MemoryBus
from trellis.db.consumer import Consumer
from trellis.db.engine import Database
from trellis.db.on_demand import redis_bus, run_migrations
from trellis.db.outbox import Envelope, outbox_of
from trellis.db.own_writes import OwnWrites
from trellis.db.relay import Relay
from trellis.db.settings import DataSettings
from trellis.db.unit_of_work import UnitOfWork, begin
from trellis.db.versions import is_at_newest
from trellis.schema.errors import Unavailable

_SETTLE_SECONDS = 0.25
_CURRENT_SECONDS = 3.0  # less than the router waits for a subgraph


class Storage:
    """Opened by ``start`` and closed by ``stop``; between them any number of readers and writers.

    ``settings`` and ``bus`` come from the environment when they are not given: subgraphs of one
    process share one bus.
    """

    def __init__(
        self,
        name: str,
        metadata: MetaData,
        *,
        consumers: Sequence[Consumer] = (),
        settings: DataSettings | None = None,
        bus: EventBus | None = None,
    ) -> None:
        self.name = name
        self.metadata = metadata
        self._consumers = consumers
        self._settings = settings
        self._given_bus = bus
        self._database: Database | None = None

    async def start(self) -> None:
        """Open the database, bring it to the newest migration, start relay and consumers."""
        settings = self.settings
        self._database = Database(self.name, settings.url_for(self.name))
        if not await is_at_newest(self._database):
            await run_migrations(self._database, self.metadata)
        self._bus = self._given_bus or await _shared.acquire(settings.redis_url)
        self._relay = Relay(self._database, outbox_of(self.metadata), self._bus)
        self._relay.start()
        self._own_writes = OwnWrites(self.name, self._bus)
        for consumer in self._consumers:
            consumer.start(self._database, self.metadata, self._bus, self._has_committed)

    async def stop(self) -> None:
        """Stop what ``start`` started; what was committed but not relayed waits in the outbox."""
        if self._database is None:
            return
        for consumer in self._consumers:
            await consumer.stop()
        await self._relay.stop()
        if self._given_bus is None:
            await _shared.release(self._bus)
        await self._database.close()
        self._database = None

    @property
    def settings(self) -> DataSettings:
        """Where the subgraph keeps its data: what was given, or read from the environment."""
        return self._settings or DataSettings.from_environment()

    @property
    def database(self) -> Database:
        """The open database. Raises ``Unavailable`` before ``start`` and after ``stop``."""
        if self._database is None:
            raise Unavailable(f"The subgraph {self.name} is not running.")
        return self._database

    def read(self) -> AbstractAsyncContextManager[AsyncSession]:
        """A session for SELECTs; each concurrent task opens its own."""
        return self.database.read()

    @asynccontextmanager
    async def begin(self, headers: Mapping[str, Any] | None = None) -> AsyncGenerator[UnitOfWork]:
        """One transaction with its events; see ``trellis.db.unit_of_work.begin``.

        Returns when the readers of the events have taken them in, as far as can be waited for:
        who asks another subgraph next is answered by what was changed here.
        """
        outbox, on_commit = outbox_of(self.metadata), self._has_committed
        async with begin(self.database, outbox, headers=headers, on_commit=on_commit) as uow:
            yield uow
        if uow.events:
            if not self._bus.sees_commits:
                await self._relay.settle(_SETTLE_SECONDS)
            await self._own_writes.taken_in({event.topic for event in uow.events})

    async def in_batches(self, work: Callable[[UnitOfWork], Awaitable[int]], size: int) -> int:
        """Call ``work`` in one transaction after another, until it found fewer than ``size`` rows:
        nobody waits long for the locks of all of them. ``work`` does up to ``size`` rows and
        returns how many; the result is their sum."""
        total, count = 0, size
        while count == size:
            async with self.begin() as uow:
                count = await work(uow)
            total += count
        return total

    def _has_committed(self) -> None:
        self._relay.wake()
        self._bus.log_grew(self.name)

    def events(self, after: str | None = None) -> AsyncGenerator[Envelope]:
        """This subgraph's own stream; use it inside ``aclosing``."""
        _ = self.database  # refuse when not running
        return self._bus.subscribe(self.name, after)

    async def catch_up(self, stream: str, timeout: float = 1.0) -> None:
        """Wait until all that ``stream`` has announced so far is kept here, at most ``timeout``
        seconds. The stream is asked once, however many consumers read it."""
        readers = [consumer for consumer in self._consumers if consumer.stream == stream]
        with suppress(TimeoutError, Unavailable):
            async with asyncio.timeout(timeout):
                head = await self._bus.head(stream)
                await asyncio.gather(*(reader.reach(head) for reader in readers))

    async def require_current(self, stream: str) -> None:
        """Wait until all that ``stream`` has announced so far is kept here: for answers that must
        not leave out what is still on its way, such as those about what moves here from another
        subgraph. Does nothing as long as nobody has announced anything by that name.

        Raises ``Unavailable`` when that takes longer than ``_CURRENT_SECONDS``.
        """
        if not self._bus.knows(stream):
            return
        readers = [consumer for consumer in self._consumers if consumer.stream == stream]
        try:
            async with asyncio.timeout(_CURRENT_SECONDS):
                head = await self._bus.head(stream)
                await asyncio.gather(*(reader.reach(head) for reader in readers))
        except TimeoutError:
            raise Unavailable(f"{self.name} has not read all of {stream} yet.") from None

    async def ping(self) -> None:
        """Raises ``Unavailable`` unless the database answers."""
        await self.database.ping()


class _SharedBuses:
    """One bus per process and address, opened by the first storage and closed by the last."""

    def __init__(self) -> None:
        self._buses: dict[str | None, EventBus] = {}
        self._users: dict[int, int] = {}

    async def acquire(self, redis_url: str | None) -> EventBus:
        bus = self._buses.get(redis_url)
        if bus is None:
            bus = self._buses[redis_url] = redis_bus(redis_url) if redis_url else MemoryBus()
            await bus.connect()
        self._users[id(bus)] = self._users.get(id(bus), 0) + 1
        return bus

    async def release(self, bus: EventBus) -> None:
        self._users[id(bus)] -= 1
        if self._users[id(bus)] == 0:
            del self._users[id(bus)]
            self._buses = {url: kept for url, kept in self._buses.items() if kept is not bus}
            await bus.close()


_shared = _SharedBuses()
