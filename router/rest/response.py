"""An HTTP response as a value, and the headers of deprecated routes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cache
from typing import NamedTuple

from starlette.types import Send

from trellis.router.rest.profile import Profile
from trellis.router.rest.route import Deprecation

Header = tuple[bytes, bytes]


class Response(NamedTuple):
    """A response; ``content-length`` is added when it is sent."""

    status: int
    headers: Sequence[Header] = ()
    body: bytes = b""

    async def send(self, send: Send, *, is_head: bool = False) -> None:
        """Send it. For HEAD, the body is omitted and its length is kept."""
        headers = [*self.headers]
        if self.status not in (204, 304):
            headers.append((b"content-length", b"%d" % len(self.body)))
        start = {"type": "http.response.start", "status": self.status, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": b"" if is_head else self.body})


def failure_type(profile: Profile, media: str = "application/json") -> Header:
    """The content type of an error: that of the profile if it has one, otherwise ``media``."""
    own = profile.failure_media
    return b"content-type", (own or f"{media}; charset=utf-8").encode()


@cache
def deprecation_headers(deprecated: Deprecation, prefix: str) -> tuple[Header, ...]:
    """``Deprecation`` (RFC 9745), ``Sunset`` (RFC 8594) and a link to the successor."""
    headers = [(b"deprecation", b"@%d" % _midnight(deprecated.since).timestamp())]
    if deprecated.sunset is not None:
        sunset = format_datetime(_midnight(deprecated.sunset), usegmt=True)
        headers.append((b"sunset", sunset.encode()))
    if deprecated.successor is not None:
        link = f'<{prefix}{deprecated.successor}>; rel="successor-version"'
        headers.append((b"link", link.encode()))
    return tuple(headers)


def _midnight(date: str) -> datetime:
    return datetime.fromisoformat(date).replace(tzinfo=UTC)
