"""HTTP requests that a subgraph answers itself, for those who cannot send GraphQL: browsers that
are sent from elsewhere, and services that call back."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

WEB_PATH = "/web"
"""Below it, subgraphs have routes: ``/web/<subgraph>/<path>``."""


@dataclass(frozen=True, slots=True)
class WebRequest:
    """A request below ``/web/<subgraph>/``, of which ``path`` is the rest.

    ``headers`` have lower case names, without those that authenticate API clients: only what the
    request carries for the subgraph itself identifies its sender. ``client_address`` is the
    client's, also behind a trusted proxy.
    """

    method: str
    path: str
    query_string: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    request_id: str = ""
    client_address: str | None = None

    @property
    def query(self) -> dict[str, str]:
        """The parameters; of several of one name the last."""
        return dict(parse_qsl(self.query_string, keep_blank_values=True))

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies by name (RFC 6265, section 5.4); of several of one name the first, which has
        the most specific path."""
        pairs = [part.strip().partition("=") for part in self.headers.get("cookie", "").split(";")]
        return {name: value for name, is_pair, value in reversed(pairs) if is_pair}


@dataclass(frozen=True, slots=True)
class WebResponse:
    """The response. It has the security headers of all responses and ``no-store``, unless it has
    others of the same names. One that ``is_refusal`` counts by the limits of refused requests, as
    every 4xx does: a browser that is sent back without success, for instance."""

    status: int = 200
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    is_refusal: bool = False

    @classmethod
    def text(cls, status: int, text: str) -> "WebResponse":
        """A sentence for people who read it."""
        return cls(status, [("content-type", "text/plain; charset=utf-8")], text.encode())

    @classmethod
    def redirect(
        cls, location: str, *headers: tuple[str, str], is_refusal: bool = False
    ) -> "WebResponse":
        """303: the other address is read by GET."""
        return cls(303, [("location", location), *headers], is_refusal=is_refusal)


AnswerWeb = Callable[[WebRequest], Awaitable[WebResponse]]
"""Answers one request; a ``TrellisError`` becomes the response for it."""
