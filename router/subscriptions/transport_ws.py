"""graphql-transport-ws: queries, mutations and subscriptions over one WebSocket.

connected ── connection_init ──> acknowledged ── subscribe ──> operation ── next*, complete
    │ 4408 no init in time           │ 4401 before the acknowledgement   │ error
    │ 4403 token refused             │ 4429 second connection_init       │ complete (client)
    └ 4406 other subprotocol         └ 4409 id in use                    └ 4403 rights ended
any state: 4400 message that the protocol does not know, 1013 client too slow or too often refused
"""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import aclosing
from typing import Any

from starlette.types import Receive, Scope, Send

from trellis.router.answer import Answer
from trellis.router.delivery.rights import Rights
from trellis.router.delivery.socket import Close, SocketConnection, close_of, refuse
from trellis.router.identity.credentials import NO_CREDENTIALS, Credentials
from trellis.router.operation.request import ALL_KINDS, GraphQLRequest, read_request
from trellis.router.web.csrf import is_allowed_origin
from trellis.router.web.errors import as_trellis_error, graphql_error_body
from trellis.router.web.identity import credentials_of
from trellis.router.web.json_text import dump_json
from trellis.router.web.request_context import NO_HEADERS
from trellis.router.web.request_id import request_id_of
from trellis.router.web.services import Services
from trellis.schema.errors import BadRequest, Forbidden, TrellisError

SUBPROTOCOL = "graphql-transport-ws"
_CREDENTIALS = {"authorization": "authorization", "x-api-key": "api_key"}
_NO_ROOM = {
    "message": "Too many operations run on this connection; complete one first.",
    "extensions": {"code": "TOO_MANY_OPERATIONS"},
}


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


class _Connection(SocketConnection):
    def __init__(self, services: Services, scope: Scope, receive: Receive, send: Send) -> None:
        rights = Rights(services.authenticate, NO_CREDENTIALS)
        super().__init__(services, scope, receive, send, rights)
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._headers: Mapping[str, str] = NO_HEADERS
        self._is_initialised = False
        self._is_acknowledged = False

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        timer = loop.call_later(self._limits.init_seconds, self._init_is_overdue)
        try:
            await super().run()
        finally:
            timer.cancel()

    def _forget_operations(self) -> None:
        self._operations.clear()

    def _init_is_overdue(self) -> None:
        if not self._is_initialised:
            self._end_with(Close(4408, "Connection initialisation timeout"))

    # -- messages of the client ---------------------------------------------------------------

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
                refuse("unknown type")

    async def _initialise(self, payload: dict[str, Any] | None) -> None:
        if self._is_initialised:
            raise Close(4429, "Too many initialisation requests")
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
            raise close_of(await self._counted(error)) from None
        self._watch_rights()
        self._is_acknowledged = True
        await self._put(b'{"type":"connection_ack"}')

    async def _subscribe(self, id: str, payload: Any) -> None:
        if not self._is_acknowledged:
            raise Close(4401, "Unauthorized")
        if id in self._operations:
            raise Close(4409, f"Subscriber for {id} already exists")
        try:
            request = read_request(payload, kinds=ALL_KINDS)
        except BadRequest as error:
            refuse(error.message)
        if len(self._operations) >= self._limits.operations:
            await self._put(_error(id, [_NO_ROOM]))
            return
        self._operations[id] = self._start(self._run(id, request))

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
        except Close as close:
            self._end_with(close)
        except Exception as error:  # the boundary of an operation: the others go on
            body = graphql_error_body(as_trellis_error(error), request_id_of(self._scope))
            await self._finish(id, _error(id, body["errors"]))

    async def _finish(self, id: str, message: bytes) -> None:
        if self._operations.get(id) is not asyncio.current_task():
            return  # the client has completed it, and the id may be another operation's
        # Free before the client learns of the end: it may use the id again at once.
        del self._operations[id]
        await self._put(message)


def _id(message: dict[str, Any]) -> str:
    id = message.get("id")
    if not isinstance(id, str) or not id:
        refuse("'id' must be a non-empty string")
    return id


def _optional_object(message: dict[str, Any]) -> dict[str, Any] | None:
    payload = message.get("payload")
    if payload is not None and not isinstance(payload, dict):
        refuse("'payload' must be an object")
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
                refuse(f"'{name}' must be a string")
            found.setdefault(kind, value)
    if len(found) > 1:
        refuse("give either 'authorization' or 'x-api-key'")
    if not any(found.values()):
        return None
    return Credentials(found.get("authorization"), found.get("api_key"))


def _next(id: str, answer: Answer) -> bytes:
    return b'{"id":%b,"type":"next","payload":%b}' % (dump_json(id), answer.to_bytes())


def _error(id: str, errors: Any) -> bytes:
    return dump_json({"id": id, "type": "error", "payload": list(errors)})
