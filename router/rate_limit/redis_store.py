"""A store in Redis, shared by all workers and routers."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError

from trellis.router.rate_limit.redis_script import SCRIPT
from trellis.router.rate_limit.sliding_log import Charge, Level
from trellis.schema.background import start_reported

_BATCH = 200
_SOCKET_SECONDS = 2.0  # much longer than the timeout of a request, so that the connection is kept
_LATE = 0.01
_EXTRA_WAITS = 3


class StoreUnavailable(Exception):
    """Redis is unavailable or did not respond in time."""


class _Request(NamedTuple):
    keys: Sequence[str]
    arguments: Sequence[Any]
    result: asyncio.Future[Sequence[Level]]


class RedisStore:
    """Implements ``Store``, except for ``strict``. ``take`` and ``peek`` raise StoreUnavailable
    after ``timeout`` seconds.

    There is one connection. Requests that arrive during a round trip are sent together in the next
    one, so under load many of them share it, and none waits for a connection. ``clock`` replaces
    the clock of the server in tests.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float = 0.05,
        prefix: str = "trellis:limits:",
        clock: Callable[[], int] | None = None,
    ) -> None:
        # RESP3 has other types of results, and a retry could count twice.
        self._redis = Redis.from_url(
            url,
            protocol=2,
            socket_timeout=_SOCKET_SECONDS,
            socket_connect_timeout=_SOCKET_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._script = ""
        self._timeout = timeout
        self._prefix = prefix
        self._clock = clock
        self._queue: list[_Request] = []
        self._sender: asyncio.Task[None] | None = None

    async def take(self, charges: Sequence[Charge]) -> Sequence[Level]:
        return await self._ask("take", charges)

    async def peek(self, charges: Sequence[Charge]) -> Sequence[Level]:
        return await self._ask("peek", charges)

    async def connect(self) -> None:
        """Open the connection and load the script, within two seconds. Raises StoreUnavailable."""
        try:
            self._script = await self._redis.script_load(SCRIPT)
        except (RedisError, OSError, TimeoutError) as failure:
            raise StoreUnavailable(str(failure)) from failure

    async def aclose(self) -> None:
        if self._sender is not None:
            self._sender.cancel()
            await asyncio.gather(self._sender, return_exceptions=True)
        await self._redis.aclose()

    async def _ask(self, action: str, charges: Sequence[Charge]) -> Sequence[Level]:
        loop = asyncio.get_running_loop()
        arguments: list[Any] = [action, self._clock() if self._clock else ""]
        for _, window, cost, _ in charges:
            arguments += (window.limit, window.microseconds, window.slot, cost)
        keys = [self._prefix + charge.key for charge in charges]
        request = _Request(keys, arguments, loop.create_future())
        self._queue.append(request)
        if self._sender is None or self._sender.done():
            self._sender = start_reported(self._send_queue(), name="sender of rate limits")
        timer = _Timeout(request.result, self._timeout)
        try:
            return await request.result
        finally:
            timer.cancel()

    async def _send_queue(self) -> None:
        """Send the queued requests in batches until the queue is empty."""
        while self._queue:
            batch = [one for one in self._queue[:_BATCH] if not one.result.done()]
            del self._queue[:_BATCH]
            try:
                results = await self._send(batch)
            except (RedisError, OSError, TimeoutError) as failure:
                for request in batch + self._queue:
                    if not request.result.done():
                        request.result.set_exception(StoreUnavailable(str(failure)))
                self._queue.clear()
                return
            for request, levels in zip(batch, results, strict=True):
                if not request.result.done():
                    request.result.set_result(_levels(levels))

    async def _send(self, batch: Sequence[_Request]) -> Sequence[Sequence[int]]:
        if not self._script:
            self._script = await self._redis.script_load(SCRIPT)
        results = await self._send_once(batch)
        # A restarted server does not know the script. It has not counted these requests.
        again = [n for n, result in enumerate(results) if isinstance(result, NoScriptError)]
        if again:
            self._script = await self._redis.script_load(SCRIPT)
            for number, result in zip(
                again, await self._send_once([batch[n] for n in again]), strict=True
            ):
                results[number] = result
        for result in results:
            if isinstance(result, Exception):
                raise result
        return results

    async def _send_once(self, batch: Sequence[_Request]) -> list[Any]:
        pipe = self._redis.pipeline(transaction=False)
        for keys, arguments, _ in batch:
            pipe.evalsha(self._script, len(keys), *keys, *arguments)
        return await pipe.execute(raise_on_error=False)


class _Timeout:
    """The timeout of one request. If the timer itself is late, this process was busy rather than
    Redis slow, and the response may be waiting in the socket: then the time is extended."""

    def __init__(self, result: asyncio.Future[Sequence[Level]], seconds: float) -> None:
        self._result = result
        self._seconds = seconds
        self._extra = _EXTRA_WAITS
        self._loop = asyncio.get_running_loop()
        self._start()

    def cancel(self) -> None:
        self._timer.cancel()

    def _start(self) -> None:
        self._due = self._loop.time() + self._seconds
        self._timer = self._loop.call_at(self._due, self._expire)

    def _expire(self) -> None:
        if self._result.done():
            return
        if self._extra and self._loop.time() - self._due > _LATE:
            self._extra -= 1
            self._start()
            return
        self._result.set_exception(StoreUnavailable("no response in time"))


def _levels(numbers: Sequence[int]) -> list[Level]:
    return [Level(*numbers[at : at + 3]) for at in range(0, len(numbers), 3)]
