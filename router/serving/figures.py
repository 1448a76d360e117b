"""Tells in the log how full the caches are and what they are good for."""

import asyncio

import structlog

from trellis.router.cache import cache_figures

log = structlog.get_logger(__name__)

EVERY_SECONDS = 300.0


class FiguresLog:
    """Writes the event ``caches`` every five minutes, one member for each cache that was asked."""

    def __init__(self, seconds: float = EVERY_SECONDS) -> None:
        self._seconds = seconds
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def aclose(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            asked = {name: one for name, one in cache_figures().items() if one.hits + one.misses}
            if asked:
                log.info("caches", **{name: one._asdict() for name, one in asked.items()})
