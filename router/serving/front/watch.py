"""Ends connections whose time is up, all of them by one timer."""

import asyncio
from collections.abc import Mapping
from operator import itemgetter
from typing import Protocol

import structlog

log = structlog.get_logger(__name__)

# Often enough for bounds of seconds; a look at 1,000 connections takes a third of a millisecond.
_LOOK_SECONDS = 0.2


class Watched(Protocol):
    @property
    def transport(self) -> asyncio.Transport: ...

    def look(self, now: float) -> int:
        """Compare the deadlines with the loop's clock, and act; the bytes that its client has not
        taken yet."""
        ...


class Watch:
    """Looks at every connection a few times a second. A timer for each request would have to be
    made and cancelled by each request; this way a deadline costs an assignment.

    When all clients together leave more than ``unsent_bytes``, those that leave most are cut off.
    """

    def __init__(self, unsent_bytes: int) -> None:
        self._unsent_bytes = unsent_bytes
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
        unsent = {connection: connection.look(now) for connection in tuple(self._watched)}
        self._relieve(unsent)
        self._timer = None
        if self._watched:
            self._set_timer()

    def _relieve(self, unsent: Mapping[Watched, int]) -> None:
        over = sum(unsent.values()) - self._unsent_bytes
        if over <= 0:
            return
        for connection, size in sorted(unsent.items(), key=itemgetter(1), reverse=True):
            log.warning("connection_cut", reason="too much is left unread", bytes=size)
            connection.transport.abort()
            over -= size
            if over <= 0:
                return


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
