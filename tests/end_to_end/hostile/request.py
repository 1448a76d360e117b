"""Hostile requests as values: bytes, and the status that answers them."""

from dataclasses import dataclass

CRLF = b"\r\n"
TOKEN = b"authorization: Bearer {token}"


@dataclass(frozen=True)
class Hostile:
    """One request, on a connection of its own, and the status of its answer."""

    name: str
    data: bytes
    status: int


def ask(path: bytes, *headers: bytes, method: bytes = b"GET", body: bytes | None = None) -> bytes:
    lines = [b"%b %b HTTP/1.1" % (method, path), b"host: t", b"connection: close", *headers]
    if body is not None and not any(line.lower().startswith(b"transfer-") for line in headers):
        lines.append(b"content-length: %d" % len(body))
    return CRLF.join(lines) + CRLF + CRLF + (body or b"")
