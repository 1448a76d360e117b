"""Lets the handshakes of many WebSockets take turns with everything else."""

import asyncio
from collections import deque
from collections.abc import Callable

# A handshake and the start of its application take up to a millisecond: some 8 ms for each round.
_PER_ROUND = 8


class Handshakes:
    """Begins a few handshakes in each round of the event loop.

    Clients reconnect all at once after a network failure; a thousand handshakes in one round
    would take 0.3 to 0.9 s in which nobody else is answered. Whoever waits holds a place
    (``Places``), which bounds the queue.
    """

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], None]] = deque()
        self._is_scheduled = False

    def start(self, handshake: Callable[[], None]) -> None:
        """Call ``handshake`` in one of the next rounds, in the order of the calls."""
        self._waiting.append(handshake)
        if not self._is_scheduled:
            self._schedule()

    def _schedule(self) -> None:
        self._is_scheduled = True
        asyncio.get_running_loop().call_soon(self._begin_some)

    def _begin_some(self) -> None:
        self._is_scheduled = False
        try:
            for _ in range(min(_PER_ROUND, len(self._waiting))):
                self._waiting.popleft()()
        finally:  # one that fails does not keep the others waiting
            if self._waiting and not self._is_scheduled:
                self._schedule()
