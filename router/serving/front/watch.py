"""Ends connections whose time is up, all of them by one timer."""

import asyncio
from typing import Protocol

# Often enough for bounds of seconds; a look at 1,000 connections takes a third of a millisecond.
_LOOK_SECONDS = 0.2


class Watched(Protocol):
    def look(self, now: float) -> None:
        """Compare the deadlines with the loop's clock, and act."""
        ...


class Watch:
    """Looks at every connection a few times a second. A timer for each request would have to be
    made and cancelled by each request; this way a deadline costs an assignment."""

    def __init__(self) -> None:
        self._watched: set[Watched] = set()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, connection: Watched) -> None:
        self._watched.add(connection)
        if self._timer is None:
            self._set_timer()

    def discard(self, connection: Watched) -> None:
        self._watched.discard(connection)

    def _set_timer(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(_LOOK_SECONDS, self._look)

    def _look(self) -> None:
        now = asyncio.get_running_loop().time()
        for connection in tuple(self._watched):
            connection.look(now)
        self._timer = None
        if self._watched:
            self._set_timer()


class Drain:
    """Whether a client takes what waits for it in the transport.

    A window begins when writing is paused or the connection ends, and again whenever enough has
    been taken. While writing is paused nothing is added, so the buffer only shrinks.
    """

    # With the default of 10 s it is 200 kbit/s: a phone with poor reception is faster.
    _BYTES = 262_144

    __slots__ = ("_seconds", "_since", "_size")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since: float | None = None
        self._size = 0

    def reset(self) -> None:
        self._since = None

    def is_stuck(self, size: int, now: float) -> bool:
        """Whether a window has passed in which too little of ``size`` was taken."""
        if self._since is None or self._size - size >= self._BYTES:
            self._since, self._size = now, size
            return False
        return size > 0 and now - self._since >= self._seconds
