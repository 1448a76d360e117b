"""Which failed calls to a subgraph are repeated, when, and how many of them (document 004, section
2.4)."""

from dataclasses import dataclass
from typing import Literal

from trellis.router.errors import SubgraphError, SubgraphTimeout
from trellis.router.transports.base import SubgraphRequest

Writes = Literal["plain", "idempotent", "critical"]
"""The class of all mutations of a subgraph; see ``SubgraphSource.writes``."""

IDEMPOTENCY_KEY = "idempotency-key"

_JITTER = 0.3
"""The largest part of a delay that is added at random, so that clients do not return together."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a call is repeated, and after which failures. ``statuses`` are HTTP statuses,
    ``connection`` stands for connections that end early or cannot be made in time."""

    retries: int = 0
    first_delay: float = 0.0
    max_delay: float = 0.0
    statuses: frozenset[int] = frozenset()
    connection: bool = False

    def applies_to(self, failure: SubgraphError) -> bool:
        """Whether a call may be repeated after this failure. A refused connection is no reason:
        nobody listens, which does not change within a second."""
        if failure.status is not None:
            return failure.status in self.statuses
        return self.connection and (failure.is_reset or isinstance(failure, SubgraphTimeout))

    def delay(self, retry: int, chance: float) -> float:
        """The seconds before a retry, counted from 0: doubled each time up to the maximum, plus up
        to 30 percent. ``chance`` is a random number from 0 to 1."""
        delay = min(self.first_delay * 2**retry, self.max_delay)
        return delay * (1 + _JITTER * chance)


_GATEWAY = frozenset({502, 503, 504})

READ = RetryPolicy(3, 0.1, 2.0, _GATEWAY, connection=True)
IDEMPOTENT_WRITE = RetryPolicy(3, 0.2, 5.0, _GATEWAY)
CRITICAL = RetryPolicy(1, 1.0, 1.0, frozenset({503}))
WRITE = RetryPolicy()


def policy_for(request: SubgraphRequest, writes: Writes) -> RetryPolicy:
    """The policy for a request to a subgraph whose mutations are of the class ``writes``.
    Idempotent ones are repeated only if the request has a key by which the subgraph recognizes
    them."""
    if request.kind == "query":
        return READ
    if request.kind != "mutation" or writes == "plain":
        return WRITE
    if writes == "critical":
        return CRITICAL
    return IDEMPOTENT_WRITE if IDEMPOTENCY_KEY in request.context.headers else WRITE


class RetryBudget:
    """Bounds retries to a part of the calls, so that a subgraph that is overloaded does not get
    several times its load. Each call earns ``share`` of a retry; at most ``most`` are saved, which
    is also the number at the start."""

    def __init__(self, share: float, most: int = 10) -> None:
        self._share = share
        self._most = float(most) if share else 0.0
        self._saved = self._most

    def earn(self) -> None:
        """A call that is no retry."""
        if self._saved < self._most:
            self._saved = min(self._most, self._saved + self._share)

    def spend(self) -> bool:
        """Take one retry. False if none is left."""
        # The sum of ten times 0.1 is a little less than 1.
        if self._saved < 1 - 1e-9:
            return False
        self._saved = max(0.0, self._saved - 1)
        return True
