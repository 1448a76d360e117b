"""Background tasks whose end somebody notices (docs/decisions/0117).

An exception in a task that nobody awaits is seen by nobody, and what the task did (a limit, a
relay, a purge) does not happen any more. ``tests/architecture`` allows tasks that are made in
another way only where their result is awaited.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from trellis.schema.errors import Unavailable

logger = logging.getLogger("trellis.background")

_PAUSE_SECONDS = 1.0

Result = TypeVar("Result")


def keep_running(
    work: Callable[[], Awaitable[None]], *, name: str, pause_seconds: float = _PAUSE_SECONDS
) -> asyncio.Task[None]:
    """A task that does ``work``, and begins it again when it has failed, after a pause: every
    failure is logged with its ``name``, without a traceback where something was ``Unavailable``.
    It ends when ``work`` returns, or when it is cancelled.
    """

    async def run() -> None:
        while True:
            try:
                return await work()
            except Unavailable as unavailable:
                logger.warning("%s: %s", name, unavailable)
            except Exception:
                # The boundary of a background task: it must outlive whatever goes wrong once.
                logger.exception("%s failed; it begins again", name)
            await asyncio.sleep(pause_seconds)

    return asyncio.create_task(run(), name=name)


def start_reported(work: Coroutine[Any, Any, Result], *, name: str) -> asyncio.Task[Result]:
    """A task for work that is done once and whose result may be awaited by nobody: a failure is
    logged with its ``name``. Keep a reference to it, as to every task."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_report)
    return task


def _report(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and (failure := task.exception()) is not None:
        logger.error("%s failed", task.get_name(), exc_info=failure)
