"""Work that a subgraph does again and again while it runs."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from trellis.db.storage import Storage
from trellis.db.tasks import end_tasks
from trellis.schema.background import keep_running


def _nothing() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Job:
    """``work`` is done ``every_seconds``, for the first time that long after the start, or
    ``at_start`` also before the subgraph answers anything. Several workers over one database each
    do it. ``check`` raises when it could never be done: then the subgraph does not start."""

    name: str
    every_seconds: float
    work: Callable[[Storage], Awaitable[None]]
    check: Callable[[], object] = _nothing
    at_start: bool = False


class RunningJob:
    """A job between ``start`` and ``stop``. A failure is logged and does not delay the next try."""

    def __init__(self, job: Job, storage: Storage) -> None:
        self._job = job
        self._storage = storage
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = keep_running(self._run, name=self._job.name, pause_seconds=0)

    async def stop(self) -> None:
        await end_tasks(self._task)
        self._task = None

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._job.every_seconds)
            await self._job.work(self._storage)
