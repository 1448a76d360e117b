"""Limits on requests: URL, headers, and the body as it is received and decompressed."""

import asyncio
import zlib

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trellis.router.config import Limits
from trellis.router.web.refusals import (
    BodyTimeout,
    HeadersTooLarge,
    UnsupportedMediaType,
    UrlTooLong,
)
from trellis.schema.errors import BadRequest, PayloadTooLarge

_GZIP = 16 + zlib.MAX_WBITS


class RequestLimits:
    """Refuses requests whose URL or headers are too large, on every route."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            check_head(scope, self._limits)
        await self._app(scope, receive, send)


def check_head(scope: Scope, limits: Limits) -> None:
    """Raises UrlTooLong and HeadersTooLarge."""
    if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > limits.url_bytes:
        raise UrlTooLong(f"The URL may have at most {limits.url_bytes} bytes.")
    headers = scope["headers"]
    if len(headers) > limits.headers:
        raise HeadersTooLarge(f"A request may have at most {limits.headers} headers.")
    if sum([len(name) + len(value) for name, value in headers]) > limits.header_bytes:
        raise HeadersTooLarge(f"Headers may have at most {limits.header_bytes} bytes.")


async def read_body(scope: Scope, receive: Receive, limits: Limits) -> bytes:
    """The body of the request, decompressed if it is gzip.

    Raises PayloadTooLarge as soon as the limit is exceeded (also for chunked and decompressed
    bodies), BodyTimeout if the client stops sending, UnsupportedMediaType for other content
    encodings, BadRequest if the client disconnects or the gzip data are invalid.
    """
    encoding = b""
    for name, value in scope["headers"]:
        if name == b"content-length":
            if not value.isdigit() or int(value) > limits.body_bytes:
                raise _too_large(limits)
        elif name == b"content-encoding":
            encoding = value.strip().lower()
    if encoding in (b"", b"identity"):
        return await _collect(receive, limits)
    if encoding in (b"gzip", b"x-gzip"):
        return _decompress(await _collect(receive, limits), limits)
    raise UnsupportedMediaType("Content-Encoding must be gzip or absent.")


async def _collect(receive: Receive, limits: Limits) -> bytes:
    message = await next_part(receive, limits)
    body: bytes = message.get("body", b"")
    if len(body) > limits.body_bytes:
        raise _too_large(limits)
    if not message.get("more_body", False):
        return body
    parts = bytearray(body)
    while message.get("more_body", False):
        message = await next_part(receive, limits)
        parts += message.get("body", b"")
        if len(parts) > limits.body_bytes:
            raise _too_large(limits)
    return bytes(parts)


async def next_part(receive: Receive, limits: Limits) -> Message:
    """The next message with a part of the body. Raises BodyTimeout and BadRequest."""
    try:
        async with asyncio.timeout(limits.body_idle_seconds):
            message = await receive()
    except TimeoutError:
        raise BodyTimeout("The request body did not arrive in time.") from None
    if message["type"] == "http.disconnect":
        raise BadRequest("The request ended before its body did.")
    return message


def _decompress(data: bytes, limits: Limits) -> bytes:
    decompressor = zlib.decompressobj(_GZIP)
    try:
        body = decompressor.decompress(data, limits.body_bytes + 1)
    except zlib.error:
        raise BadRequest("The body is not valid gzip.") from None
    if len(body) > limits.body_bytes:
        raise _too_large(limits)
    if not decompressor.eof or decompressor.unused_data:
        raise BadRequest("The body is not valid gzip.")
    return body


def _too_large(limits: Limits) -> PayloadTooLarge:
    return PayloadTooLarge(f"The request body may have at most {limits.body_bytes} bytes.")
