"""Cancels background tasks reliably."""

import asyncio

_PATIENCE_SECONDS = 1.0


async def end_tasks(*tasks: asyncio.Task[None] | None) -> None:
    """Cancel the tasks and wait until they are done; None is ignored.

    A cancellation can be lost on the way: inside a client library's own timeouts, and before
    Python 3.12 in ``asyncio.wait_for``. So it is repeated until the task has heard it.
    """
    left = {task for task in tasks if task is not None and not task.done()}
    while left:
        for task in left:
            task.cancel()
        done, left = await asyncio.wait(left, timeout=_PATIENCE_SECONDS)
        for task in done:
            if not task.cancelled():
                task.exception()  # retrieved, so that asyncio does not report it again
