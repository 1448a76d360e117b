"""Tells in the log how full the caches are and what they are good for."""

import structlog

from trellis.router.cache import cache_figures
from trellis.router.serving.periodic import Periodic

log = structlog.get_logger(__name__)

EVERY_SECONDS = 300.0


class FiguresLog(Periodic):
    """Writes the event ``caches`` every five minutes, one member for each cache that was asked."""

    def __init__(self, seconds: float = EVERY_SECONDS) -> None:
        super().__init__(seconds)

    async def work(self) -> None:
        asked = {name: one for name, one in cache_figures().items() if one.hits + one.misses}
        if asked:
            log.info("caches", **{name: one._asdict() for name, one in asked.items()})
