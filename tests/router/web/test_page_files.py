"""A packed file as clients get it: whole, packed, unchanged, or its headers only."""

import gzip
from typing import Any

import pytest

from trellis.router.web.page_files import file_answer, page_file, send_answer

PACKED = gzip.compress(b"<svg/>", mtime=0)
FILE = page_file("a.svg", PACKED, policy="default-src 'none'")
HEADERS = [
    (b"content-type", b"image/svg+xml"),
    (b"cache-control", b"no-cache"),
    (b"etag", FILE.etag),
    (b"vary", b"accept-encoding"),
    (b"content-security-policy", b"default-src 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]


def test_a_file_is_served_with_its_headers_plain_or_compressed():
    assert file_answer(FILE, {}) == (200, HEADERS, b"<svg/>")
    packed = [*HEADERS, (b"content-encoding", b"gzip")]
    assert file_answer(FILE, {b"accept-encoding": b"gzip"}) == (200, packed, PACKED)


@pytest.mark.parametrize("known", [FILE.etag, b"*", b'"x", ' + FILE.etag])
def test_a_file_that_the_client_has_is_not_sent_again(known: bytes):
    status, headers, body = file_answer(FILE, {b"if-none-match": known})
    assert (status, body) == (304, b"")
    assert headers == HEADERS[1:]


def test_only_files_with_a_hash_in_their_names_are_immutable():
    hashed = page_file("a-1.svg", PACKED, policy="", is_immutable=True)
    caching = [dict(file.headers)[b"cache-control"] for file in (FILE, hashed)]
    assert caching == [b"no-cache", b"public, max-age=31536000, immutable"]


@pytest.mark.parametrize(
    ("method", "status", "headers", "body"),
    [
        ("GET", 200, [(b"content-length", b"6")], b"<svg/>"),
        ("HEAD", 200, [(b"content-length", b"6")], b""),
        ("GET", 304, [], b"<svg/>"),
    ],
)
async def test_a_response_has_its_length_and_no_body_for_head(
    method: str, status: int, headers: list[Any], body: bytes
):
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await send_answer({"method": method}, send, status, [], b"<svg/>")

    assert sent == [
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": body},
    ]
