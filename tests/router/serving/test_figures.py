"""The log says what the caches are good for."""

import asyncio
import gc

from structlog.testing import capture_logs

from tests.support.metrics import figures_here
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
    assert logs[0]["asked"] == {
        "entries": 1,
        "weight": 4,
        "capacity": 10,
        "hits": 0,
        "misses": 1,
        "evictions": 0,
    }
    assert "idle" not in logs[0]
    assert len(idle) == 0


def test_the_uses_of_caches_go_on_when_a_cache_ends() -> None:
    def figures(name: str) -> float:
        return figures_here().of(name, cache="test_metered")

    for _ in range(2):
        cache: Cache[int, int] = Cache(10, "test_metered")
        for number in range(4):
            cache.put(number, number, 4)
            cache.get(number)
            cache.get(-1)
        assert figures("cache_bytes") == 8
        assert figures("cache_entries") == 2
        assert figures("cache_capacity_bytes") == 10
        del cache
        gc.collect()
    assert figures("cache_hits_total") == 8
    assert figures("cache_misses_total") == 8
    assert figures("cache_evictions_total") == 4
    assert figures("cache_bytes") == 0
