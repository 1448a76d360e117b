"""The messages waiting for one client: bounded, so that a client that does not read has a bounded
cost."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from trellis.router.config import StreamLimits

T = TypeVar("T")


class TooSlow(Exception):
    """The client leaves its queue full: it would cost memory, or miss events without knowing."""


class _Weighed(asyncio.Queue[T]):
    """Full also when its items weigh ``most`` bytes. One more may then have been put before: an
    item that is larger than the bound passes when there is any room."""

    def __init__(self, items: int, most: int, weigh: Callable[[T], int]) -> None:
        super().__init__(items)
        self._most = most
        self._weigh = weigh
        self._bytes = 0

    def full(self) -> bool:
        return self._bytes >= self._most or super().full()

    # The two methods that ``asyncio.Queue`` leaves to its subclasses.

    def _put(self, item: T) -> None:
        self._bytes += self._weigh(item)
        super()._put(item)

    def _get(self) -> T:
        item = super()._get()
        self._bytes -= self._weigh(item)
        return item


class Backlog:
    """The bytes that wait in all queues together: of every client of one process."""

    def __init__(self) -> None:
        self.bytes = 0


BACKLOG = Backlog()


class DeliveryQueue(Generic[T]):
    """Any number of operations put, one writer gets. A full queue blocks an operation for
    ``slow_seconds``; then the client must be disconnected. While all queues together hold too much,
    clients with unread messages are disconnected immediately."""

    def __init__(
        self,
        limits: StreamLimits,
        *,
        weigh: Callable[[T], int],
        backlog: Backlog = BACKLOG,
    ) -> None:
        """``weigh`` gives the bytes of an item, the same ones on every call."""
        self._queue = _Weighed(limits.queue, limits.queue_bytes, weigh)
        self._slow_seconds = limits.slow_seconds
        self._most = limits.backlog_bytes
        self._weigh = weigh
        self._backlog = backlog
        self._bytes = 0  # also of what is held back

    async def put(self, item: T) -> None:
        """Raises TooSlow."""
        weight = self._weigh(item)
        if self._bytes and self._backlog.bytes + weight > self._most:
            raise TooSlow
        self._count(weight)
        if not self._queue.full():
            self._queue.put_nowait(item)  # without a timer for the many that find room
            return
        try:
            async with asyncio.timeout(self._slow_seconds):
                await self._queue.put(item)
        except TimeoutError:
            self._count(-weight)
            raise TooSlow from None
        except BaseException:
            self._count(-weight)
            raise

    async def get(self) -> T:
        item = await self._queue.get()
        self._count(-self._weigh(item))
        return item

    async def get_beating(self, seconds: float, beat: Callable[[], Awaitable[None]]) -> T:
        """The next item; ``beat`` is called whenever none has come for so long."""
        while True:
            try:
                async with asyncio.timeout(seconds):
                    return await self.get()
            except TimeoutError:
                await beat()

    def clear(self) -> None:
        """Drop what nobody will read, when nothing is put or got any more."""
        while not self._queue.empty():
            self._count(-self._weigh(self._queue.get_nowait()))

    def _count(self, bytes: int) -> None:
        self._bytes += bytes
        self._backlog.bytes += bytes
