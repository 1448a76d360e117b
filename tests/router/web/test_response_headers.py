"""The headers that every answer carries unless it says otherwise."""

from typing import Any

import pytest

from trellis.router.web.response_headers import (
    ResponseHeaders,
    add_response_header,
)

SECURITY = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
]


async def headers_of(
    own: list[tuple[bytes, bytes]],
    *added: tuple[bytes, bytes],
    kind: str = "http",
    start: str = "http.response.start",
) -> list[tuple[bytes, bytes]] | None:
    sent: list[Any] = []

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        for name, value in added:
            add_response_header(scope, name, value)
        await send({"type": start, "headers": own})

    async def send(message: Any) -> None:
        sent.append(message)

    await ResponseHeaders(app)({"type": kind}, None, send)  # pyright: ignore[reportArgumentType]
    [message] = sent
    return message["headers"]


@pytest.mark.parametrize(
    ("kind", "start"),
    [("http", "http.response.start"), ("websocket", "websocket.http.response.start")],
)
async def test_a_response_has_the_security_headers(kind: str, start: str):
    assert await headers_of([], kind=kind, start=start) == SECURITY


async def test_a_header_of_the_response_is_kept():
    own = [(b"cache-control", b"no-cache"), (b"x-frame-options", b"SAMEORIGIN")]
    found = await headers_of(own)
    assert found == [*own, *(pair for pair in SECURITY if pair[0] not in dict(own))]


async def test_added_headers_are_appended_and_vary_is_combined():
    added = [(b"vary", b"Origin"), (b"retry-after", b"5")]
    found = await headers_of([(b"vary", b"accept")], *added)
    assert found == [(b"vary", b"accept"), *SECURITY, *added]


@pytest.mark.parametrize(
    ("kind", "start"),
    [("lifespan", "lifespan.startup.complete"), ("http", "http.response.body")],
)
async def test_other_messages_are_not_changed(kind: str, start: str):
    assert await headers_of([], (b"vary", b"Origin"), kind=kind, start=start) == []
