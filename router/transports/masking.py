"""Masks errors of subgraphs in other processes.

Errors of subgraphs may contain exception messages, SQL, host names or stack traces. Clients see
those that the subgraph marked as meant for clients, which every subgraph served by Trellis does
(``mark_presentable``), and those with a code that the configuration lists. All others are replaced
by a generic error at the same path, and logged with the request id.
"""

from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import structlog

from trellis.router.transports.base import SubgraphRequest, SubgraphResponse, Transport
from trellis.router.transports.retry_after import MAX_SECONDS

PRESENTABLE = "trellisPresentable"
"""The member of ``extensions`` that marks an error as meant for clients. The router removes it."""

_OWN_MESSAGES = {
    "SUBGRAPH_UNAVAILABLE": "The subgraph cannot be reached.",
    "SUBGRAPH_INVALID_RESPONSE": "The subgraph did not return a GraphQL response.",
}
"""Codes that transports use for failures of their own. A subgraph may send the same codes, so its
message is replaced by a fixed one."""

_LOGGED_CHARACTERS = 1_000
"""The length of a logged message; subgraphs may send messages of any length."""

log = structlog.get_logger(__name__)


class MaskedTransport:
    """A ``Transport`` that masks the errors of another one. ``shown`` are the codes of errors that
    are passed unchanged."""

    def __init__(self, transport: Transport, shown: Collection[str] = ()) -> None:
        self._transport = transport
        self._shown = frozenset(shown)

    @property
    def is_in_process(self) -> bool:
        return self._transport.is_in_process

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        response = await self._transport.send(request)
        return self._masked(response, request) if response.errors else response

    async def subscribe(self, request: SubgraphRequest) -> AsyncGenerator[SubgraphResponse, None]:
        async with aclosing(self._transport.subscribe(request)) as events:
            async for event in events:
                yield self._masked(event, request) if event.errors else event

    async def aclose(self) -> None:
        await self._transport.aclose()

    def _masked(self, response: SubgraphResponse, request: SubgraphRequest) -> SubgraphResponse:
        errors = [self._mask(error, request) for error in response.errors]
        return replace(response, errors=errors, body=None)

    def _mask(self, error: dict[str, Any], request: SubgraphRequest) -> dict[str, Any]:
        given = error.get("extensions")
        extensions = given if isinstance(given, dict) else {}
        code = extensions.get("code")
        if extensions.get(PRESENTABLE) is True:
            kept = {name: value for name, value in extensions.items() if name != PRESENTABLE}
            return {**error, "extensions": kept}
        if isinstance(code, str) and code in self._shown:
            return error
        log.warning(
            "subgraph_error_masked",
            subgraph=request.subgraph,
            request_id=request.context.request_id,
            code=code if isinstance(code, str) else None,
            path=error.get("path"),
            message=str(error.get("message"))[:_LOGGED_CHARACTERS],
        )
        masked: dict[str, Any] = {"message": "The subgraph reported an error."}
        if "path" in error:
            masked["path"] = error["path"]
        if isinstance(code, str) and code in _OWN_MESSAGES:
            own: dict[str, Any] = {"code": code}
            if type(wait := extensions.get("retry_after")) is int and 0 <= wait <= MAX_SECONDS:
                own["retry_after"] = wait
            masked |= {"message": _OWN_MESSAGES[code], "extensions": own}
        return masked


def mark_presentable(errors: Collection[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same errors, marked as meant for clients: a subgraph served by Trellis has already masked
    unexpected ones."""
    return [
        {**error, "extensions": {**(error.get("extensions") or {}), PRESENTABLE: True}}
        for error in errors
    ]
