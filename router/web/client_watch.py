"""Cancels the work on a request if its client disconnects or its time is up."""

import asyncio
from types import TracebackType
from typing import Self

from starlette.types import Receive

from trellis.router.web.refusals import RequestTimeout

# Most responses are faster than this, and do not need a task that waits for a disconnect.
_LISTEN_AFTER_SECONDS = 0.05


class ClientGone(Exception):
    """The client closed the connection, so there is nobody to respond to."""


class ClientWatch:
    """``async with ClientWatch(receive, seconds)``: cancels the block if the client disconnects or
    the time is up, and raises ClientGone or RequestTimeout.

    The body of the request must have been read. For a fast request this costs only a timer.
    """

    def __init__(self, receive: Receive, seconds: float) -> None:
        self._receive = receive
        self._seconds = seconds
        self._listener: asyncio.Task[None] | None = None
        self._reason: type[ClientGone | RequestTimeout] | None = None

    async def __aenter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None
        self._owner = task
        self._loop = asyncio.get_running_loop()
        wait = min(_LISTEN_AFTER_SECONDS, self._seconds)
        self._timer = self._loop.call_later(wait, self._start_listening)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        if self._listener is not None:
            self._listener.cancel()
            self._listener = None  # its exception will refer to this object
        if self._reason is None or self._owner.uncancel() > 0 or kind is None:
            return
        if self._reason is RequestTimeout:
            raise RequestTimeout("The request took too long and was stopped.") from None
        raise ClientGone from None

    def _start_listening(self) -> None:
        left = self._seconds - _LISTEN_AFTER_SECONDS
        if left <= 0:
            self._stop(RequestTimeout)
            return
        self._timer = self._loop.call_later(left, self._stop, RequestTimeout)
        self._listener = self._loop.create_task(self._listen())

    async def _listen(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._stop(ClientGone)

    def _stop(self, reason: type[ClientGone | RequestTimeout]) -> None:
        if self._reason is None:
            self._reason = reason
            self._owner.cancel()
