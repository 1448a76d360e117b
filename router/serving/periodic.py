"""Work that a worker does again and again while it serves."""

import asyncio

from trellis.schema.background import keep_running


class Periodic:
    """Does ``work`` every ``seconds`` between ``start`` and ``aclose``, which ``lifespan`` calls.
    The first time is that long after the start. What goes wrong once is logged and tried again."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._task: asyncio.Task[None] | None = None

    async def work(self) -> None:
        """For subclasses."""
        raise NotImplementedError

    async def start(self) -> None:
        self._task = keep_running(self._run, name=type(self).__name__)

    async def aclose(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            await self.work()
