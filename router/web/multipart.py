"""Reads multipart requests (RFC 7578): texts into memory, files to temporary files as they arrive.

Limits are checked while the body arrives: ``upload_bytes`` and ``upload_files``, ``body_bytes`` for
the texts together, ``parts``, and 8 headers of 4 KB for each part.
"""

import asyncio
import hashlib
import os
import tempfile
from dataclasses import dataclass, field
from typing import NamedTuple

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.types import Receive, Scope

from trellis.router.config import Limits
from trellis.router.web.body_limit import next_part
from trellis.router.web.media_type import media_type_of
from trellis.router.web.refusals import UnsupportedMediaType
from trellis.schema.errors import BadRequest, PayloadTooLarge
from trellis.schema.uploads import CHUNK, TemporaryBytes, UploadedFile

MULTIPART = "multipart/form-data"
_PART_OVERHEAD = 5_000  # its boundary and its headers


class TextPart(NamedTuple):
    name: str
    text: str


class FilePart(NamedTuple):
    """``reference`` stands for the file among variables. It names what the file is: the same
    request sent once more has the same references, so an idempotency key knows it again."""

    name: str
    reference: str
    file: UploadedFile


@dataclass(slots=True)
class Multipart:
    """The parts of a request in their order."""

    texts: list[TextPart] = field(default_factory=list)
    files: list[FilePart] = field(default_factory=list)


def is_multipart(content_type: str) -> bool:
    return media_type_of(content_type) == MULTIPART


async def read_multipart(scope: Scope, receive: Receive, limits: Limits) -> Multipart:
    """The parts of the body.

    Raises PayloadTooLarge as soon as a limit is exceeded, BodyTimeout if the client stops sending,
    UnsupportedMediaType for a compressed body, and BadRequest for what is no multipart body.
    """
    headers = dict(scope["headers"])
    if headers.get(b"content-encoding", b"identity").strip().lower() != b"identity":
        raise UnsupportedMediaType("A multipart body cannot have a Content-Encoding.")
    length = headers.get(b"content-length")
    most = limits.upload_bytes + limits.body_bytes + limits.parts * _PART_OVERHEAD
    if length is not None and (not length.isdigit() or int(length) > most):
        raise _too_large(limits)
    reader = _Reader(_boundary(headers.get(b"content-type", b"")), limits)
    received, more = 0, True
    while more:
        message = await next_part(receive, limits)
        body, more = message.get("body", b""), message.get("more_body", False)
        received += len(body)
        if received > most:
            raise _too_large(limits)
        await reader.write(body)
    await reader.end()
    return reader.found


def _boundary(content_type: bytes) -> bytes:
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if not 0 < len(boundary) <= 70:  # RFC 2046, section 5.1.1
        raise BadRequest("The Content-Type of a multipart body names its boundary.")
    return boundary


class _Reader:
    """Gets the parser's callbacks and writes what they leave to disk."""

    def __init__(self, boundary: bytes, limits: Limits) -> None:
        self.found = Multipart()
        self._limits = limits
        self._parts = 0
        self._text_bytes = self._file_bytes = 0
        self._header = (bytearray(), bytearray())
        self._headers: dict[bytes, bytes] = {}
        self._part: _Text | _File | None = None
        self._files: list[tuple[str, _File]] = []
        self._open: list[_File] = []
        self._has_ended = False
        callbacks = {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_headers,
            "on_part_data": self._take,
            "on_part_end": self._end_part,
            "on_end": self._end,
        }
        self._parser = MultipartParser(boundary, callbacks)  # type: ignore[arg-type]

    async def write(self, data: bytes) -> None:
        try:
            self._parser.write(data)
        except FormParserError:
            raise BadRequest("The body is no valid multipart body.") from None
        for file in self._open:
            if file.has_ended or len(file.waiting) >= CHUNK:
                await asyncio.to_thread(file.flush)
        self._open = [file for file in self._open if not file.has_ended]

    async def end(self) -> None:
        """Raises BadRequest when the body ended before its last part."""
        if not self._has_ended:
            raise BadRequest("The multipart body ended before its last part.")
        named = enumerate(self._files)
        self.found.files = [file.made(name, index) for index, (name, file) in named]

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > self._limits.parts:
            raise PayloadTooLarge(f"A request may have at most {self._limits.parts} parts.")
        self._headers = {}

    def _end_header(self) -> None:
        name, value = self._header
        self._headers[bytes(name).lower()] = bytes(value)
        self._header = (bytearray(), bytearray())

    def _end_headers(self) -> None:
        kind, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        name = options.get(b"name")
        if kind != b"form-data" or name is None:
            raise BadRequest("Each part needs `Content-Disposition: form-data; name=...`.")
        if b"filename" in options:
            self._part = self._new_file(_word(name), options[b"filename"])
        else:
            self._part = _Text(_word(name))

    def _new_file(self, name: str, filename: bytes) -> "_File":
        if len(self._files) >= self._limits.upload_files:
            most = self._limits.upload_files
            raise PayloadTooLarge(f"A request may have at most {most} files.")
        media = media_type_of(self._headers.get(b"content-type", b"").decode("latin-1"))
        file = _File(_word(filename), media)
        self._open.append(file)
        self._files.append((name, file))
        return file

    def _take(self, data: bytes, start: int, end: int) -> None:
        assert self._part is not None
        if isinstance(self._part, _File):
            self._file_bytes += end - start
            if self._file_bytes > self._limits.upload_bytes:
                raise _too_large(self._limits)
        else:
            self._text_bytes += end - start
            if self._text_bytes > self._limits.body_bytes:
                most = self._limits.body_bytes
                raise PayloadTooLarge(f"The texts may have at most {most} bytes.")
        self._part.waiting += data[start:end]

    def _end_part(self) -> None:
        part = self._part
        if isinstance(part, _File):
            part.has_ended = True
        elif part is not None:
            self.found.texts.append(part.made())
        self._part = None

    def _end(self) -> None:
        self._has_ended = True


class _Text:
    def __init__(self, name: str) -> None:
        self.waiting = bytearray()
        self._name = name

    def made(self) -> TextPart:
        try:
            return TextPart(self._name, self.waiting.decode("utf-8"))
        except UnicodeDecodeError:
            raise BadRequest(f"The part {self._name[:100]} is not UTF-8.") from None


class _File:
    """A part on its way to disk; ``waiting`` is what has arrived since the last ``flush``."""

    def __init__(self, filename: str, media: str) -> None:
        self.waiting = bytearray()
        self.has_ended = False
        self._filename, self._media = filename, media
        self._size, self._digest = 0, hashlib.sha256()
        with tempfile.TemporaryFile(buffering=0) as file:
            self._content = TemporaryBytes(os.dup(file.fileno()))

    def flush(self) -> None:
        """Write what is waiting; on another thread, for disks may be slow."""
        data, self.waiting = memoryview(self.waiting), bytearray()
        self._digest.update(data)
        self._size += len(data)
        while data:
            data = data[os.write(self._content.descriptor, data) :]

    def made(self, name: str, index: int) -> FilePart:
        digest = self._digest.hexdigest()
        labels = hashlib.sha256(f"{self._filename}\0{self._media}".encode()).hexdigest()
        file = UploadedFile(self._filename, self._media, self._size, digest, self._content)
        return FilePart(name, f"{index}.{digest}.{labels[:16]}", file)


def _word(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _too_large(limits: Limits) -> PayloadTooLarge:
    return PayloadTooLarge(f"The files may have at most {limits.upload_bytes} bytes together.")
