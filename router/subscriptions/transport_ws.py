"""graphql-transport-ws: queries, mutations and subscriptions over one WebSocket.

connected ── connection_init ──> acknowledged ── subscribe ──> operation ── next*, complete
    │ 4408 no init in time           │ 4401 before the acknowledgement   │ error
    │ 4403 token refused             │ 4429 second connection_init       │ complete (client)
    └ 4406 other subprotocol         └ 4409 id in use                    └ 4403 rights ended
any state: 4400 message that the protocol does not know, 1013 client too slow or too often refused
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import aclosing
from typing import Any, NoReturn

from starlette.types import Receive, Scope, Send

from trellis.router.answer import Answer
from trellis.router.delivery.ending import cancel_all, send_last
from trellis.router.delivery.queue import DeliveryQueue, TooSlow
from trellis.router.delivery.rights import Rights
from trellis.router.identity.credentials import NO_CREDENTIALS, Credentials
from trellis.router.operation.request import ALL_KINDS, GraphQLRequest, read_request
from trellis.router.web.csrf import is_allowed_origin
from trellis.router.web.errors import InternalError, as_trellis_error, graphql_error_body
from trellis.router.web.identity import credentials_of
from trellis.router.web.json_text import dump_json, load_json
from trellis.router.web.request_context import NO_HEADERS
from trellis.router.web.request_id import request_id_of
from trellis.router.web.services import Services
from trellis.schema.errors import BadRequest, Forbidden, TrellisError, Unauthenticated
from trellis.schema.tokens import TokenExpired

SUBPROTOCOL = "graphql-transport-ws"
_JSON_DEPTH = 64
_CREDENTIALS = {"authorization": "authorization", "x-api-key": "api_key"}
_NO_ROOM = {
    "message": "Too many operations run on this connection; complete one first.",
    "extensions": {"code": "TOO_MANY_OPERATIONS"},
}


class _Close(Exception):
    """Ends the connection with a close code; the reason is for the people at the client."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:123].decode(errors="ignore")


class TransportWs:
    """The WebSocket door. Every operation gets a fresh context, so nothing loaded for one is seen
    by another; a client costs at most its queue."""

    def __init__(self, services: Services, *, allowed_origins: Iterable[str] = ()) -> None:
        self._services = services
        self._allowed_origins = tuple(allowed_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert (await receive())["type"] == "websocket.connect"
        if not is_allowed_origin(scope, self._allowed_origins):
            raise Forbidden("WebSocket connections of this origin are not allowed.")
        if SUBPROTOCOL not in scope["subprotocols"]:
            await send({"type": "websocket.accept"})
            reason = f"Subprotocol not acceptable: use {SUBPROTOCOL}"
            await send({"type": "websocket.close", "code": 4406, "reason": reason})
            return
        await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
        await _Connection(self._services, scope, receive, send).run()


class _Connection:
    """One socket. Reader, writer and operations are tasks of their own; whichever finds a reason
    to end puts it in ``_end``, and ``run`` closes the socket and all of them."""

    def __init__(self, services: Services, scope: Scope, receive: Receive, send: Send) -> None:
        self._services = services
        self._limits = services.streams
        self._scope = scope
        self._receive = receive
        self._send = send
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()  # also those stopped and not yet ended
        self._outgoing: DeliveryQueue[bytes] = DeliveryQueue(self._limits, weigh=len)
        self._end: asyncio.Future[_Close] = asyncio.get_running_loop().create_future()
        self._timers: list[asyncio.TimerHandle] = []
        self._rights = Rights(services.authenticate, NO_CREDENTIALS)
        self._headers: Mapping[str, str] = NO_HEADERS
        self._is_initialised = False
        self._is_acknowledged = False

    async def run(self) -> None:
        self._after(self._limits.init_seconds, self._init_is_overdue)
        reader = asyncio.create_task(self._read())
        writer = asyncio.create_task(self._write())
        try:
            await asyncio.wait((reader, writer, self._end), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for timer in self._timers:
                timer.cancel()
            await cancel_all(reader, writer, *self._tasks)
            # Else the tasks, what they were cancelled with and the messages in their hands would
            # refer to one another, and wait for the collector.
            self._operations.clear()
            self._outgoing.clear()
        if self._end.done():
            end = self._end.result()
            message = {"type": "websocket.close", "code": end.code, "reason": end.reason}
            await send_last(self._send, message)

    def _end_with(self, code: int, reason: str) -> None:
        if not self._end.done():
            self._end.set_result(_Close(code, reason))

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        self._timers.append(asyncio.get_running_loop().call_later(seconds, act))

    def _init_is_overdue(self) -> None:
        if not self._is_initialised:
            self._end_with(4408, "Connection initialisation timeout")

    async def _watch_rights(self) -> None:
        """A caller who signs out is gone within seconds, even when nothing happens."""
        close = _closing(await self._rights.wait_until_lost(self._limits.recheck_seconds))
        self._end_with(close.code, close.reason)

    # -- messages of the client ---------------------------------------------------------------

    async def _read(self) -> None:
        try:
            while True:
                event = await self._receive()
                if event["type"] == "websocket.disconnect":
                    return
                await self._handle(_parse(event))
        except _Close as close:
            self._end_with(close.code, close.reason)
        except Exception as error:  # the boundary of a socket: it must not stay half alive
            as_trellis_error(error)
            self._end_with(1011, "Internal error")

    async def _handle(self, message: dict[str, Any]) -> None:
        match message.get("type"):
            case "connection_init":
                await self._initialise(_optional_object(message))
            case "subscribe":
                await self._subscribe(_id(message), message.get("payload"))
            case "complete":
                self._stop(_id(message))
            case "ping":
                payload = _optional_object(message)
                pong = {"type": "pong"} if payload is None else {"type": "pong", "payload": payload}
                await self._put(dump_json(pong))
            case "pong":
                _optional_object(message)
            case _:
                _refuse("unknown type")

    async def _initialise(self, payload: dict[str, Any] | None) -> None:
        if self._is_initialised:
            raise _Close(4429, "Too many initialisation requests")
        self._is_initialised = True
        try:
            credentials = credentials_of(self._scope)
            payload = payload or {}
            nested = payload.get("headers")
            self._headers = self._services.make_context.allowed_of(
                {**(nested if isinstance(nested, dict) else {}), **payload}
            )
            if credentials.vouched is None:
                credentials = _credentials(payload) or credentials
            self._rights = Rights(self._services.authenticate, credentials)
            await self._rights.begin()
        except TrellisError as error:
            raise _closing(await self._counted(error)) from None
        if self._rights.can_end:
            self._start(self._watch_rights())
        self._is_acknowledged = True
        await self._put(b'{"type":"connection_ack"}')

    async def _counted(self, error: TrellisError) -> TrellisError:
        """A token that is no good is a try at this door as at any other."""
        if error.http_status >= 500:
            return error
        context = self._services.make_context(self._scope)
        return (await self._services.charge_once(error, context))[0]

    async def _subscribe(self, id: str, payload: Any) -> None:
        if not self._is_acknowledged:
            raise _Close(4401, "Unauthorized")
        if id in self._operations:
            raise _Close(4409, f"Subscriber for {id} already exists")
        try:
            request = read_request(payload, kinds=ALL_KINDS)
        except BadRequest as error:
            _refuse(error.message)
        if len(self._operations) >= self._limits.operations:
            await self._put(_error(id, [_NO_ROOM]))
            return
        self._operations[id] = self._start(self._run(id, request))

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _stop(self, id: str) -> None:
        task = self._operations.pop(id, None)
        if task is not None:
            task.cancel()

    # -- operations ---------------------------------------------------------------------------

    async def _run(self, id: str, request: GraphQLRequest) -> None:
        try:
            rights = self._rights
            authorization = rights.credentials.authorization
            context = self._services.make_context(
                self._scope, rights.identity, authorization, later_headers=self._headers
            )
            async with aclosing(self._services.graph.stream(request, context)) as answers:
                async for answer in answers:
                    if not answer.executed:
                        await self._finish(id, _error(id, answer.errors))
                        return
                    await self._check_rights()
                    await self._put(_next(id, answer))
            await self._finish(id, dump_json({"id": id, "type": "complete"}))
        except _Close as close:
            self._end_with(close.code, close.reason)
        except Exception as error:  # the boundary of an operation: the others go on
            body = graphql_error_body(as_trellis_error(error), request_id_of(self._scope))
            await self._finish(id, _error(id, body["errors"]))

    async def _check_rights(self) -> None:
        """Rights lost since the last event end the connection before this one is sent."""
        try:
            await self._rights.check()
        except TrellisError as error:
            raise _closing(error) from None

    async def _finish(self, id: str, message: bytes) -> None:
        if self._operations.get(id) is not asyncio.current_task():
            return  # the client has completed it, and the id may be another operation's
        # Free before the client learns of the end: it may use the id again at once.
        del self._operations[id]
        await self._put(message)

    # -- messages of the server ---------------------------------------------------------------

    async def _put(self, message: bytes) -> None:
        try:
            await self._outgoing.put(message)
        except TooSlow:
            raise _Close(1013, "Too slow: messages were not read in time") from None

    async def _write(self) -> None:
        try:
            while True:
                text = (await self._outgoing.get()).decode()
                await self._send({"type": "websocket.send", "text": text})
        except OSError:  # the client is gone; the reader learns it too
            return


def _refuse(what: str) -> NoReturn:
    raise _Close(4400, f"Invalid message: {what}")


def _closing(error: TrellisError) -> _Close:
    """4403 for callers who may not, 1011 for a fault of ours; where it cannot be found out who
    calls, the client may try again (1013)."""
    if isinstance(error, InternalError):
        return _Close(1011, "Internal error")
    if isinstance(error, TokenExpired):
        return _Close(4403, "Forbidden: the access token has expired")
    if isinstance(error, Unauthenticated | Forbidden):
        return _Close(4403, f"Forbidden: {error.message}")
    if isinstance(error, BadRequest):
        return _Close(4400, f"Invalid message: {error.message}")
    return _Close(1013, error.message)


def _parse(event: Any) -> dict[str, Any]:
    text = event.get("text")
    if text is None:
        _refuse("binary")
    try:
        message = load_json(text, max_depth=_JSON_DEPTH, what="it")
    except BadRequest as error:
        _refuse(error.message)
    if not isinstance(message, dict):
        _refuse("not a JSON object")
    return message


def _id(message: dict[str, Any]) -> str:
    id = message.get("id")
    if not isinstance(id, str) or not id:
        _refuse("'id' must be a non-empty string")
    return id


def _optional_object(message: dict[str, Any]) -> dict[str, Any] | None:
    payload = message.get("payload")
    if payload is not None and not isinstance(payload, dict):
        _refuse("'payload' must be an object")
    return payload


def _credentials(payload: dict[str, Any]) -> Credentials | None:
    """Browsers cannot set headers on a handshake, so clients send them as the init payload, with
    names spelt in any case and sometimes under ``headers``. None when there are none."""
    nested = payload.get("headers")
    found: dict[str, str] = {}
    for members in (payload, nested if isinstance(nested, dict) else {}):
        for name, value in members.items():
            kind = _CREDENTIALS.get(name.lower())
            if kind is None or value is None:
                continue
            if not isinstance(value, str):
                _refuse(f"'{name}' must be a string")
            found.setdefault(kind, value)
    if len(found) > 1:
        _refuse("give either 'authorization' or 'x-api-key'")
    if not any(found.values()):
        return None
    return Credentials(found.get("authorization"), found.get("api_key"))


def _next(id: str, answer: Answer) -> bytes:
    return b'{"id":%b,"type":"next","payload":%b}' % (dump_json(id), answer.to_bytes())


def _error(id: str, errors: Any) -> bytes:
    return dump_json({"id": id, "type": "error", "payload": list(errors)})
