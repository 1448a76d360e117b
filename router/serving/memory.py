"""Lets freed memory go back to the system."""

import ctypes
import sys

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h of glibc
# Answers and messages above this are rare, and large enough for a mapping to cost little of them.
_LARGE_BYTES = 262_144
# As much as glibc would keep when it had grown to that threshold by itself: twice the largest.
_KEPT_BYTES = 8_000_000


def give_back_large_blocks() -> None:
    """Have large blocks mapped one by one, so that the system has them back when they are freed.

    glibc does so only until the first of them is freed. From then on blocks up to its size, at
    most 32 MB, come from the heap, where one small block above them keeps them for good: a client
    that did not read a hundred megabytes left the process that much larger. With another C library
    nothing happens.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
