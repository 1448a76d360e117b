"""Errors of subgraphs in other processes, as clients may see them.

A subgraph's errors may say anything: exception texts, SQL, host names, stack traces. A client gets
those that the subgraph has marked as meant for clients, as every subgraph that Trellis serves does
(``mark_presentable``), and those whose code the configuration names. Of any other it learns that
and where there was one; what it was is logged with the request id.
"""

from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import structlog

from trellis.router.transports.base import SubgraphRequest, SubgraphResponse, Transport

PRESENTABLE = "trellisPresentable"
"""The member of ``extensions`` by which a subgraph says that it means an error for clients. The
router takes it away."""

_OWN_MESSAGES = {
    "SUBGRAPH_UNAVAILABLE": "The subgraph cannot be reached.",
    "SUBGRAPH_INVALID_RESPONSE": "The subgraph's answer is not a GraphQL response.",
}
"""What the transports themselves say of an answer, in words that no subgraph can choose."""

_LOGGED_CHARACTERS = 1_000

log = structlog.get_logger(__name__)


class MaskedTransport:
    """Fills ``Transport`` in front of another one. ``shown`` are the codes of errors that may be
    seen as they are."""

    def __init__(self, transport: Transport, shown: Collection[str] = ()) -> None:
        self._transport = transport
        self._shown = frozenset(shown)

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
            masked |= {"message": _OWN_MESSAGES[code], "extensions": {"code": code}}
        return masked


def mark_presentable(errors: Collection[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same errors, marked as meant for clients: a subgraph that Trellis serves has masked what
    is its own fault."""
    return [
        {**error, "extensions": {**(error.get("extensions") or {}), PRESENTABLE: True}}
        for error in errors
    ]
