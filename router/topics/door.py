"""The door of the event socket, beside GraphQL over WebSocket at the same path."""

from collections.abc import Callable, Iterable

from starlette.types import ASGIApp, Receive, Scope, Send

from trellis.router.delivery.rights import Rights
from trellis.router.identity.credentials import Credentials
from trellis.router.topics.connection import EventConnection
from trellis.router.topics.reader import TopicReaders
from trellis.router.web.csrf import is_allowed_origin
from trellis.router.web.errors import SIGN_IN_FIRST
from trellis.router.web.identity import credentials_of
from trellis.router.web.services import Services
from trellis.schema.errors import BadRequest, Forbidden, TrellisError, Unauthenticated

SUBPROTOCOL = "trellis-events"
# Pages of browsers cannot set headers on a handshake.
_TOKEN = "bearer."


class EventSocket:
    """Accepts callers who are signed in. Whoever offers other subprotocols only, and everybody
    where there are no topics, is passed on to ``otherwise``.

    The token is in the ``Authorization`` header, or beside ``trellis-events`` as the subprotocol
    ``bearer.<token>``: unlike a query string, that is in no log.
    """

    def __init__(
        self,
        services: Services,
        readers: Callable[[], TopicReaders],
        otherwise: ASGIApp,
        *,
        allowed_origins: Iterable[str] = (),
    ) -> None:
        self._services = services
        self._readers = readers
        self._otherwise = otherwise
        self._allowed_origins = tuple(allowed_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        offered = scope["subprotocols"]
        if self._readers().any() is None or (offered and SUBPROTOCOL not in offered):
            await self._otherwise(scope, receive, send)
            return
        assert (await receive())["type"] == "websocket.connect"
        if not is_allowed_origin(scope, self._allowed_origins):
            raise Forbidden("WebSocket connections of this origin are not allowed.")
        rights = await self._rights(scope)
        await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL if offered else None})
        await EventConnection(self._services, scope, receive, send, rights, self._readers).run()

    async def _rights(self, scope: Scope) -> Rights:
        """Raises TrellisError for who is not signed in, counted like any request."""
        try:
            rights = Rights(self._services.authenticate, _credentials(scope))
            await rights.begin()
            if not rights.identity.is_authenticated:
                raise Unauthenticated(SIGN_IN_FIRST)
            return rights
        except TrellisError as error:
            if error.http_status >= 500:
                raise
            context = self._services.make_context(scope)
            raise (await self._services.charge_once(error, context))[0] from None


def _credentials(scope: Scope) -> Credentials:
    known = credentials_of(scope)
    tokens = [name for name in scope["subprotocols"] if name.startswith(_TOKEN)]
    if not tokens:
        return known
    if len(tokens) > 1 or known.vouched or known.authorization or known.api_key:
        raise BadRequest("Send one access token, as a header or as a subprotocol.")
    return Credentials("Bearer " + tokens[0].removeprefix(_TOKEN))
