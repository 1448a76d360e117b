"""Protection against cross-site requests that browsers send without a preflight."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from trellis.router.web.media_type import JSON, media_type_of
from trellis.router.web.multipart import is_multipart
from trellis.router.web.refusals import CrossSiteRequest

# Pages of other origins cannot set these headers without a preflight.
PREFLIGHT_HEADERS = frozenset(
    {
        b"x-trellis-preflight",
        b"x-requested-with",
        b"apollo-require-preflight",
        b"x-apollo-operation-name",
        b"graphql-require-preflight",
        b"authorization",
    }
)
_OWN_SITE = frozenset({b"same-origin", b"none"})
_BROWSER_MARKS = frozenset({b"origin", b"cookie", b"referer"})


class Csrf:
    """Refuses GET requests that a browser may have sent on behalf of another site.

    POST bodies are ``application/json``, which the endpoints check and which requires a preflight.
    Multipart bodies do not, so they need one of ``PREFLIGHT_HEADERS``, as browsers are made to ask
    for those. A GET is accepted if it has one of ``PREFLIGHT_HEADERS``, if it comes from a page of
    this site (Fetch Metadata), or if it has no headers that only browsers send.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET" and _may_be_forged(scope):
            raise CrossSiteRequest(
                "A browser could send this request for another site. Add the header "
                "'x-trellis-preflight: 1' to it, or use POST with application/json."
            )
        if scope["type"] == "http" and scope["method"] == "POST" and _is_unasked_form(scope):
            raise CrossSiteRequest(
                "A browser could send this form for another site. Add the header "
                "'x-trellis-preflight: 1' to multipart requests."
            )
        await self._app(scope, receive, send)


def _is_unasked_form(scope: Scope) -> bool:
    headers = dict(scope["headers"])
    kind = headers.get(b"content-type", b"").decode("latin-1")
    return is_multipart(kind) and PREFLIGHT_HEADERS.isdisjoint(headers)


def _may_be_forged(scope: Scope) -> bool:
    headers = dict(scope["headers"])
    if not PREFLIGHT_HEADERS.isdisjoint(headers):
        return False
    if media_type_of(headers.get(b"content-type", b"").decode("latin-1")) == JSON:
        return False
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        return site not in _OWN_SITE
    return not _BROWSER_MARKS.isdisjoint(headers)


def is_allowed_origin(scope: Scope, allowed: Iterable[str]) -> bool:
    """Whether the Origin of a WebSocket handshake is allowed. Browsers send no preflight for it.

    Requests without Origin, which do not come from browsers, and pages of this host are allowed.
    """
    headers = dict(scope["headers"])
    origin = headers.get(b"origin")
    if origin is None:
        return True
    text = origin.decode("latin-1")
    origins = set(allowed)
    if "*" in origins or text in origins:
        return True
    return urlsplit(text).netloc.lower() == headers.get(b"host", b"").decode("latin-1").lower()
