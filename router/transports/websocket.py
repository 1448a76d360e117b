"""Subscriptions to a subgraph behind a WebSocket (the graphql-transport-ws protocol)."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI
from websockets.typing import Subprotocol

from trellis.router.errors import (
    SubgraphInvalidResponse,
    SubgraphStreamEnded,
    SubgraphTimeout,
    SubgraphUnavailable,
)
from trellis.router.exact_json import dumps
from trellis.router.transports.base import SubgraphRequest, SubgraphResponse
from trellis.router.transports.graphql_over_http import (
    Vouching,
    forwarded_headers,
    vouch_for_nothing,
)
from trellis.router.transports.invalid_text import without_invalid_text
from trellis.router.transports.read import read_json, read_response

PROTOCOL = Subprotocol("graphql-transport-ws")


class WebSocketTransport:
    """Opens one connection per subscription, so that closing it ends the subscription reliably.

    The forwarded headers of the client are sent both in the handshake and in the
    ``connection_init`` payload, because subgraphs read them from either place.
    """

    is_in_process = False

    def __init__(
        self,
        url: str,
        *,
        timeout: float = 10.0,
        frame_bytes: int = 1_000_000,
        vouch: Vouching = vouch_for_nothing,
    ) -> None:
        self.url = url
        self.vouch = vouch
        self.timeout = timeout
        self.frame_bytes = frame_bytes

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        """One query or mutation over a connection of its own."""
        stream = self.subscribe(request)
        try:
            async for response in stream:
                return response
        finally:
            await stream.aclose()
        raise SubgraphInvalidResponse(request.subgraph, "The subgraph sent no response.")

    async def subscribe(self, request: SubgraphRequest) -> AsyncGenerator[SubgraphResponse, None]:
        """Raises SubgraphUnavailable if the connection fails, SubgraphTimeout if it is not
        acknowledged in time, SubgraphStreamEnded if it ends after that, SubgraphInvalidResponse for
        invalid messages."""
        name = request.subgraph
        headers = {**forwarded_headers(request.context), **self.vouch(request.context)}
        unavailable = SubgraphUnavailable
        try:
            async with connect(
                self.url,
                subprotocols=[PROTOCOL],
                additional_headers=headers,
                max_size=self.frame_bytes,
                open_timeout=self.timeout,
                close_timeout=1,
                proxy=None,
            ) as connection:
                await self._begin(connection, request)
                unavailable = SubgraphStreamEnded
                while True:
                    message, is_whole = _message(name, await connection.recv())
                    kind = message.get("type")
                    if kind == "next" or kind == "error":
                        response = _response(name, message)
                        yield (
                            response if is_whole else without_invalid_text(response, request.query)
                        )
                    if kind == "error" or kind == "complete":
                        return
                    if kind == "ping":
                        await connection.send('{"type":"pong"}')
        except TimeoutError:
            raise SubgraphTimeout(name, "The subgraph did not respond in time.") from None
        except (OSError, InvalidHandshake, InvalidURI, ConnectionClosed):
            raise unavailable(name, "The connection to the subgraph ended.") from None

    async def _begin(self, connection: ClientConnection, request: SubgraphRequest) -> None:
        init: dict[str, Any] = {"type": "connection_init"}
        headers = request.context.headers
        if headers:
            init["payload"] = dict(headers)
        await connection.send(orjson.dumps(init).decode())
        async with asyncio.timeout(self.timeout):
            while True:
                message, _ = _message(request.subgraph, await connection.recv())
                kind = message.get("type")
                if kind == "connection_ack":
                    break
                if kind == "ping":
                    await connection.send('{"type":"pong"}')
        payload: dict[str, Any] = {"query": request.query, "variables": request.variables}
        if request.operation_name is not None:
            payload["operationName"] = request.operation_name
        start = {"id": "1", "type": "subscribe", "payload": payload}
        await connection.send(dumps(start).decode())

    async def aclose(self) -> None:
        return None


def _message(subgraph: str, text: str | bytes) -> tuple[dict[str, Any], bool]:
    """Parse a message. Returns it and whether all its strings are Unicode text."""
    try:
        message, is_whole = read_json(subgraph, text)
    except SubgraphInvalidResponse:
        message, is_whole = None, True
    if type(message) is not dict:
        raise SubgraphInvalidResponse(subgraph, "The subgraph sent an invalid WebSocket message.")
    return message, is_whole


def _response(subgraph: str, message: dict[str, Any]) -> SubgraphResponse:
    payload = message.get("payload")
    if message["type"] == "error":
        return SubgraphResponse(errors=_errors(payload))
    return read_response(subgraph, payload)


def _errors(payload: Any) -> list[dict[str, Any]]:
    errors = [e for e in payload if type(e) is dict] if type(payload) is list else []
    return errors or [{"message": "The subgraph refused the subscription."}]
