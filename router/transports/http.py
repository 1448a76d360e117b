"""A subgraph behind HTTP: one POST per operation over persistent connections."""

import ssl
from collections.abc import AsyncGenerator, Mapping
from urllib.parse import unquote, urlsplit

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
from trellis.router.transports.http_connection import (
    ConnectionBroken,
    ConnectionPool,
    ResponseTooLarge,
)
from trellis.router.transports.websocket import WebSocketTransport

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class HttpTransport:
    """A client that follows the GraphQL-over-HTTP draft. Errors name the subgraph, never its
    address. Redirects are not followed: they would send the caller's credentials to another host.

    ``url`` is ``http://``, ``https://``, or ``http+unix://`` with the percent-encoded path of the
    socket as its host.
    """

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
        vouch: Vouching = vouch_for_nothing,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https", "http+unix") or not parts.netloc:
            raise ValueError(f"not the URL of a subgraph: {url!r}")
        self.url = url
        self.timeout = timeout
        self.response_bytes = response_bytes
        is_unix = parts.scheme == "http+unix"
        is_tls = parts.scheme == "https"
        self._pool = ConnectionPool(
            parts.hostname or "",
            parts.port or (443 if is_tls else 80),
            tls=_tls_context(verify) if is_tls else None,
            unix_path=unquote(parts.netloc) if is_unix else None,
            size=connections,
            response_bytes=response_bytes,
        )
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        fixed = {"host": "localhost" if is_unix else parts.netloc.rpartition("@")[2]}
        if not is_unix and parts.hostname not in _LOOPBACK:
            fixed["accept-encoding"] = "gzip"  # on loopback, compression only costs time
        fixed |= {**(headers or {}), **REQUEST_HEADERS}
        self._fixed_names = frozenset(name.lower() for name in fixed)
        lines = [f"POST {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fixed.items())]
        self._head = "\r\n".join(lines).encode("latin-1")
        self._vouch = vouch
        self._websocket = WebSocketTransport(websocket_url or websocket_url_of(url), vouch=vouch)

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        """Raises SubgraphTimeout, SubgraphUnavailable or SubgraphInvalidResponse."""
        name = request.subgraph
        may_repeat = request.kind != "mutation"
        try:
            answer = await self._pool.request(
                self._encode(request), self.timeout, may_repeat=may_repeat
            )
        except TimeoutError:
            raise SubgraphTimeout(name, "The subgraph did not respond in time.") from None
        except (OSError, ConnectionBroken):
            raise SubgraphUnavailable(name, "The subgraph cannot be reached.") from None
        except ResponseTooLarge:
            raise SubgraphInvalidResponse(
                name, f"The subgraph's response exceeds {self.response_bytes} bytes."
            ) from None
        return await read_http_response_aside(
            request, answer.status, answer.content_type, answer.body
        )

    def subscribe(self, request: SubgraphRequest) -> AsyncGenerator[SubgraphResponse, None]:
        return self._websocket.subscribe(request)

    async def aclose(self) -> None:
        self._pool.close()
        await self._websocket.aclose()

    def _encode(self, request: SubgraphRequest) -> bytes:
        body = encode_request(request)
        forwarded = "".join(
            f"\r\n{name}: {value}"
            for name, value in forwarded_headers(request.context).items()
            if name.lower() not in self._fixed_names
        )
        for name, value in self._vouch(request.context).items():
            forwarded += f"\r\n{name}: {value}"
        length = f"\r\ncontent-length: {len(body)}\r\n\r\n"
        return b"".join((self._head, (forwarded + length).encode("latin-1"), body))


def _tls_context(verify: ssl.SSLContext | bool) -> ssl.SSLContext:
    if isinstance(verify, ssl.SSLContext):
        return verify
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
