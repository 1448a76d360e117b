"""A client for the ``/internal/...`` paths of a subgraph in another process."""

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import orjson

from trellis.router.errors import (
    SubgraphError,
    SubgraphInvalidResponse,
    SubgraphTimeout,
    SubgraphUnavailable,
)
from trellis.router.trust.service_tokens import SERVICE_TOKEN, ServiceTokens

_MAX_BYTES = 10_000_000
"""The largest response. It is the default of ``limits.response_bytes``, the limit for GraphQL."""
_DRAINED_BYTES = 65_536
"""How much of a body that is not needed is read, so that the connection can be used again. A new
connection costs less than reading more."""


ANSWER_SECONDS = 2.0
"""How long a subgraph usually may take for a whole response."""


@cache
def _tls() -> ssl.SSLContext:
    """One for all clients: it reads the certificates of all authorities, which takes 20 ms."""
    return httpx.create_ssl_context(trust_env=False)


@dataclass(frozen=True, slots=True)
class InternalResponse:
    """A response: ``value`` is the decoded JSON, None for 304 and 404."""

    status: int
    value: Any = None
    etag: str | None = None


class InternalClient:
    """Authenticates itself as the router with a service token. Redirects are not followed."""

    def __init__(
        self, subgraph: str, url: str, tokens: ServiceTokens, *, timeout: float = ANSWER_SECONDS
    ) -> None:
        """``url`` is the subgraph's GraphQL endpoint; the internal paths are on the same host."""
        self._subgraph = subgraph
        self._tokens = tokens
        self._timeout = timeout
        parts = urlsplit(url)
        is_unix = parts.scheme == "http+unix"
        self._base = "http://localhost" if is_unix else f"{parts.scheme}://{parts.netloc}"
        self._client = httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(uds=unquote(parts.netloc)) if is_unix else None,
            verify=_tls() if parts.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            timeout=None,
            follow_redirects=False,
            trust_env=False,
        )

    def url_of(self, path: str) -> str:
        """The URL of an internal path."""
        return f"{self._base}{path}"

    def stream(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        *,
        content: bytes | None = None,
        idle_seconds: float | None = None,
    ) -> AbstractAsyncContextManager[httpx.Response]:
        """A response whose body is still to be read. ``idle_seconds`` limits each wait for the
        subgraph; without it the caller limits the time. Raises the errors of httpx."""
        # An uncompressed response cannot exceed its size limit by decompression.
        own = {SERVICE_TOKEN: self._tokens.sign(self._subgraph), "accept-encoding": "identity"}
        return self._client.stream(
            method,
            self.url_of(path),
            headers={**headers, **own},
            content=content,
            timeout=idle_seconds,
        )

    async def get(self, path: str, *, etag: str | None = None) -> InternalResponse:
        """Raises SubgraphTimeout, SubgraphUnavailable or SubgraphInvalidResponse."""
        headers = {"if-none-match": etag} if etag is not None else {}
        return await self._ask("GET", path, headers)

    async def post(self, path: str, payload: Any) -> InternalResponse:
        """Raises as ``get`` does."""
        headers = {"content-type": "application/json"}
        return await self._ask("POST", path, headers, orjson.dumps(payload))

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _ask(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes | None = None
    ) -> InternalResponse:
        name = self._subgraph
        try:
            async with (
                asyncio.timeout(self._timeout),
                self.stream(method, path, headers, content=content) as response,
            ):
                return await _answer(name, response)
        except TimeoutError:
            raise SubgraphTimeout(name, "The subgraph did not respond in time.") from None
        except httpx.HTTPError:
            raise SubgraphUnavailable(name, "The subgraph cannot be reached.") from None


def unexpected_status(subgraph: str, status: int) -> SubgraphError:
    """The error for a status that is no answer."""
    kind = SubgraphUnavailable if status >= 500 else SubgraphInvalidResponse
    return kind(subgraph, f"The subgraph returned HTTP {status}.")


async def _drain(response: httpx.Response) -> None:
    """Read the rest of a response; httpx closes the connection of one that was not read."""
    size = 0
    async for part in response.aiter_raw():
        size += len(part)
        if size > _DRAINED_BYTES:
            return


async def _answer(subgraph: str, response: httpx.Response) -> InternalResponse:
    if response.status_code != 200:
        await _drain(response)
        if response.status_code in (304, 404):
            return InternalResponse(response.status_code)
        raise unexpected_status(subgraph, response.status_code)
    if response.headers.get("content-encoding", "identity") != "identity":
        raise SubgraphInvalidResponse(subgraph, "The subgraph compressed its response unrequested.")
    body = bytearray()
    async for part in response.aiter_raw():
        body += part
        if len(body) > _MAX_BYTES:
            raise SubgraphInvalidResponse(
                subgraph, f"The subgraph's response exceeds {_MAX_BYTES} bytes."
            )
    try:
        return InternalResponse(200, orjson.loads(bytes(body)), response.headers.get("etag"))
    except orjson.JSONDecodeError:
        raise SubgraphInvalidResponse(subgraph, "The subgraph's response is not JSON.") from None
