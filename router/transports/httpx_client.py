"""A subgraph behind HTTP with httpx as the client: for proxies, unusual TLS and other features."""

import ssl
from collections.abc import AsyncGenerator, Mapping

import httpx

from trellis.router.errors import SubgraphInvalidResponse, SubgraphTimeout, SubgraphUnavailable
from trellis.router.transports.base import SubgraphRequest, SubgraphResponse
from trellis.router.transports.graphql_over_http import (
    REQUEST_HEADERS,
    Vouching,
    encode_request,
    forwarded_headers,
    read_http_response_aside,
    vouch_for_nothing,
    websocket_url_of,
)
from trellis.router.transports.http_connection import HttpResponse
from trellis.router.transports.multipart import MultipartRequest, has_files
from trellis.router.transports.websocket import WebSocketTransport

_RESETS = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
"""The connection ended. RemoteProtocolError is also raised for a response that is not HTTP."""


class HttpxTransport:
    """Behaves like ``HttpTransport``, but takes twenty times the CPU time per call. ``client`` can
    be any configured httpx client."""

    is_in_process = False

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
        vouch: Vouching = vouch_for_nothing,
    ) -> None:
        self.vouch = vouch
        self.url = url
        self.headers = {**(headers or {}), **REQUEST_HEADERS}
        self.response_bytes = response_bytes
        self.client = client or httpx.AsyncClient(
            timeout=timeout,
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            verify=verify,
            follow_redirects=False,
            trust_env=False,
        )
        self.websocket = WebSocketTransport(websocket_url or websocket_url_of(url), vouch=vouch)

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        """Raises SubgraphTimeout, SubgraphUnavailable or SubgraphInvalidResponse."""
        name = request.subgraph
        try:
            response = await self._post(request)
        except httpx.TimeoutException:
            raise SubgraphTimeout(name, "The subgraph did not respond in time.") from None
        except httpx.HTTPError as problem:
            raise SubgraphUnavailable(
                name, "The subgraph cannot be reached.", is_reset=isinstance(problem, _RESETS)
            ) from None
        return await read_http_response_aside(request, response)

    async def _post(self, request: SubgraphRequest) -> HttpResponse:
        context = request.context
        headers = {**forwarded_headers(context), **self.headers, **self.vouch(context)}
        content: bytes | AsyncGenerator[bytes]
        if has_files(request):
            body = MultipartRequest(request)
            content, headers = body.chunks(), {**headers, **body.headers}
        else:
            content = encode_request(request)
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
                        f"The subgraph's response exceeds {self.response_bytes} bytes.",
                    )
                parts.append(part)
            return HttpResponse(
                response.status_code,
                response.headers.get("content-type", ""),
                b"".join(parts),
                response.headers.get("retry-after", ""),
            )

    def subscribe(self, request: SubgraphRequest) -> AsyncGenerator[SubgraphResponse, None]:
        return self.websocket.subscribe(request)

    async def aclose(self) -> None:
        await self.client.aclose()
        await self.websocket.aclose()
