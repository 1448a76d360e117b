"""How a connection that stays open comes to its end."""

import asyncio
from typing import Any

import structlog
from starlette.types import Message, Send

log = structlog.get_logger(__name__)

_CLOSE_SECONDS = 1.0


async def send_last(send: Send, message: Message) -> None:
    """Send what ends a connection. A client that does not read takes no end, and one that is gone
    needs none."""
    try:
        async with asyncio.timeout(_CLOSE_SECONDS):
            await send(message)
    except (TimeoutError, OSError, RuntimeError):
        log.debug("connection_not_closed_in_order", message=message["type"])


async def cancel_all(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks and wait until they have ended, however they do."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
