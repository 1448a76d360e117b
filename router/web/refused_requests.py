"""Counts requests that a door refused before there was an operation to count."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trellis.router.rate_limit.report import LimitReached
from trellis.router.web.errors import WriteError, graphql_error
from trellis.router.web.request_context import begin_charge
from trellis.router.web.response_headers import add_response_header
from trellis.router.web.services import Services
from trellis.schema.errors import BadRequest

_REFUSED = BadRequest("This request was refused.")


class RefusedRequests:
    """Bad tokens, bodies that cannot be read, addresses where nothing is: each counts as one
    request of its caller, and of its address where nobody proved who calls. A flood of them is
    answered with 429; it takes nothing from those who are signed in behind the same address.

    What was counted on its way, as an operation or by a door that words its own refusals, is not
    counted here.
    """

    def __init__(self, app: ASGIApp, services: Services, write: WriteError = graphql_error) -> None:
        self._app = app
        self._services = services
        self._write = write

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        charge = begin_charge(scope)
        is_replaced = False

        async def counting_send(message: Message) -> None:
            nonlocal is_replaced
            if (
                message["type"] == "http.response.start"
                and not charge.is_taken
                and _is_refusal(message["status"])
            ):
                is_replaced = await self._count(scope, send)
            if not is_replaced:
                await send(message)

        await self._app(scope, receive, counting_send)

    async def _count(self, scope: Scope, send: Send) -> bool:
        """Whether the refusal was replaced by that of a limit."""
        context = self._services.make_context(scope)
        error, report = await self._services.charge_once(_REFUSED, context)
        for name, value in report.headers if report is not None else ():
            add_response_header(scope, name, value)
        if not isinstance(error, LimitReached):
            return False
        await self._write(error, scope).send(send)
        return True


def _is_refusal(status: int) -> bool:
    """What the caller did wrong; 429 says itself that a limit has been reached."""
    return 400 <= status < 500 and status != 429
