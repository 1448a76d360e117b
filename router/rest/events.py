"""A subscription as a stream of server-sent events.

https://html.spec.whatwg.org/multipage/server-sent-events.html

::

    retry: 3000                      once: the delay in ms after which clients reconnect
    id: c17                          the field with @eventId; clients send it as Last-Event-ID
    event: issueUpdated              the response key of the subscription
    data: {"key": "TREE-1"}          in the form of the dialect, in one line
    :                                a heartbeat
    event: error                     an error in the form of the dialect; refusals end the stream
    event: complete                  the subscription has ended
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from starlette.types import Message, Receive, Send

from trellis.router.answer import Answer
from trellis.router.config import StreamLimits
from trellis.router.delivery.ending import cancel_all, send_last
from trellis.router.delivery.queue import DeliveryQueue, TooSlow
from trellis.router.delivery.rights import Rights
from trellis.router.rest.response import Header
from trellis.router.web.errors import as_trellis_error
from trellis.schema.errors import TrellisError

MEDIA = "text/event-stream"
_RETRY = b"retry: 3000\n\n"
_HEARTBEAT = b":\n\n"
_COMPLETE = b"event: complete\ndata:\n\n"


WriteAnswer = Callable[[Answer], bytes]
WriteError = Callable[[TrellisError], bytes]


class _Item(NamedTuple):
    """An event of the subscription, None for its end, and its text, empty if clients do not get
    it."""

    event: Answer | TrellisError | None
    text: bytes

    @property
    def is_last(self) -> bool:
        return not isinstance(self.event, Answer) or not self.event.executed


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a stream waits for an error before it sends its headers, and the interval of
    heartbeats."""

    opening_seconds: float = 1.0
    heartbeat_seconds: float = 15.0


PACE = Pace()


class EventStream:
    """The stream of one client, used like a response. Reader and writer are tasks with a queue in
    between, which limits the memory of a client: one that does not read is disconnected."""

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
        self._queue: DeliveryQueue[_Item] = DeliveryQueue(limits, weigh=lambda item: len(item.text))
        self._first: list[_Item] = []
        self._reader: asyncio.Task[None] | None = None

    async def open(self) -> Answer | TrellisError | None:
        """Start the subscription. Returns the error if it fails, otherwise None, as soon as there
        is an event or after a while without one."""
        self._reader = asyncio.create_task(self._read())
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pace.opening_seconds):
                    while not self._first or _is_failure(self._first[-1].event):
                        self._first.append(await self._queue.get())
        except BaseException:
            await self.aclose()
            raise
        first = [item.event for item in self._first]
        failed = first[0] if first else None
        if isinstance(failed, Answer) and failed.executed:  # an error only if nothing follows it
            failed = failed if first[1:] == [None] else None
        if failed is not None:
            await self.aclose()
        return failed

    async def aclose(self) -> None:
        """End the subscription in the subgraph."""
        if self._reader is not None:
            await cancel_all(self._reader)
        self._queue.clear()

    async def send(self, send: Send, *, is_head: bool = False) -> None:
        """Send events until the subscription ends, the client leaves or its rights are lost."""
        headers = [*self._headers, (b"content-type", MEDIA.encode())]
        headers.append((b"x-accel-buffering", b"no"))  # some proxies would buffer events otherwise
        try:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            if not is_head:
                await self._serve(send)
            await send_last(send, {"type": "http.response.body", "body": b""})
        finally:
            await self.aclose()

    async def _serve(self, send: Send) -> None:
        assert self._reader is not None
        writer = asyncio.create_task(self._write_events(send))
        gone = asyncio.create_task(self._wait_until_gone())
        recheck_seconds = self._limits.recheck_seconds
        rights = asyncio.create_task(self._rights.wait_until_lost(recheck_seconds))
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
                await cancel_all(writer)
                await self._end_with(rights.result(), send)
        finally:
            await cancel_all(*ends)

    # -- the reader ----------------------------------------------------------------------------

    async def _read(self) -> None:
        """Raises TooSlow."""
        try:
            async with aclosing(self._answers) as answers:
                async for answer in answers:
                    item = _Item(answer, self._write(answer))
                    await self._queue.put(item)
                    if item.is_last:
                        return
        except TooSlow:
            raise
        except Exception as error:  # the boundary of a subscription
            known = as_trellis_error(error)
            await self._queue.put(_Item(known, self._write_error(known)))
            return
        await self._queue.put(_Item(None, _COMPLETE))

    # -- what ends it --------------------------------------------------------------------------

    async def _wait_until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    # -- the writer ----------------------------------------------------------------------------

    async def _write_events(self, send: Send) -> None:
        await _send(send, _RETRY)
        while True:
            item = await self._next(send)
            if isinstance(item.event, TrellisError):
                await send_last(send, _body(item.text))
                return
            if item.event is not None and (error := await self._rights.lost()):
                await self._end_with(error, send)
                return
            if item.text:
                await _send(send, item.text)
            if item.is_last:
                return

    async def _next(self, send: Send) -> _Item:
        if self._first:
            return self._first.pop(0)
        beat = partial(_send, send, _HEARTBEAT)
        return await self._queue.get_beating(self._pace.heartbeat_seconds, beat)

    async def _end_with(self, error: TrellisError, send: Send) -> None:
        await send_last(send, _body(self._write_error(error)))


def event(name: str, data: bytes, id: object = None) -> bytes:
    """The text of one event. ``data`` is one line. An id that contains line breaks is omitted."""
    known = b""
    if id is not None and not any(character in str(id) for character in "\r\n\0"):
        known = f"id: {id}\n".encode()
    return b"%bevent: %b\ndata: %b\n\n" % (known, name.encode(), data)


def _is_failure(item: Answer | TrellisError | None) -> bool:
    """Whether an event has errors and no data."""
    return (
        isinstance(item, Answer)
        and item.executed
        and bool(item.errors)
        and not any(value is not None for value in (item.data or {}).values())
    )


async def _send(send: Send, text: bytes) -> None:
    await send(_body(text))


def _body(text: bytes) -> Message:
    return {"type": "http.response.body", "body": text, "more_body": True}
