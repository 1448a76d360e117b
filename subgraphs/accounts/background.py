"""Work that is done after the answer, bounded in number and ended with the subgraph."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

logger = logging.getLogger("trellis.accounts")

_MOST_AT_ONCE = 1_000


class Background:
    """Tasks that nobody waits for, except at the end."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def do(self, work: Coroutine[Any, Any, None]) -> None:
        """Start ``work``; when there is too much of it already, it is dropped."""
        if len(self._tasks) >= _MOST_AT_ONCE:
            work.close()
            logger.error("background work was dropped: %s tasks are waiting", _MOST_AT_ONCE)
            return
        task = asyncio.create_task(_guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finish(self, timeout: float = 5.0) -> None:
        """Wait for what is under way, then give the rest up."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=timeout)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


async def _guarded(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception:
        # The boundary of a background task: nobody else would ever hear of it.
        logger.exception("background work failed")
