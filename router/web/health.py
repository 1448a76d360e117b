"""``/health``: this process lives; ``/ready``: it can serve, and so can what it needs."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse

log = structlog.get_logger(__name__)

Check = Callable[[], Awaitable[None]]
"""Raises when the part it asks is not ready."""

_PATIENCE_SECONDS = 2.0
_RETRY_SECONDS = 5


async def health(_request: Request) -> JSONResponse:
    """Alive: says nothing about databases or other processes, so that nobody restarts us for
    their sake."""
    return JSONResponse({"status": "ok"})


class Readiness:
    """Asks every part at once and names those that are not ready."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = dict(checks)

    async def respond(self, _request: Request) -> JSONResponse:
        states = await asyncio.gather(*(self._ask(name) for name in self._checks))
        parts = dict(zip(self._checks, states, strict=True))
        is_ready = all(state == "ok" for state in states)
        body = {"status": "ok" if is_ready else "unavailable", "subgraphs": parts}
        if is_ready:
            return JSONResponse(body)
        return JSONResponse(body, 503, {"retry-after": str(_RETRY_SECONDS)})

    async def _ask(self, name: str) -> str:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._checks[name]()
        except Exception as error:  # whatever a part raises means: not ready
            log.warning("not_ready", part=name, error=type(error).__name__)
            return "unavailable"
        return "ok"
