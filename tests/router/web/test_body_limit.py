"""Bounds on requests: at the bound everything passes, one byte beyond it nothing does."""

import asyncio
import gzip
import zlib
from collections.abc import Sequence
from typing import Any

import pytest

from trellis.router.config import Limits
from trellis.router.web.body_limit import RequestLimits, read_body
from trellis.router.web.refusals import (
    BodyTimeout,
    HeadersTooLarge,
    UnsupportedMediaType,
    UrlTooLong,
)
from trellis.schema.errors import BadRequest, PayloadTooLarge

LIMITS = Limits(url_bytes=20, headers=3, header_bytes=30, body_bytes=100, body_idle_seconds=3600)


async def passes(**scope: Any) -> bool:
    """Whether a request gets through to the application."""
    reached: list[Any] = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        reached.append(scope)

    full = {"type": "http", "raw_path": b"/", "query_string": b"", "headers": [], **scope}
    await RequestLimits(app, LIMITS)(full, None, None)  # pyright: ignore[reportArgumentType]
    return reached == [full]


@pytest.mark.parametrize(
    ("within", "beyond", "error"),
    [
        ({"raw_path": b"/" * 20}, {"raw_path": b"/" * 21}, UrlTooLong),
        (
            {"raw_path": b"/" * 15, "query_string": b"q" * 5},
            {"query_string": b"q" * 20},
            UrlTooLong,
        ),
        ({"raw_path": None, "query_string": b"q" * 20}, {"query_string": b"q" * 21}, UrlTooLong),
        ({"headers": [(b"a", b"1")] * 3}, {"headers": [(b"a", b"1")] * 4}, HeadersTooLarge),
        (
            {"headers": [(b"name", b"v" * 16), (b"name", b"v" * 6)]},
            {"headers": [(b"name", b"v" * 16), (b"name", b"v" * 7)]},
            HeadersTooLarge,
        ),
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
async def test_urls_and_headers_may_be_as_large_as_their_limits(
    within: dict[str, Any], beyond: dict[str, Any], error: type[Exception], kind: str
):
    assert await passes(type=kind, **within)
    with pytest.raises(error):
        await passes(type=kind, **beyond)


async def test_the_lifespan_is_not_limited():
    assert await passes(type="lifespan", raw_path=b"/" * 50)


async def body_of(parts: Sequence[bytes], **headers: str) -> bytes:
    """What is read of a body that comes in these parts."""
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    messages[-1]["more_body"] = False

    async def receive() -> Any:
        return messages.pop(0)

    names = [(n.replace("_", "-").encode(), v.encode()) for n, v in headers.items()]
    return await read_body({"headers": names}, receive, LIMITS)


@pytest.mark.parametrize("sizes", [(100,), (0,), (40, 60), (1, 0, 99), (99, 1, 0)])
async def test_a_body_may_be_as_large_as_its_limit(sizes: tuple[int, ...]):
    parts = [b"x" * size for size in sizes]
    assert await body_of(parts) == b"".join(parts)
    assert await body_of(parts, content_length="100") == b"".join(parts)
    for beyond in ([*parts, b"x" * (101 - sum(sizes))], [b"x" * 101]):
        with pytest.raises(PayloadTooLarge):
            await body_of(beyond)


@pytest.mark.parametrize("length", ["101", "1000000", "-1", "+5", "1e2", "", "0x10", " 5"])
async def test_an_invalid_or_too_large_content_length_is_refused_before_the_body_is_read(
    length: str,
):
    with pytest.raises(PayloadTooLarge):
        await body_of([b"x"], content_length=length)


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", " GZIP "])
async def test_a_decompressed_body_may_be_as_large_as_its_limit(encoding: str):
    assert await body_of([gzip.compress(b"x" * 100)], content_encoding=encoding) == b"x" * 100
    for packed in (gzip.compress(b"x" * 101), gzip.compress(b"x" * 10_000_000)[:100]):
        with pytest.raises(PayloadTooLarge):
            await body_of([packed], content_encoding=encoding)


@pytest.mark.parametrize(
    "broken",
    [
        gzip.compress(b"x")[:-1],
        gzip.compress(b"x") + b"y",
        gzip.compress(b"x") + gzip.compress(b"y"),
        zlib.compress(b"x"),
        b"plain",
        b"",
    ],
    ids=["cut", "followed", "followed by another", "deflate", "plain", "empty"],
)
async def test_invalid_gzip_is_refused(broken: bytes):
    with pytest.raises(BadRequest, match="not valid gzip"):
        await body_of([broken], content_encoding="gzip")


async def test_other_encodings_are_refused():
    assert await body_of([b"x"], content_encoding="identity") == b"x"
    for encoding in ("br", "deflate", "gzip, gzip"):
        with pytest.raises(UnsupportedMediaType):
            await body_of([b"x"], content_encoding=encoding)


async def test_a_client_that_disconnects_or_stops_sending_is_refused():
    async def leaves() -> Any:
        return {"type": "http.disconnect"}

    with pytest.raises(BadRequest, match="ended before its body"):
        await read_body({"headers": []}, leaves, LIMITS)

    async def is_silent() -> Any:
        await asyncio.Event().wait()

    impatient = LIMITS.model_copy(update={"body_idle_seconds": 0.01})
    with pytest.raises(BodyTimeout):
        await read_body({"headers": []}, is_silent, impatient)
