"""Files of the pages that we serve ourselves: packed once, tagged, with a strict content policy."""

import gzip
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.types import Scope, Send

Headers = list[tuple[bytes, bytes]]

PLAIN: Headers = [(b"content-type", b"text/plain; charset=utf-8")]

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True, slots=True)
class PageFile:
    """A gzip-packed file with its entity tag and the headers it is served with."""

    packed: bytes
    etag: bytes
    headers: tuple[tuple[bytes, bytes], ...]


def page_file(name: str, packed: bytes, *, policy: str, is_immutable: bool = False) -> PageFile:
    """The file ``name``, whose suffix tells its type. ``policy`` is the content security policy;
    an immutable file has a hash in its name and need never be asked for again."""
    caching = "public, max-age=31536000, immutable" if is_immutable else "no-cache"
    # Weak, because the packed and the plain form share it (RFC 9110, section 8.8.1).
    etag = f'W/"{hashlib.sha256(packed).hexdigest()[:32]}"'.encode()
    headers = (
        (b"content-type", _TYPES[Path(name).suffix].encode()),
        (b"cache-control", caching.encode()),
        (b"etag", etag),
        (b"vary", b"accept-encoding"),
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
    )
    return PageFile(packed, etag, headers)


def file_answer(file: PageFile, request: Mapping[bytes, bytes]) -> tuple[int, Headers, bytes]:
    """Status, headers and body for a request with these headers."""
    if _matches(request.get(b"if-none-match", b""), file.etag):
        return 304, [pair for pair in file.headers if pair[0] != b"content-type"], b""
    if _takes_gzip(request.get(b"accept-encoding", b"")):
        return 200, [*file.headers, (b"content-encoding", b"gzip")], file.packed
    return 200, [*file.headers], gzip.decompress(file.packed)


def with_own(headers: Headers, own: Sequence[tuple[bytes, bytes]]) -> Headers:
    """``own`` in place of headers of the same names, and besides the others."""
    names = {name for name, _ in own}
    return [*(pair for pair in headers if pair[0] not in names), *own]


async def send_answer(scope: Scope, send: Send, status: int, headers: Headers, body: bytes) -> None:
    """Send a whole answer; none of the body to a HEAD request."""
    if status != 304:
        headers = [*headers, (b"content-length", str(len(body)).encode())]
    if scope["method"] == "HEAD":
        body = b""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _matches(if_none_match: bytes, etag: bytes) -> bool:
    candidates = [candidate.strip() for candidate in if_none_match.split(b",")]
    return b"*" in candidates or etag in candidates


def _takes_gzip(accept_encoding: bytes) -> bool:
    """RFC 9110, section 12.5.3: ``gzip`` or ``*`` with a weight above zero; the name rules."""
    weights: dict[str, float] = {}
    for part in accept_encoding.decode("latin-1").lower().split(","):
        name, _, weight = part.partition(";")
        value = weight.strip().removeprefix("q=").strip() or "1"
        try:
            weights[name.strip()] = float(value)
        except ValueError:
            weights[name.strip()] = 0.0
    return weights.get("gzip", weights.get("*", 0.0)) > 0
