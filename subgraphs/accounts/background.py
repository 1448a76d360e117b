"""Work that is done after the answer, bounded in number and ended with the subgraph."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

logger = logging.getLogger("trellis.accounts")

_MOST_WAITING = 1_000
_TRIES_AFTER_SECONDS = (0.0, 2.0, 10.0)

Work = Callable[[], Awaitable[None]]


class Background:
    """Tasks that nobody waits for, except at the end. A few are done at once, so that a flood of
    them does not keep those who are waited for from what they need; those that fail with a
    ``passing`` error are tried three times."""

    def __init__(
        self,
        *,
        passing: type[Exception],
        at_once: int,
        tries_after: Sequence[float] = _TRIES_AFTER_SECONDS,
    ) -> None:
        self._passing = passing
        self._tries_after = tries_after
        self._turn = asyncio.Semaphore(at_once)
        self._tasks: set[asyncio.Task[None]] = set()

    def do(self, work: Work) -> None:
        """Start ``work``; when too much of it is waiting already, it is dropped."""
        if len(self._tasks) >= _MOST_WAITING:
            logger.error("background work was dropped: %s tasks are waiting", _MOST_WAITING)
            return
        task = asyncio.create_task(self._try(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finish(self, timeout: float = 5.0) -> None:
        """Wait for what is under way, then give the rest up."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=timeout)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _try(self, work: Work) -> None:
        for wait in self._tries_after:
            await asyncio.sleep(wait)
            with suppress(self._passing):
                return await self._do(work)
        logger.error("background work was given up after %s tries", len(self._tries_after))
        return None

    async def _do(self, work: Work) -> None:
        try:
            async with self._turn:
                await work()
        except self._passing as error:
            logger.warning("background work failed for now: %s", type(error).__name__)
            raise
        except Exception:
            # The boundary of a background task: nobody else would ever hear of it.
            logger.exception("background work failed")
