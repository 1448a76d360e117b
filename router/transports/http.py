"""A subgraph behind HTTP: one POST per operation over persistent connections."""

import asyncio
import errno
import ssl
from collections.abc import AsyncGenerator, Mapping
from functools import partial
from urllib.parse import unquote, urlsplit

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
from trellis.router.transports.http_connection import (
    ConnectionBroken,
    ConnectionPool,
    ResponseTooLarge,
)
from trellis.router.transports.httpx_client import HttpxTransport
from trellis.router.transports.multipart import has_files
from trellis.router.transports.websocket import WebSocketTransport

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_RESETS = frozenset({errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED})


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
        unix_path = unquote(parts.netloc) if is_unix else None
        is_tls = parts.scheme == "https"
        self._tls = _tls_context(verify) if is_tls else None
        self._pool = ConnectionPool(
            parts.hostname or "",
            parts.port or (443 if is_tls else 80),
            tls=self._tls,
            unix_path=unix_path,
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
        self._uploading: HttpxTransport | None = None
        self._make_uploading = partial(
            HttpxTransport,
            url if not is_unix else f"http://localhost{target}",
            headers=headers,
            response_bytes=response_bytes,
            vouch=vouch,
        )
        self._unix_path = unix_path
        self._websocket = WebSocketTransport(
            websocket_url or websocket_url_of(url), timeout=timeout, vouch=vouch
        )

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        """Raises SubgraphTimeout, SubgraphUnavailable or SubgraphInvalidResponse."""
        if has_files(request):
            return await self._send_files(request)
        name = request.subgraph
        may_repeat = request.kind != "mutation"
        try:
            answer = await self._pool.request(
                self._encode(request), self.timeout, may_repeat=may_repeat
            )
        except TimeoutError:
            raise SubgraphTimeout(name, "The subgraph did not respond in time.") from None
        except (OSError, ConnectionBroken) as problem:
            raise SubgraphUnavailable(
                name, "The subgraph cannot be reached.", is_reset=_is_reset(problem)
            ) from None
        except ResponseTooLarge:
            raise SubgraphInvalidResponse(
                name, f"The subgraph's response exceeds {self.response_bytes} bytes."
            ) from None
        return await read_http_response_aside(request, answer)

    def subscribe(self, request: SubgraphRequest) -> AsyncGenerator[SubgraphResponse, None]:
        return self._websocket.subscribe(request)

    async def aclose(self) -> None:
        self._pool.close()
        if self._uploading is not None:
            await self._uploading.aclose()
        await self._websocket.aclose()

    async def _send_files(self, request: SubgraphRequest) -> SubgraphResponse:
        """Files are rare and large, so the general client sends them."""
        if self._uploading is None:
            self._uploading = self._make_uploading(
                client=httpx.AsyncClient(
                    transport=httpx.AsyncHTTPTransport(
                        uds=self._unix_path, verify=self._tls or True
                    ),
                    timeout=None,
                    follow_redirects=False,
                    trust_env=False,
                )
            )
        try:
            async with asyncio.timeout(self.timeout):
                return await self._uploading.send(request)
        except TimeoutError:
            raise SubgraphTimeout(
                request.subgraph, "The subgraph did not respond in time."
            ) from None

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


def _is_reset(problem: OSError | ConnectionBroken) -> bool:
    if isinstance(problem, ConnectionBroken):
        return problem.is_reset
    return problem.errno in _RESETS


def _tls_context(verify: ssl.SSLContext | bool) -> ssl.SSLContext:
    if isinstance(verify, ssl.SSLContext):
        return verify
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
