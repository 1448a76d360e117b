"""What a change has answered is seen by its caller in the next answer of every subgraph.

Clients of the older dialects carry no position from one request to the next, so it is the change
that waits: after its commit, until the readers of its stream have taken its events in
(docs/decisions/0065-a-change-waits-for-its-readers.md).
"""

import asyncio
import logging
import time
from collections.abc import Collection, Set
from contextlib import suppress

from trellis.db.bus import EventBus, order_of
from trellis.db.readers import Reader
from trellis.schema.errors import Unavailable

logger = logging.getLogger("trellis.readers")

# Readers need milliseconds. One that needs longer is stuck, and so would be those that wait for it:
# a committed change is answered within the deadline of the caller, whether or not readers have
# confirmed it.
_PATIENCE_SECONDS = 1.0


class OwnWrites:
    """One per storage, for the stream that it writes."""

    def __init__(self, stream: str, bus: EventBus) -> None:
        self._stream = stream
        self._bus = bus
        # Who was waited for in vain, and how far they have to come to be waited for again.
        self._owed: dict[Reader, str] = {}

    async def taken_in(self, topics: Set[str]) -> None:
        """Wait until all that is committed so far is kept by every reader that takes one of the
        topics; at most a second, and not again for a reader that was behind until it has come as
        far as it should have."""
        # The change is committed: that nobody can tell how far the readers are is no failure of it.
        with suppress(Unavailable):
            positions = await self._bus.readers.positions(self._stream)
            readers = [
                reader
                for reader, position in positions.items()
                if reader.takes(topics) and self._is_waited_for(reader, position)
            ]
            if readers:
                await self._wait_for(readers, await self._bus.head(self._stream))

    def _is_waited_for(self, reader: Reader, position: str) -> bool:
        owed = self._owed.get(reader)
        if owed is not None and order_of(position) < order_of(owed):
            return False
        self._owed.pop(reader, None)
        return True

    async def _wait_for(self, readers: Collection[Reader], head: str) -> None:
        late, until = list(readers), time.monotonic() + _PATIENCE_SECONDS
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                # The clock is looked at besides: Redis' client can lose the one cancellation.
                while (late := await self._behind(late, head)) and time.monotonic() < until:
                    await self._bus.readers.moved(self._stream)
        if late:
            names = ", ".join(reader.name for reader in late)
            logger.warning("%s: not waiting for %s until it has caught up", self._stream, names)
            self._owed.update(dict.fromkeys(late, head))

    async def _behind(self, readers: Collection[Reader], head: str) -> list[Reader]:
        """Which of the readers are still there and have not come as far as ``head``."""
        positions = await self._bus.readers.positions(self._stream)
        wanted = order_of(head)
        return [
            reader
            for reader in readers
            if reader in positions and order_of(positions[reader]) < wanted
        ]
