"""Serves the built page: compressed as it lies on disk, cached for good where names have hashes."""

import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from starlette.types import Receive, Scope, Send

from router.web.graphiql.content import ExplorerContent

Headers = list[tuple[bytes, bytes]]

STATIC = Path(__file__).parent / "static"

# 'unsafe-inline' for styles only: the Monaco editor writes its colours into <style> elements.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; "
    "style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

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
class _File:
    packed: bytes
    etag: bytes
    headers: tuple[tuple[bytes, bytes], ...]


def _file(name: str, packed: bytes) -> _File:
    hashed = name.startswith("assets/")
    caching = "public, max-age=31536000, immutable" if hashed else "no-cache"
    # Weak, because the packed and the plain form share it (RFC 9110, section 8.8.1).
    etag = f'W/"{hashlib.sha256(packed).hexdigest()[:32]}"'.encode()
    headers = (
        (b"content-type", _TYPES[Path(name).suffix].encode()),
        (b"cache-control", caching.encode()),
        (b"etag", etag),
        (b"vary", b"accept-encoding"),
        (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
    )
    return _File(packed, etag, headers)


def _built_files(folder: Path) -> Iterator[tuple[str, _File]]:
    for path in sorted(folder.rglob("*.gz")):
        name = path.relative_to(folder).as_posix().removesuffix(".gz")
        yield name, _file(name, path.read_bytes())


class GraphiQL:
    """An ASGI application for any mount path, with or without a trailing slash.

    ``endpoint`` is where the graph answers, relative to the page. ``content`` gives the starting
    operations; its demo account reaches the page only with ``show_demo_account``.
    """

    def __init__(
        self,
        content: ExplorerContent | None = None,
        *,
        endpoint: str = "graphql",
        show_demo_account: bool = False,
    ) -> None:
        config = (content or ExplorerContent()).as_config(
            endpoint, show_demo_account=show_demo_account
        )
        packed = gzip.compress(json.dumps(config).encode(), mtime=0)
        self._files = dict(_built_files(STATIC))
        self._files["config.json"] = _file("config.json", packed)
        self._files[""] = self._files["index.html"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000, "reason": ""})
            return
        status, headers, body = self._answer(scope)
        if status != 304:
            headers.append((b"content-length", str(len(body)).encode()))
        if scope["method"] == "HEAD":
            body = b""
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _answer(self, scope: Scope) -> tuple[int, Headers, bytes]:
        if scope["method"] not in ("GET", "HEAD"):
            return 405, [(b"allow", b"GET, HEAD"), *_PLAIN], b"Method Not Allowed"
        inside = scope["path"].removeprefix(scope.get("root_path", ""))
        if inside == "":  # relative addresses in the page need the slash
            return 307, [(b"location", quote(scope["path"]).encode() + b"/")], b""
        file = self._files.get(inside.removeprefix("/"))
        if file is None:
            return 404, [*_PLAIN], b"Not Found"
        return _answer_file(file, dict(scope["headers"]))


_PLAIN: Headers = [(b"content-type", b"text/plain; charset=utf-8")]


def _answer_file(file: _File, request: dict[bytes, bytes]) -> tuple[int, Headers, bytes]:
    if _matches(request.get(b"if-none-match", b""), file.etag):
        return 304, [pair for pair in file.headers if pair[0] != b"content-type"], b""
    if _takes_gzip(request.get(b"accept-encoding", b"")):
        return 200, [*file.headers, (b"content-encoding", b"gzip")], file.packed
    return 200, [*file.headers], gzip.decompress(file.packed)


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
