"""Files as a door hands them to resolvers, and multipart bodies as clients send them."""

import hashlib
import os
import tempfile
from collections.abc import Sequence
from typing import NamedTuple

from trellis.schema.uploads import TemporaryBytes, UploadedFile


def uploaded(
    data: bytes, filename: str = "notes.txt", media_type: str = "text/plain"
) -> UploadedFile:
    with tempfile.TemporaryFile(buffering=0) as file:
        content = TemporaryBytes(os.dup(file.fileno()))
        file.write(data)
    digest = hashlib.sha256(data).hexdigest()
    return UploadedFile(filename, media_type, len(data), digest, content)


SOME_FILE = "a file of the request"
"""The reference of the one file that requests of these tests carry: see ``some_upload``."""


def some_upload() -> dict[str, UploadedFile]:
    return {SOME_FILE: uploaded(b"Words that belong to nobody.")}


class Part(NamedTuple):
    """A part of a multipart body; a file where it has a ``filename``."""

    name: str
    data: bytes
    filename: str | None = None
    media_type: str | None = None


BOUNDARY = "----of-the-tests"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"


def multipart(parts: Sequence[Part]) -> bytes:
    """A body with the type ``MULTIPART``."""
    body = b""
    for part in parts:
        body += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{part.name}"'.encode()
        if part.filename is not None:
            body += f'; filename="{part.filename}"'.encode()
        if part.media_type is not None:
            body += f"\r\nContent-Type: {part.media_type}".encode()
        body += b"\r\n\r\n" + part.data + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()
