"""Contents of a subgraph in another process: how often it is called for them, and what becomes of
one that responds wrongly."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.routing import Router

from tests.router.transports.test_internal import TOKENS, Answer, impostor, says
from tests.support import boxes
from tests.support.serving import served
from trellis.router.content.door import content_routes
from trellis.router.content.sources import RemoteContents
from trellis.router.errors import SubgraphError, SubgraphInvalidResponse, SubgraphUnavailable
from trellis.router.transports.internal import InternalClient

FIRST = 65_536


@asynccontextmanager
async def contents(url: str) -> AsyncIterator[RemoteContents]:
    source = RemoteContents("boxes", InternalClient("boxes", url, TOKENS))
    try:
        yield source
    finally:
        await source.aclose()


@pytest.mark.parametrize(
    ("size", "requests"),
    [(0, 2), (1, 1), (FIRST, 1), (FIRST + 1, 2), (3 * FIRST, 2)],
)
async def test_a_small_content_is_one_request(size: int, requests: int):
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    boxes.kept["1"] = boxes.Kept("a ü.txt", "text/plain", data)
    seen: list[str] = []
    app = Router(content_routes(boxes.subgraph))

    async def counted(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["method"])
        await app(scope, receive, send)

    async with served(counted) as url, contents(f"{url}/graphql") as source:
        content = await source.open("1")
        found = b"".join([piece async for piece in content.read(0, size)])
        assert (content.size, content.filename, content.media_type) == (
            size,
            "a ü.txt",
            "text/plain",
        )
        assert content.etag == "tag-1"
        assert found == data
        assert len(seen) == requests
        for start, end in ((0, 1), (5, 9), (FIRST - 2, FIRST + 2), (FIRST + 7, FIRST + 9)):
            if end <= size:
                part = b"".join([piece async for piece in content.read(start, end)])
                assert part == data[start:end]


PARTIAL = "206 Partial Content"
WRONG: dict[str, tuple[Answer, type[SubgraphError]]] = {
    "no length": (says(PARTIAL, b"x"), SubgraphInvalidResponse),
    "an unknown length": (
        says(PARTIAL, b"x", "content-range: bytes 0-0/*"),
        SubgraphInvalidResponse,
    ),
    "a long length": (
        says(PARTIAL, b"x", f"content-range: bytes 0-0/{'9' * 5_000}"),
        SubgraphInvalidResponse,
    ),
    "too many bytes": (
        says(PARTIAL, bytes(FIRST + 1), "content-range: bytes 0-9/10"),
        SubgraphInvalidResponse,
    ),
    "an error": (says("500 Oops", b"x"), SubgraphUnavailable),
    "a redirect": (says("302 Found", b"x"), SubgraphInvalidResponse),
    "no end": (says(PARTIAL, b"x", "content-range: bytes 0-9/10", length=10), SubgraphUnavailable),
}


@pytest.mark.parametrize("what", WRONG)
async def test_what_is_no_content_is_an_error_of_the_subgraph(what: str):
    answer, kind = WRONG[what]
    async with impostor(answer) as server, contents(server.url) as source:
        with pytest.raises(kind):
            await source.open("1")
