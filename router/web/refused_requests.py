"""Counts requests that a door refused before there was an operation to count."""

from collections.abc import MutableMapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trellis.router.rate_limit.limiter import Count
from trellis.router.rate_limit.report import LimitReached
from trellis.router.web.errors import WriteError, graphql_error
from trellis.router.web.request_context import ContextMaker
from trellis.router.web.response_headers import add_response_header, has_response_header
from trellis.schema.errors import BadRequest

_HEADER = b"x-ratelimit-limit"
_COUNTED = "trellis.counted"
_REFUSED = BadRequest("This request was refused.")


def mark_counted(scope: MutableMapping[str, Any]) -> None:
    """For doors that count what they refuse themselves, in the words of their clients."""
    scope[_COUNTED] = True


class RefusedRequests:
    """Bad tokens, bodies that cannot be read, addresses where nothing is: each counts as one
    request of its caller, and of its address where nobody proved who calls. A flood of them is
    answered with 429; it takes nothing from those who are signed in behind the same address.
    """

    def __init__(
        self,
        app: ASGIApp,
        count: Count,
        make_context: ContextMaker,
        write: WriteError = graphql_error,
    ) -> None:
        self._app = app
        self._count = count
        self._make_context = make_context
        self._write = write

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_replaced = False

        async def counting_send(message: Message) -> None:
            nonlocal is_replaced
            if message["type"] == "http.response.start" and _is_to_be_counted(scope, message):
                context = self._make_context(scope)
                error, headers = await self._count(_REFUSED, context)
                for name, value in headers:
                    add_response_header(scope, name, value)
                if isinstance(error, LimitReached):
                    is_replaced = True
                    await self._write(error, scope).send(send)
            if not is_replaced:
                await send(message)

        await self._app(scope, receive, counting_send)


def _is_to_be_counted(scope: Scope, message: Message) -> bool:
    if not 400 <= message["status"] < 500 or message["status"] == 429:
        return False
    if _COUNTED in scope or has_response_header(scope, _HEADER):
        return False
    return all(name != _HEADER for name, _ in message.get("headers", ()))
