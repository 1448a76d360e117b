"""Serves ``openapi.json`` and, in development, the page that shows it.

Addresses are fixed, so the doors are found by path before any routing::

    /openapi.json       /docs/        what is served at the root
    /pm/openapi.json    /pm/docs/     one profile
"""

import gzip
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from trellis.router.cache import Cache
from trellis.router.rest.openapi.served import MERGED, OpenApiDocuments
from trellis.router.rest.profile import Headers as ProfileHeaders
from trellis.router.web.graphiql import SignIn
from trellis.router.web.identity import Authenticate, credentials_of
from trellis.router.web.json_text import dump_json
from trellis.router.web.page_files import (
    PageFile,
    page_file,
    refuse_other_methods,
    send_answer,
    send_file,
)

_KEPT_FILES = 16

PAGE = Path(__file__).parent / "page"

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def document_doors(
    documents: OpenApiDocuments, authenticate: Authenticate, *, is_permitted_view: bool
) -> dict[str, ASGIApp]:
    """The doors of the documents by path. In the permitted view, callers read of the routes that
    are open to them."""
    return {
        f"{_prefix(documents, name)}/openapi.json": _DocumentDoor(
            documents, name, authenticate if is_permitted_view else None
        )
        for name in documents.names
    }


def page_doors(
    documents: OpenApiDocuments, sign_in: SignIn | None, *, show_demo_account: bool = False
) -> dict[str, ASGIApp]:
    """The doors of the page's files by path. ``sign_in`` describes how the page gets a token; its
    demo account reaches the page only with ``show_demo_account``."""
    if sign_in is not None and not show_demo_account:
        sign_in = replace(sign_in, demo=None)
    files = {
        path.name: _file(path.name, path.read_bytes())
        for path in sorted(PAGE.iterdir())
        if path.is_file()
    }
    return dict(_page_doors(documents, files, sign_in))


def _page_doors(
    documents: OpenApiDocuments, files: Mapping[str, PageFile], sign_in: SignIn | None
) -> Iterator[tuple[str, ASGIApp]]:
    for name in documents.names:
        place = f"{_prefix(documents, name)}/docs"
        config = dump_json(_page_config(documents, name, sign_in))
        own = {**files, "config.json": _file("config.json", config), "": files["index.html"]}
        yield place, _MovedDoor(f"{place}/")
        for file_name, file in own.items():
            yield f"{place}/{file_name}", _FileDoor(file, _page_headers(documents, name))


def _page_config(documents: OpenApiDocuments, name: str, sign_in: SignIn | None) -> dict[str, Any]:
    """What the page must know beside the document; addresses relative to it."""
    up = "../" if name == MERGED else "../../"
    return {
        "endpoint": f"{up}graphql",
        "documents": [
            {
                "name": other or "all",
                "href": f"{up}{_prefix(documents, other)[1:]}/docs/".replace("//", "/"),
                "current": other == name,
            }
            for other in documents.names
        ],
        "signIn": sign_in
        and {
            "document": sign_in.document,
            "demo": sign_in.demo
            and {"email": sign_in.demo.email, "password": sign_in.demo.password},
        },
    }


def _prefix(documents: OpenApiDocuments, name: str) -> str:
    return "" if name == MERGED else documents.profiles[name].prefix


def _page_headers(documents: OpenApiDocuments, name: str) -> ProfileHeaders:
    return () if name == MERGED else documents.profiles[name].page_headers


def _file(name: str, content: bytes) -> PageFile:
    return page_file(name, gzip.compress(content, mtime=0), policy=CONTENT_SECURITY_POLICY)


class _DocumentDoor:
    """One document as JSON, packed once for all who may read the same of it."""

    def __init__(
        self, documents: OpenApiDocuments, name: str, authenticate: Authenticate | None
    ) -> None:
        self._documents = documents
        self._name = name
        self._authenticate = authenticate
        self._files: Cache[bytes, PageFile] = Cache(_KEPT_FILES, "openapi_files")

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        refuse_other_methods(scope)
        caller = await self._authenticate(credentials_of(scope)) if self._authenticate else None
        text = self._documents.text(self._name, caller=caller)
        file = self._files.find(text, lambda: _file("openapi.json", text))
        own = _page_headers(self._documents, self._name)
        await send_file(scope, send, file, own, is_of_caller=caller is not None)


class _FileDoor:
    def __init__(self, file: PageFile, own: ProfileHeaders) -> None:
        self._file = file
        self._own = own

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        refuse_other_methods(scope)
        await send_file(scope, send, self._file, self._own)


class _MovedDoor:
    """Relative addresses in the page need the slash."""

    def __init__(self, location: str) -> None:
        self._location = location.encode()

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        await send_answer(scope, send, 307, [(b"location", self._location)], b"")
