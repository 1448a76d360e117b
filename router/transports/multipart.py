"""Writes subgraph requests with files: the client's side of GraphQL multipart requests.

https://github.com/jaydenseric/graphql-multipart-request-spec; ``router/web/graphql_uploads.py``
reads them.
"""

import secrets
from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import orjson

from trellis.router.transports.base import SubgraphRequest
from trellis.router.transports.graphql_over_http import encode_request
from trellis.schema.uploads import UploadedFile


def has_files(request: SubgraphRequest) -> bool:
    """Whether files of the client's request are among the variables of this one."""
    uploads = request.context.uploads
    return bool(uploads) and any(_places(request.variables, uploads, "variables"))


class MultipartRequest:
    """The body of a request with its files, which are read from disk while it is sent."""

    def __init__(self, request: SubgraphRequest) -> None:
        uploads = request.context.uploads
        found: dict[str, list[str]] = {}
        for path, reference in _places(request.variables, uploads, "variables"):
            found.setdefault(reference, []).append(path)
        self._files = [uploads[reference] for reference in found]
        boundary = secrets.token_hex(16)
        emptied = replace(request, variables=_without(request.variables, uploads))
        places = {str(index): paths for index, paths in enumerate(found.values())}
        self._head = _text(boundary, "operations", encode_request(emptied)) + _text(
            boundary, "map", orjson.dumps(places)
        )
        self._heads = [
            _file_head(boundary, str(index), file) for index, file in enumerate(self._files)
        ]
        self._end = f"--{boundary}--\r\n".encode()
        self.headers: Mapping[str, str] = {
            "content-type": f"multipart/form-data; boundary={boundary}",
            "content-length": str(self._length()),
            "apollo-require-preflight": "true",  # other servers want one of such headers
        }

    async def chunks(self) -> AsyncGenerator[bytes]:
        yield self._head
        for head, file in zip(self._heads, self._files, strict=True):
            yield head
            async for chunk in file.chunks():
                yield chunk
            yield b"\r\n"
        yield self._end

    def _length(self) -> int:
        files = sum(len(head) for head in self._heads) + sum(f.size + 2 for f in self._files)
        return len(self._head) + files + len(self._end)


def _text(boundary: str, name: str, value: bytes) -> bytes:
    head = f'--{boundary}\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n'
    return head.encode() + value + b"\r\n"


def _file_head(boundary: str, name: str, file: UploadedFile) -> bytes:
    """Names are bytes in UTF-8 as browsers write them: quotes and line ends are percent-encoded."""
    filename = file.filename.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
    media = quote(file.media_type, safe="/+.-_") or "application/octet-stream"
    return (
        f"--{boundary}\r\n"
        f'content-disposition: form-data; name="{name}"; filename="{filename}"\r\n'
        f"content-type: {media}\r\n\r\n"
    ).encode("utf-8", "replace")


def _places(value: Any, uploads: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    """The paths of references and the references."""
    if isinstance(value, str):
        if value in uploads:
            yield path, value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _places(item, uploads, f"{path}.{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _places(item, uploads, f"{path}.{index}")


def _without(value: Any, uploads: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        return None if value in uploads else value
    if isinstance(value, Mapping):
        return {name: _without(item, uploads) for name, item in value.items()}
    if isinstance(value, list):
        return [_without(item, uploads) for item in value]
    return value
