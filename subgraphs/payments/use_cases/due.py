"""Requests of the provider that are due, claimed by any number of workers over one database.

Whoever claims one moves its ``due_at`` into the future by a lease; when it dies, another one claims
it after that.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from uuid import UUID

logger = logging.getLogger("trellis.payments")

LEASE = timedelta(seconds=60)
"""How long others leave alone what somebody has claimed: longer than any answer takes."""
AT_ONCE = 20
"""How many one worker requests side by side."""


async def request_each(
    ids: Iterable[UUID], request: Callable[[UUID], Awaitable[None]], what: str
) -> None:
    """Request each of ``ids``, side by side. Failures are logged: others wait behind them."""

    async def request_or_log(id: UUID) -> None:
        try:
            await request(id)
        except Exception:
            # The boundary of one request. It is claimed again when its lease is over.
            logger.exception("the %s %s failed; trying again later", what, id)

    await asyncio.gather(*(request_or_log(id) for id in ids))
