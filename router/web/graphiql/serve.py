"""Serves the built page: compressed as it lies on disk, cached for good where names have hashes."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from starlette.types import Receive, Scope, Send

from trellis.router.web.graphiql.content import ExplorerContent
from trellis.router.web.page_files import (
    PLAIN,
    Headers,
    PageFile,
    file_answer,
    page_file,
    send_answer,
)

STATIC = Path(__file__).parent / "static"

# 'unsafe-inline' for styles only: the Monaco editor writes its colours into <style> elements.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; "
    "style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def _built_files(folder: Path) -> Iterator[tuple[str, PageFile]]:
    for path in sorted(folder.rglob("*.gz")):
        name = path.relative_to(folder).as_posix().removesuffix(".gz")
        yield name, _file(name, path.read_bytes())


def _file(name: str, packed: bytes) -> PageFile:
    is_immutable = name.startswith("assets/")
    return page_file(name, packed, policy=CONTENT_SECURITY_POLICY, is_immutable=is_immutable)


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
        await send_answer(scope, send, *self._answer(scope))

    def _answer(self, scope: Scope) -> tuple[int, Headers, bytes]:
        inside = scope["path"].removeprefix(scope.get("root_path", ""))
        file = self._files.get(inside.removeprefix("/"))
        if file is None:
            return 404, [*PLAIN], b"Not Found"
        if scope["method"] not in ("GET", "HEAD"):
            return 405, [(b"allow", b"GET, HEAD"), *PLAIN], b"Method Not Allowed"
        if inside == "":  # relative addresses in the page need the slash
            return 307, [(b"location", quote(scope["path"]).encode() + b"/")], b""
        return file_answer(file, dict(scope["headers"]))
