"""Files of built-in pages: compressed, with an entity tag and a content security policy."""

import gzip
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.types import Scope, Send

from trellis.router.web.entity_tags import is_known
from trellis.router.web.refusals import MethodNotAllowed

Headers = list[tuple[bytes, bytes]]

_METHODS = "GET, HEAD"
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
    """A file compressed with gzip, with its entity tag and response headers."""

    packed: bytes
    etag: bytes
    headers: tuple[tuple[bytes, bytes], ...]


def page_file(name: str, packed: bytes, *, policy: str, is_immutable: bool = False) -> PageFile:
    """The file ``name``; its suffix determines its type. ``policy`` is the content security policy.
    An immutable file has a hash in its name, so browsers never need to request it again."""
    caching = "public, max-age=31536000, immutable" if is_immutable else "no-cache"
    # Weak, because it is the same for the compressed and the plain form (RFC 9110, section 8.8.1).
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
    """Status, headers and body of the response to a request with these headers."""
    if is_known(request.get(b"if-none-match"), file.etag):
        return 304, [pair for pair in file.headers if pair[0] != b"content-type"], b""
    if _takes_gzip(request.get(b"accept-encoding", b"")):
        return 200, [*file.headers, (b"content-encoding", b"gzip")], file.packed
    return 200, [*file.headers], gzip.decompress(file.packed)


def with_own(headers: Headers, own: Sequence[tuple[bytes, bytes]]) -> Headers:
    """``headers`` with ``own``, which replace headers of the same names."""
    names = {name for name, _ in own}
    return [*(pair for pair in headers if pair[0] not in names), *own]


def refuse_other_methods(scope: Scope) -> None:
    """Raises MethodNotAllowed for methods other than those of files."""
    if scope["method"] not in ("GET", "HEAD"):
        raise MethodNotAllowed(_METHODS)


async def send_file(
    scope: Scope,
    send: Send,
    file: PageFile,
    own: Sequence[tuple[bytes, bytes]] = (),
    *,
    is_of_caller: bool = False,
) -> None:
    """Send the response to a request for ``file``, with headers of its ``own``. One that
    ``is_of_caller`` is another file for other callers, so only their browsers may keep it."""
    status, headers, body = file_answer(file, dict(scope["headers"]))
    headers = with_own(headers, own)
    if is_of_caller:
        headers = with_own(headers, [(b"cache-control", b"private, no-cache")])
        headers.append((b"vary", b"authorization, x-api-key"))
    await send_answer(scope, send, status, headers, body)


async def send_answer(scope: Scope, send: Send, status: int, headers: Headers, body: bytes) -> None:
    """Send a response, without the body for HEAD."""
    if status != 304:
        headers = [*headers, (b"content-length", str(len(body)).encode())]
    if scope["method"] == "HEAD":
        body = b""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _takes_gzip(accept_encoding: bytes) -> bool:
    """Whether ``gzip``, or else ``*``, has a weight above zero (RFC 9110, section 12.5.3)."""
    weights: dict[str, float] = {}
    for part in accept_encoding.decode("latin-1").lower().split(","):
        name, _, weight = part.partition(";")
        value = weight.strip().removeprefix("q=").strip() or "1"
        try:
            weights[name.strip()] = float(value)
        except ValueError:
            weights[name.strip()] = 0.0
    return weights.get("gzip", weights.get("*", 0.0)) > 0
