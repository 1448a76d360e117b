"""A subgraph behind HTTP: one POST per operation through httpx."""

import ssl
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import httpx
import orjson

from router.errors import (
    SubgraphError,
    SubgraphInvalidResponse,
    SubgraphTimeout,
    SubgraphUnavailable,
)
from router.transports.base import SubgraphRequest, SubgraphResponse
from router.transports.read import read_body
from router.transports.websocket import WebSocketTransport

ACCEPT = "application/graphql-response+json, application/json;q=0.9"


class HttpTransport:
    """Follows the GraphQL-over-HTTP draft as its client. Failures are told apart by class and
    name the subgraph, never its address. Redirects are not followed: they would carry the
    caller's credentials to wherever the answer says.
    """

    def __init__(
        self,
        url: str,
        *,
        websocket_url: str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 5.0,
        response_bytes: int = 10_000_000,
        connections: int = 100,
        verify: ssl.SSLContext | bool = True,
        client: httpx.AsyncClient | None = None,
    ) -> None:
        self.url = url
        self.headers = {
            **(headers or {}),
            "accept": ACCEPT,
            "content-type": "application/json",
        }
        self.response_bytes = response_bytes
        self.client = client or httpx.AsyncClient(
            timeout=timeout,
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            verify=verify,
            follow_redirects=False,
            trust_env=False,
        )
        self.websocket = WebSocketTransport(websocket_url or _websocket_url(url))

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        """Raises SubgraphTimeout, SubgraphUnavailable or SubgraphInvalidResponse."""
        name = request.subgraph
        try:
            status, body = await self._post(request)
        except httpx.TimeoutException:
            raise SubgraphTimeout(name, "The subgraph did not answer in time.") from None
        except httpx.HTTPError:
            raise SubgraphUnavailable(name, "The subgraph cannot be reached.") from None
        return _read(name, status, body)

    async def _post(self, request: SubgraphRequest) -> tuple[int, bytes]:
        content = encode_request(request)
        headers = {**request.context.headers, **self.headers}
        async with self.client.stream(
            "POST", self.url, content=content, headers=headers
        ) as response:
            parts: list[bytes] = []
            size = 0
            async for part in response.aiter_bytes():
                size += len(part)
                if size > self.response_bytes:
                    raise SubgraphInvalidResponse(
                        request.subgraph,
                        f"The subgraph's answer has more than {self.response_bytes} bytes.",
                    )
                parts.append(part)
            return response.status_code, b"".join(parts)

    def subscribe(self, request: SubgraphRequest) -> AsyncGenerator[SubgraphResponse, None]:
        return self.websocket.subscribe(request)

    async def aclose(self) -> None:
        await self.client.aclose()
        await self.websocket.aclose()


def encode_request(request: SubgraphRequest) -> bytes:
    """The JSON body of a subgraph request."""
    payload: dict[str, Any] = {"query": request.query}
    if request.variables:
        payload["variables"] = request.variables
    if request.operation_name is not None:
        payload["operationName"] = request.operation_name
    return orjson.dumps(payload, default=str)


def _read(name: str, status: int, body: bytes) -> SubgraphResponse:
    try:
        response = read_body(name, body)
    except SubgraphInvalidResponse:
        # Without a GraphQL response the status is all there is; 2xx says that one was due.
        if status >= 500:
            raise SubgraphUnavailable(name, f"The subgraph answered HTTP {status}.") from None
        if not 200 <= status < 300:
            raise SubgraphInvalidResponse(name, f"The subgraph answered HTTP {status}.") from None
        raise
    if status >= 300 and response.data is not None:
        raise _refused(name, status)
    return response


def _refused(name: str, status: int) -> SubgraphError:
    if status >= 500:
        return SubgraphUnavailable(name, f"The subgraph answered HTTP {status}.")
    return SubgraphInvalidResponse(name, f"The subgraph answered HTTP {status}.")


def _websocket_url(url: str) -> str:
    return "ws" + url.removeprefix("http")
