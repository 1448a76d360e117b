"""Files that come with a request: the scalar ``Upload``, and what a resolver gets for its value.

A door writes each file to a temporary one on disk and puts a reference, a text, in its place among
the variables; ``RequestContext.uploads`` has the files by reference. A subgraph in another process
gets them by the GraphQL multipart request specification, and its own door does the same.
"""

import asyncio
import os
import weakref
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import NewType

import strawberry
from graphql import GraphQLError

from trellis.schema.errors import BadUserInput, FieldProblem

UPLOAD = "Upload"
CHUNK = 256 * 1024

Upload = NewType("Upload", str)
"""The reference to a file of the request."""


class TemporaryBytes:
    """Bytes in a file that has no name, so that nothing is left of it when nobody refers to it any
    more, or the process is killed."""

    def __init__(self, descriptor: int) -> None:
        """Owns ``descriptor``, the open file, from now on."""
        self.descriptor = descriptor
        self._finalizer = weakref.finalize(self, os.close, descriptor)

    def read(self, start: int, length: int) -> bytes:
        """The bytes from ``start``, fewer at the end. Readers do not disturb one another."""
        return os.pread(self.descriptor, length, start)


@dataclass(frozen=True, slots=True, eq=False)
class UploadedFile:
    """One file of a request. ``filename`` and ``media_type`` are what the client says: labels
    without meaning. ``sha256`` is the digest of the bytes in hexadecimal digits."""

    filename: str
    media_type: str
    size: int
    sha256: str
    content: TemporaryBytes

    async def chunks(self) -> AsyncGenerator[bytes]:
        """All bytes, in pieces; read from disk on other threads."""
        for start in range(0, self.size, CHUNK):
            yield await asyncio.to_thread(self.content.read, start, CHUNK)


def uploaded_file(uploads: Mapping[str, UploadedFile], reference: str, field: str) -> UploadedFile:
    """The file that a value of ``Upload`` stands for. Raises ``BadUserInput`` about ``field`` when
    no file of this request has that reference, as with a text that a client made up."""
    found = uploads.get(reference)
    if found is None:
        message = f"{field} must be a file in a multipart request."
        raise BadUserInput(message, [FieldProblem(field, "INVALID_FORMAT", message)])
    return found


def _read(value: object) -> Upload:
    if isinstance(value, str):
        return Upload(value)
    raise GraphQLError("Upload cannot represent this value: send a multipart request.")


UploadScalar = strawberry.scalar(
    name=UPLOAD,
    description="A file of a multipart request "
    "(https://github.com/jaydenseric/graphql-multipart-request-spec)",
    serialize=str,
    parse_value=_read,
)
