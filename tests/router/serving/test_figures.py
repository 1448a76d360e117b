"""The log says what the caches are good for."""

import asyncio

from structlog.testing import capture_logs

from trellis.router.cache import Cache
from trellis.router.serving.figures import FiguresLog


async def test_caches_that_were_asked_are_logged() -> None:
    asked: Cache[str, int] = Cache(10, "asked")
    idle: Cache[str, int] = Cache(10, "idle")
    asked.find("a", lambda: 1, lambda _: 4)
    figures = FiguresLog(0.001)
    with capture_logs() as logs:
        await figures.start()
        async with asyncio.timeout(20):
            while not logs:  # noqa: ASYNC110 (a log tells nobody)
                await asyncio.sleep(0.001)
        await figures.aclose()
    assert logs[0]["event"] == "caches"
    assert logs[0]["asked"] == {"entries": 1, "weight": 4, "capacity": 10, "hits": 0, "misses": 1}
    assert "idle" not in logs[0]
    assert len(idle) == 0
