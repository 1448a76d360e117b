"""Alerts on attacks: what no single refusal shows, but many of them do.

An alert is a line of the log, ``security_alert``, whose member ``alert`` names the pattern and what
was counted. Each process counts for itself; the limits that keep attackers out do not depend on it.
"""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

logger = logging.getLogger("trellis.accounts")

# Whoever is forgotten in a flood of others begins anew.
_MOST_SUBJECTS = 10_000


@dataclass(frozen=True, slots=True)
class Pattern:
    """So many refusals about one subject within so many seconds are no typing errors."""

    name: str
    most: int
    seconds: int


AT_ONE_ACCOUNT = Pattern("guesses_at_one_account", 10, 600)
FROM_ONE_ADDRESS = Pattern("guesses_from_one_address", 20, 600)


def alert(pattern: str, **facts: str | int) -> None:
    """Say that there is an attack. ``facts`` must hold nothing secret."""
    logger.warning("security_alert", extra={"alert": {"pattern": pattern, **facts}})


class Refusals:
    """Counts what was refused, by pattern and subject. ``clock`` is a monotonic clock in
    seconds."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # Since when, and how often; those counted last are at the end.
        self._counts: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()

    def count(self, pattern: Pattern, subject: str) -> None:
        """Count a refusal. A continuing attack is reported again after the same number."""
        now, key = self._clock(), (pattern.name, subject)
        since, count = self._counts.pop(key, (now, 0))
        if now - since >= pattern.seconds:
            since, count = now, 0
        if count + 1 >= pattern.most:
            alert(pattern.name, subject=subject, count=count + 1, seconds=pattern.seconds)
            return
        self._counts[key] = since, count + 1
        while len(self._counts) > _MOST_SUBJECTS:
            self._counts.popitem(last=False)
