"""A subscription as a stream of server-sent events.

https://html.spec.whatwg.org/multipage/server-sent-events.html

::

    retry: 3000                      once: a client that is cut off comes back after so long
    id: c17                          of the field with @eventId; comes back as Last-Event-ID
    event: issueUpdated              the subscription's response key
    data: {"key": "TREE-1"}          as the dialect writes it, in one line
    :                                a heartbeat
    event: error                     data is a failure of the dialect; refusals end the stream
    event: complete                  the subscription is over
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass

from starlette.types import Receive, Send

from trellis.router.answer import Answer
from trellis.router.config import StreamLimits
from trellis.router.rest.response import Header
from trellis.router.subscriptions.rights import Rights
from trellis.router.web.errors import as_trellis_error
from trellis.schema.errors import TrellisError
from trellis.schema.tokens import TokenExpired

MEDIA = "text/event-stream"
_CLOSE_SECONDS = 1.0
_RETRY = b"retry: 3000\n\n"
_HEARTBEAT = b":\n\n"
_COMPLETE = b"event: complete\ndata:\n\n"


class _TooSlow(Exception):
    """The client leaves its queue full."""


WriteAnswer = Callable[[Answer], bytes]
WriteError = Callable[[TrellisError], bytes]


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a stream waits for a refusal before it says that it is open, and between two
    heartbeats."""

    opening_seconds: float = 1.0
    heartbeat_seconds: float = 15.0


PACE = Pace()


class EventStream:
    """One client's stream; fills in for a response. Reader and writer are tasks with a queue in
    between, so that a client costs at most its queue: one that does not read is cut off."""

    def __init__(
        self,
        answers: AsyncGenerator[Answer, None],
        receive: Receive,
        rights: Rights,
        limits: StreamLimits,
        *,
        headers: Sequence[Header],
        write: WriteAnswer,
        write_error: WriteError,
        pace: Pace = PACE,
    ) -> None:
        self._answers = answers
        self._receive = receive
        self._rights = rights
        self._limits = limits
        self._headers = headers
        self._write = write
        self._write_error = write_error
        self._pace = pace
        self._queue: asyncio.Queue[Answer | TrellisError | None] = asyncio.Queue(limits.queue)
        self._first: list[Answer | TrellisError | None] = []
        self._reader: asyncio.Task[None] | None = None

    async def open(self) -> Answer | TrellisError | None:
        """Begin. The refusal or error with which the stream ends before it has begun, else None:
        it is open when an event comes, or nothing has come for a while."""
        self._reader = asyncio.create_task(self._read())
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pace.opening_seconds):
                    while not self._first or _is_failure(self._first[-1]):
                        self._first.append(await self._queue.get())
        except BaseException:
            await self.aclose()
            raise
        failed = self._first[0] if self._first else None
        if isinstance(failed, Answer) and failed.executed:  # the end, if nothing came after it
            failed = failed if self._first[1:] == [None] else None
        if failed is not None:
            await self.aclose()
        return failed

    async def aclose(self) -> None:
        """End the subscription at its source."""
        if self._reader is not None:
            await _cancel(self._reader)

    async def send(self, send: Send, *, is_head: bool = False) -> None:
        """Write events until the subscription, the client or the caller's rights end."""
        headers = [*self._headers, (b"content-type", MEDIA.encode())]
        headers.append((b"x-accel-buffering", b"no"))  # else some proxies would collect events
        try:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            if not is_head:
                await self._serve(send)
            with suppress(TimeoutError):
                async with asyncio.timeout(_CLOSE_SECONDS):  # who reads nothing takes no end
                    await send({"type": "http.response.body", "body": b""})
        finally:
            await self.aclose()

    async def _serve(self, send: Send) -> None:
        assert self._reader is not None
        writer = asyncio.create_task(self._write_events(send))
        gone = asyncio.create_task(self._wait_until_gone())
        rights = asyncio.create_task(self._wait_for_loss())
        ends = {writer, gone, rights}
        try:
            while not any(task.done() for task in ends):
                # The reader ends by itself only when the client is too slow.
                waited = ends if self._reader.done() else {*ends, self._reader}
                await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
                if self._reader.done() and self._reader.exception() is not None:
                    return
            if writer.done():
                writer.result()
            if rights.done() and not writer.done() and not gone.done():
                await _cancel(writer)
                await self._end_with(rights.result(), send)
        finally:
            await _cancel(*ends)

    # -- the reader ----------------------------------------------------------------------------

    async def _read(self) -> None:
        """Raises _TooSlow."""
        try:
            async with aclosing(self._answers) as answers:
                async for answer in answers:
                    await self._put(answer)
                    if not answer.executed:
                        return
        except _TooSlow:
            raise
        except Exception as error:  # the boundary of a subscription
            await self._put(as_trellis_error(error))
            return
        await self._put(None)

    async def _put(self, item: Answer | TrellisError | None) -> None:
        try:
            async with asyncio.timeout(self._limits.slow_seconds):
                await self._queue.put(item)
        except TimeoutError:
            raise _TooSlow from None

    # -- what ends it --------------------------------------------------------------------------

    async def _wait_until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _wait_for_loss(self) -> TrellisError:
        """The caller's rights are looked at also when nothing happens."""
        while True:
            wait = self._limits.recheck_seconds if self._rights.can_end else 3600.0
            expires_at = self._rights.expires_at
            if expires_at is not None:
                wait = min(wait, max(0.0, expires_at - time.time()))
            await asyncio.sleep(wait)
            if expires_at is not None and time.time() >= expires_at:
                return TokenExpired()
            if error := await self._lost():
                return error

    async def _lost(self) -> TrellisError | None:
        try:
            await self._rights.check()
        except Exception as error:  # without this boundary nobody would look again
            return as_trellis_error(error)
        return None

    # -- the writer ----------------------------------------------------------------------------

    async def _write_events(self, send: Send) -> None:
        await _send(send, _RETRY)
        while True:
            item = await self._next(send)
            if item is None:
                await _send(send, _COMPLETE)
                return
            error = item if isinstance(item, TrellisError) else await self._lost()
            if error is not None:
                await self._end_with(error, send)
                return
            assert isinstance(item, Answer)
            if text := self._write(item):
                await _send(send, text)
            if not item.executed:
                return

    async def _next(self, send: Send) -> Answer | TrellisError | None:
        if self._first:
            return self._first.pop(0)
        while True:
            try:
                async with asyncio.timeout(self._pace.heartbeat_seconds):
                    return await self._queue.get()
            except TimeoutError:
                await _send(send, _HEARTBEAT)

    async def _end_with(self, error: TrellisError, send: Send) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await _send(send, self._write_error(error))


def event(name: str, data: bytes, id: object = None) -> bytes:
    """One event as it goes over the wire; ``data`` is a line. An id that would break the line is
    left out."""
    known = b""
    if id is not None and not any(character in str(id) for character in "\r\n\0"):
        known = f"id: {id}\n".encode()
    return b"%bevent: %b\ndata: %b\n\n" % (known, name.encode(), data)


def _is_failure(item: Answer | TrellisError | None) -> bool:
    """Whether an event is nothing but an error."""
    return (
        isinstance(item, Answer)
        and item.executed
        and bool(item.errors)
        and not any(value is not None for value in (item.data or {}).values())
    )


async def _send(send: Send, text: bytes) -> None:
    await send({"type": "http.response.body", "body": text, "more_body": True})


async def _cancel(*tasks: asyncio.Task[object]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
