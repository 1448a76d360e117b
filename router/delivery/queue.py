"""What waits for one client: bounded, so that a client that does not read costs no more."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

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


class DeliveryQueue(Generic[T]):
    """Any number of operations put, one writer gets. A full queue holds an operation back for
    ``slow_seconds``; then the client is to be let go."""

    def __init__(
        self, *, items: int, bytes: int, slow_seconds: float, weigh: Callable[[T], int]
    ) -> None:
        """``weigh`` gives the bytes of an item, the same ones whenever it is asked."""
        self._queue = _Weighed(items, bytes, weigh)
        self._slow_seconds = slow_seconds

    async def put(self, item: T) -> None:
        """Raises TooSlow."""
        try:
            self._queue.put_nowait(item)  # without a timer for the many that find room
        except asyncio.QueueFull:
            try:
                async with asyncio.timeout(self._slow_seconds):
                    await self._queue.put(item)
            except TimeoutError:
                raise TooSlow from None

    async def get(self) -> T:
        return await self._queue.get()

    async def get_beating(self, seconds: float, beat: Callable[[], Awaitable[None]]) -> T:
        """The next item; ``beat`` is called whenever none has come for so long."""
        while True:
            try:
                async with asyncio.timeout(seconds):
                    return await self._queue.get()
            except TimeoutError:
                await beat()
