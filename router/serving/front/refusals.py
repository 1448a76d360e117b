"""What the server refuses before an application sees it, and the bytes of such an answer.

TrellisError (trellis.schema.errors)
├── HeadTimeout            REQUEST_HEAD_TIMEOUT      408
├── UpgradeRequired        UPGRADE_REQUIRED          426
└── TooManyConnections     TOO_MANY_CONNECTIONS      503
"""

from collections.abc import Sequence

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from trellis.router.web.errors import error_headers, graphql_error_body, status_of
from trellis.router.web.response_headers import SECURITY_HEADERS
from trellis.schema.errors import TrellisError

Header = tuple[bytes, bytes]


class HeadTimeout(TrellisError):
    code = "REQUEST_HEAD_TIMEOUT"
    http_status = 408


class UpgradeRequired(TrellisError):
    """RFC 6455, section 4.4: the response has the supported version."""

    code = "UPGRADE_REQUIRED"
    http_status = 426


class TooManyConnections(TrellisError):
    code = "TOO_MANY_CONNECTIONS"
    http_status = 503


_EXTRA: dict[type[TrellisError], tuple[Header, ...]] = {
    UpgradeRequired: ((b"upgrade", b"websocket"), (b"sec-websocket-version", b"13")),
}


def own_answer(
    error: TrellisError, request_id: str, headers: Sequence[Header] = (), *, is_head: bool = False
) -> bytes:
    """A whole HTTP/1.1 answer that ends the connection; ``headers`` are those of the server
    (``Date``), ``is_head`` leaves the body away."""
    body = orjson.dumps(graphql_error_body(error, request_id), default=str)
    lines = [
        *headers,
        *SECURITY_HEADERS,
        (b"x-request-id", request_id.encode()),
        *error_headers(error),
        *_EXTRA.get(type(error), ()),
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    ]
    head = STATUS_LINE[status_of(error)] + b"".join([b"%b: %b\r\n" % line for line in lines])
    return head + b"\r\n" + (b"" if is_head else body)
