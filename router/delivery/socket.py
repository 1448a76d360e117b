"""One WebSocket, whatever its protocol: reader, writer, rights and an orderly end."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from typing import Any, NoReturn

from starlette.types import Receive, Scope, Send

from trellis.router.delivery.ending import cancel_all, send_last
from trellis.router.delivery.queue import DeliveryQueue, TooSlow
from trellis.router.delivery.rights import Rights
from trellis.router.web.errors import InternalError, as_trellis_error
from trellis.router.web.json_text import load_json
from trellis.router.web.services import Services
from trellis.schema.errors import BadRequest, Forbidden, TrellisError, Unauthenticated
from trellis.schema.tokens import TokenExpired

_JSON_DEPTH = 64


class Close(Exception):
    """Ends the connection with a close code; the reason is for the people at the client."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:123].decode(errors="ignore")


class SocketConnection(ABC):
    """One accepted socket. Reader, writer and operations are tasks of their own; whichever finds a
    reason to end puts it in ``_end``, and ``run`` closes the socket and all of them."""

    def __init__(
        self, services: Services, scope: Scope, receive: Receive, send: Send, rights: Rights
    ) -> None:
        self._services = services
        self._limits = services.streams
        self._scope = scope
        self._receive = receive
        self._send = send
        self._rights = rights
        self._tasks: set[asyncio.Task[None]] = set()
        self._outgoing: DeliveryQueue[bytes] = DeliveryQueue(self._limits, weigh=len)
        self._end: asyncio.Future[Close] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Until the client leaves or a reason to end is found."""
        reader = asyncio.create_task(self._read())
        writer = asyncio.create_task(self._write())
        try:
            await asyncio.wait((reader, writer, self._end), return_when=asyncio.FIRST_COMPLETED)
        finally:
            await cancel_all(reader, writer, *self._tasks)
            # Else the tasks, what they were cancelled with and the messages in their hands would
            # refer to one another, and wait for the collector.
            self._forget_operations()
            self._outgoing.clear()
        if self._end.done():
            end = self._end.result()
            message = {"type": "websocket.close", "code": end.code, "reason": end.reason}
            await send_last(self._send, message)

    @abstractmethod
    async def _handle(self, message: dict[str, Any]) -> None:
        """Handle a message of the client. Raises Close."""

    @abstractmethod
    def _forget_operations(self) -> None:
        """Drop the references to operations, all of which have ended."""

    def _end_with(self, close: Close) -> None:
        if not self._end.done():
            self._end.set_result(close)

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """A task that ends with the connection."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._settle)
        return task

    def _settle(self, task: asyncio.Task[None]) -> None:
        """A fault of ours ends the connection, whatever the task did: rights that nobody rechecks
        would last."""
        self._tasks.discard(task)
        failure = None if task.cancelled() else task.exception()
        if isinstance(failure, Close):
            self._end_with(failure)
        elif isinstance(failure, Exception):
            self._end_with(close_of(as_trellis_error(failure)))

    # -- rights -------------------------------------------------------------------------------

    def _watch_rights(self) -> None:
        """A caller who signs out is gone within seconds, even when nothing happens."""
        if self._rights.can_end:
            self._start(self._end_without_rights())

    async def _end_without_rights(self) -> None:
        self._end_with(close_of(await self._rights.wait_until_lost(self._limits.recheck_seconds)))

    async def _check_rights(self) -> None:
        """Rights lost since the last event end the connection before this one is sent."""
        try:
            await self._rights.check()
        except TrellisError as error:
            raise close_of(error) from None

    async def _counted(self, error: TrellisError, profile: str | None = None) -> TrellisError:
        """A try that is refused counts at this door as at any other, by the limits of the dialect
        ``profile``. Returns the error to answer with, another one at a limit."""
        if error.http_status >= 500:
            return error
        identity = self._rights.identity
        context = self._services.make_context(self._scope, identity, profile=profile)
        return (await self._services.charge_once(error, context))[0]

    # -- messages -----------------------------------------------------------------------------

    async def _read(self) -> None:
        try:
            while True:
                event = await self._receive()
                if event["type"] == "websocket.disconnect":
                    return
                await self._handle(self._parse(event))
        except Close as close:
            self._end_with(close)
        except Exception as error:  # the boundary of a socket: it must not stay half alive
            as_trellis_error(error)
            self._end_with(Close(1011, "Internal error"))

    def _parse(self, event: Any) -> dict[str, Any]:
        text = event.get("text")
        if text is None:
            refuse("binary")
        try:
            message = load_json(text, max_depth=_JSON_DEPTH, what="it")
        except BadRequest as error:
            refuse(error.message)
        if not isinstance(message, dict):
            refuse("not a JSON object")
        return message

    async def _put(self, message: bytes) -> None:
        try:
            await self._outgoing.put(message)
        except TooSlow:
            raise Close(1013, "Too slow: messages were not read in time") from None

    async def _write(self) -> None:
        try:
            while True:
                text = (await self._outgoing.get()).decode()
                await self._send({"type": "websocket.send", "text": text})
        except OSError:  # the client is gone; the reader learns it too
            return


def refuse(what: str) -> NoReturn:
    """End the connection for a message that its protocol does not know."""
    raise Close(4400, f"Invalid message: {what}")


def close_of(error: TrellisError) -> Close:
    """4403 for callers who may not, 1011 for a fault of ours; where it cannot be found out who
    calls, the client may try again (1013)."""
    if isinstance(error, InternalError):
        return Close(1011, "Internal error")
    if isinstance(error, TokenExpired):
        return Close(4403, "Forbidden: the access token has expired")
    if isinstance(error, Unauthenticated | Forbidden):
        return Close(4403, f"Forbidden: {error.message}")
    if isinstance(error, BadRequest):
        return Close(4400, f"Invalid message: {error.message}")
    return Close(1013, error.message)
