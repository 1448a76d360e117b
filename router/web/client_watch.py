"""Ends the work on a request when its client leaves or its time is up."""

import asyncio
from types import TracebackType
from typing import Self

from starlette.types import Receive

from router.web.refusals import RequestTimeout

# Most answers are faster than this, and for them nobody needs to listen.
_LISTEN_AFTER_SECONDS = 0.05


class ClientGone(Exception):
    """The client closed the connection: nobody wants the answer any more."""


class ClientWatch:
    """``async with ClientWatch(receive, seconds)``: cancels the block for one of two reasons.

    Raises ClientGone or RequestTimeout in its place. The request's body must have been read.
    """

    def __init__(self, receive: Receive, seconds: float) -> None:
        self._receive = receive
        self._timeout = asyncio.timeout(seconds)
        self._listener: asyncio.Task[None] | None = None
        self._is_gone = False

    async def __aenter__(self) -> Self:
        self._owner = asyncio.current_task()
        loop = asyncio.get_running_loop()
        self._start = loop.call_later(_LISTEN_AFTER_SECONDS, self._start_listening)
        await self._timeout.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._start.cancel()
        if self._listener is not None:
            self._listener.cancel()
        try:
            await self._timeout.__aexit__(kind, error, traceback)
        except TimeoutError:
            raise RequestTimeout("The request took too long and was stopped.") from None
        if self._is_gone and kind is asyncio.CancelledError:
            assert self._owner is not None
            if self._owner.uncancel() == 0:
                raise ClientGone from None

    def _start_listening(self) -> None:
        self._listener = asyncio.get_running_loop().create_task(self._listen())

    async def _listen(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._is_gone = True
        assert self._owner is not None
        self._owner.cancel()
