"""How long a request waits that the provider did not answer, before it is repeated."""

from datetime import timedelta

FIRST, LONGEST = timedelta(seconds=2), timedelta(minutes=5)
_DOUBLINGS = 10  # beyond that it would be longer than the longest anyway


def pause_after(attempt: int) -> timedelta:
    """After the ``attempt``-th request: each time twice as long, up to ``LONGEST``."""
    return min(FIRST * 2 ** min(attempt - 1, _DOUBLINGS), LONGEST)
