"""``/content/<subgraph>/<ticket>``: the bytes behind a link, for everyone who has the link."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from trellis.router.content.answer import ContentAnswer
from trellis.router.content.sources import (
    INTERNAL_CONTENT,
    NO_LINK,
    ContentSource,
    LocalContents,
)
from trellis.router.web.refusals import MethodNotAllowed
from trellis.schema.content import CONTENT_PATH, Content
from trellis.schema.errors import NotFound
from trellis.schema.subgraph import Subgraph

_TICKET = re.compile(r"[A-Za-z0-9_.-]{1,2048}")


class Contents:
    """The contents of all subgraphs."""

    def __init__(self, sources: Mapping[str, ContentSource]) -> None:
        self._sources = sources

    async def follow(self, link: str) -> Content:
        """What a link (``trellis.schema.content.content_link``) leads to, with or without a host.
        Raises NotFound and SubgraphError."""
        path = urlsplit(link).path
        found = path.rpartition(f"{CONTENT_PATH}/")[2].split("/") if CONTENT_PATH in path else []
        if len(found) != 2 or not _TICKET.fullmatch(found[1]):
            raise NotFound(NO_LINK)
        source = self._sources.get(found[0])
        if source is None:
            raise NotFound(NO_LINK)
        return await source.open(found[1])

    async def aclose(self) -> None:
        """Close the connections to other processes."""
        for source in self._sources.values():
            await source.aclose()


NO_CONTENTS = Contents({})


class ContentDoor:
    """Answers GET and HEAD below ``/content``."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            raise MethodNotAllowed("GET, HEAD")
        content = await self._contents.follow(scope["path"])
        answer = ContentAnswer(content, dict(scope["headers"]))
        await answer.send(send, is_head=scope["method"] == "HEAD")


def content_routes(subgraph: Subgraph) -> list[BaseRoute]:
    """``/internal/content/<ticket>`` of a subgraph in its own process, for routers; none where it
    stores nothing."""
    if subgraph.open_content is None:
        return []
    contents = Contents({subgraph.name: LocalContents(subgraph)})
    return [Route(f"{INTERNAL_CONTENT}/{{ticket}}", _InternalDoor(contents, subgraph.name))]


class _InternalDoor:
    """Answers as ``ContentDoor`` does, for tickets without the name of their subgraph."""

    def __init__(self, contents: Contents, subgraph: str) -> None:
        self._door = ContentDoor(contents)
        self._subgraph = subgraph

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = f"{CONTENT_PATH}/{self._subgraph}/{scope['path_params']['ticket']}"
        await self._door({**scope, "path": path}, receive, send)
