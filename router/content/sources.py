"""Where contents come from: subgraphs of this process, and those of others by HTTP."""

import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from functools import partial
from typing import Protocol
from urllib.parse import unquote

import httpx

from trellis.router.config import Config
from trellis.router.errors import SubgraphInvalidResponse, SubgraphUnavailable
from trellis.router.loading.internal import sources_of
from trellis.router.loading.members import Member
from trellis.router.transports.internal import InternalClient, unexpected_status
from trellis.schema.content import CONTENT_PATH, Content
from trellis.schema.errors import NotFound
from trellis.schema.subgraph import Subgraph

NO_LINK = "The link is not valid, or no longer."

INTERNAL_CONTENT = f"/internal{CONTENT_PATH}"
_SECONDS = 15.0
"""How long a subgraph may take to answer, or to send its next bytes."""


_FIRST_BYTES = 65_536
"""How much of a content is read at once when it is opened: all of most texts and thumbnails."""
_FIRST_RANGE = f"bytes=0-{_FIRST_BYTES - 1}"
_LENGTH = re.compile(r"[0-9]{1,18}")


class ContentSource(Protocol):
    """The contents of one subgraph."""

    async def open(self, ticket: str) -> Content:
        """Raises NotFound for a ticket that is forged, has expired or leads to nothing (any more),
        and SubgraphError where the subgraph is away."""
        ...

    async def aclose(self) -> None: ...


class LocalContents:
    """Of a subgraph in this process."""

    def __init__(self, subgraph: Subgraph) -> None:
        assert subgraph.open_content is not None
        self._open = subgraph.open_content

    async def open(self, ticket: str) -> Content:
        return await self._open(ticket)

    async def aclose(self) -> None:
        return None


class RemoteContents:
    """Of a subgraph in another process, which answers as this router does: see
    ``router/content/door.py``."""

    def __init__(self, name: str, client: InternalClient) -> None:
        self._name = name
        self._client = client

    async def open(self, ticket: str) -> Content:
        """The first bytes come along with what a content is, so a small one is one request."""
        path = _path(ticket)
        response, first = await self._request("GET", path, {"range": _FIRST_RANGE})
        if response.status_code == 416:  # there is no range of an empty content
            response, first = await self._request("HEAD", path, {})
        if response.status_code in (404, 405):
            raise NotFound(NO_LINK)
        if response.status_code not in (200, 206):
            raise unexpected_status(self._name, response.status_code)
        headers = response.headers
        return Content(
            filename=_filename(headers.get("content-disposition", "")),
            media_type=headers.get("content-type", "application/octet-stream"),
            size=self._size_of(response),
            etag=headers.get("etag", '""').strip('"'),
            read=partial(self._read, path, first),
        )

    async def _request(
        self, method: str, path: str, headers: Mapping[str, str]
    ) -> tuple[httpx.Response, bytes]:
        """A response and its body, which may be as long as the first range."""
        body = bytearray()
        try:
            async with self._client.stream(
                method, path, headers, idle_seconds=_SECONDS
            ) as response:
                async for piece in response.aiter_raw():
                    body += piece
                    if len(body) > _FIRST_BYTES:
                        raise SubgraphInvalidResponse(self._name, "The subgraph sent other bytes.")
        except httpx.HTTPError:
            raise SubgraphUnavailable(self._name, "The subgraph cannot be reached.") from None
        return response, bytes(body)

    def _size_of(self, response: httpx.Response) -> int:
        """The size of the whole content (RFC 9110, section 14.4)."""
        if response.status_code == 206:
            _, _, length = response.headers.get("content-range", "").rpartition("/")
        else:
            length = response.headers.get("content-length", "")
        if not _LENGTH.fullmatch(length):
            raise SubgraphInvalidResponse(self._name, "The subgraph sent no valid length.")
        return int(length)

    async def _read(self, path: str, first: bytes, start: int, end: int) -> AsyncGenerator[bytes]:
        if start < len(first):
            yield first[start:end]
            start = len(first)
        if start >= end:
            return
        headers = {"range": f"bytes={start}-{end - 1}"}
        try:
            async with self._client.stream("GET", path, headers, idle_seconds=_SECONDS) as response:
                if response.status_code != 206:
                    raise SubgraphUnavailable(self._name, "The subgraph has no such bytes.")
                async for piece in response.aiter_raw():
                    yield piece
        except httpx.HTTPError:
            raise SubgraphUnavailable(self._name, "The subgraph cannot be reached.") from None

    async def aclose(self) -> None:
        await self._client.aclose()


def _path(ticket: str) -> str:
    return f"{INTERNAL_CONTENT}/{ticket}"


def _filename(disposition: str) -> str:
    """The name in what ``trellis.router.content.answer`` of the other process wrote."""
    _, is_encoded, encoded = disposition.partition("filename*=UTF-8''")
    if is_encoded:
        return unquote(encoded)
    return disposition.partition('filename="')[2].partition('"')[0] or "file"


def content_sources(members: Sequence[Member], config: Config) -> dict[str, ContentSource]:
    """The sources by the names of their subgraphs; see ``sources_of``."""

    def local(subgraph: Subgraph) -> ContentSource | None:
        return None if subgraph.open_content is None else LocalContents(subgraph)

    return sources_of(members, config, local=local, remote=RemoteContents)
