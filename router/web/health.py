"""``/health``: the process is alive. ``/ready``: it and its subgraphs can serve requests."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse

log = structlog.get_logger(__name__)

Check = Callable[[], Awaitable[None]]
"""Raises if a subgraph is not ready."""

_TIMEOUT_SECONDS = 2.0
_RETRY_SECONDS = 5


async def health(_request: Request) -> JSONResponse:
    """Independent of databases and other processes, whose failures a restart would not solve."""
    return JSONResponse({"status": "ok"})


class Readiness:
    """Checks all subgraphs concurrently and names those that are not ready."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = dict(checks)

    async def respond(self, _request: Request) -> JSONResponse:
        states = await asyncio.gather(*(self._state_of(name) for name in self._checks))
        subgraphs = dict(zip(self._checks, states, strict=True))
        is_ready = all(state == "ok" for state in states)
        body = {"status": "ok" if is_ready else "unavailable", "subgraphs": subgraphs}
        if is_ready:
            return JSONResponse(body)
        return JSONResponse(body, 503, {"retry-after": str(_RETRY_SECONDS)})

    async def _state_of(self, name: str) -> str:
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                await self._checks[name]()
        except Exception as error:  # any exception means that it is not ready
            log.warning("not_ready", subgraph=name, error=type(error).__name__)
            return "unavailable"
        return "ok"
