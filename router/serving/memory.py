"""Lets freed memory go back to the system."""

import asyncio
import ctypes
import gc
import os
import sys
from collections.abc import Callable
from pathlib import Path

import structlog

from trellis.router.serving.periodic import Periodic

log = structlog.get_logger(__name__)

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # malloc.h of glibc
# Answers and messages above this are rare, and large enough for a mapping to cost little of them.
_LARGE_BYTES = 262_144
# As much as glibc would keep when it had grown to that threshold by itself: twice the largest.
_KEPT_BYTES = 8_000_000

_LOOK_SECONDS = 1.0
# What a process may grow by before it is looked through: the rows and texts of one long operation.
_GROWN_BYTES = 16_000_000


def _libc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None) if sys.platform == "linux" else None


def give_back_large_blocks() -> None:
    """Have large blocks mapped one by one, so that the system has them back when they are freed.

    glibc does so only until the first of them is freed. From then on blocks up to its size, at
    most 32 MB, come from the heap, where one small block above them keeps them for good: a client
    that did not read a hundred megabytes left the process that much larger. It also gives each
    thread a heap of its own, though Python runs one of them at a time: rows that a database thread
    reads leave holes in one heap that nobody else fills. With another C library nothing happens.
    """
    mallopt = getattr(_libc(), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)


def trim() -> None:
    """Give back every free page of the heap, wherever it is: milliseconds. glibc itself gives back
    what is free at the end of the heap only."""
    malloc_trim = getattr(_libc(), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)


def resident_bytes() -> int:
    """The memory used by the process; 0 if unknown."""
    try:
        pages = Path("/proc/self/statm").read_text().split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


class MemoryWatch(Periodic):
    """Looks once a second whether the process has grown and stopped growing, and gives back what is
    free then. What does not suffice for is collected: operations that were cancelled may leave
    cycles behind, in a generation that the collector rarely looks at."""

    def __init__(
        self,
        resident: Callable[[], int] = resident_bytes,
        give_back: Callable[[], None] = trim,
        collect: Callable[[], object] = gc.collect,
    ) -> None:
        super().__init__(_LOOK_SECONDS)
        self._resident = resident
        self._give_back = give_back
        self._collect = collect
        self._settled = 0  # after the last time, or at the beginning
        self._last = 0

    async def start(self) -> None:
        self._settled = self._last = self._resident()
        await super().start()

    async def work(self) -> None:
        """Give back what is free, if the process has grown and does not grow at the moment."""
        now, last = self._resident(), self._last
        self._last = now
        self._settled = min(self._settled, now)
        if now - self._settled < _GROWN_BYTES or now > last:
            return
        # On a thread: the system takes pages back without the interpreter's lock.
        await asyncio.to_thread(self._give_back)
        if self._resident() - self._settled >= _GROWN_BYTES:
            self._collect()
            await asyncio.to_thread(self._give_back)
        self._settled = self._last = self._resident()
        log.debug("memory_given_back", before=now, after=self._settled)
