"""How many long operations run at the same time on one worker, by what they are estimated to cost.

::

    enter ── fits, and nobody waits ─────────────────────────────> runs ── leaves ──┐
      │                                                            ^                │
      ├── waits: each caller's in order, callers in turn ──────────┘<── makes room ─┘
      ├── too much of one caller waits: 429
      └── too much waits, or it has waited until its deadline: 503
"""

import asyncio
import time
from collections import deque
from collections.abc import Hashable
from typing import NamedTuple, Protocol

from trellis.schema.errors import RateLimited, Unavailable

Elsewhere = frozenset[str]
"""The subgraphs in other processes that an operation needs."""

# What a worker computes in a second, about: for Retry-After.
_COST_OF_A_SECOND = 5_000


class Room(Protocol):
    """Belongs to one supergraph of one worker."""

    async def enter(
        self, caller: Hashable, cost: int, elsewhere: Elsewhere, deadline: float | None
    ) -> None:
        """Wait until there is room for a long operation. ``deadline`` is one of
        ``time.monotonic``. Raises RateLimited and Unavailable."""
        ...

    def leave(self, cost: int, elsewhere: Elsewhere) -> None:
        """The operation has ended."""
        ...


class AnyRoom:
    """Fills ``Room`` where everything may run at once."""

    async def enter(
        self, caller: Hashable, cost: int, elsewhere: Elsewhere, deadline: float | None
    ) -> None:
        return None

    def leave(self, cost: int, elsewhere: Elsewhere) -> None:
        return None


class _Waiting(NamedTuple):
    cost: int
    elsewhere: Elsewhere
    admitted: asyncio.Future[None]


class RoomByCost:
    """Fills ``Room`` with ``running`` cost at a time, and ``waiting`` that waits; of that, one
    caller has at most half. What costs more than all has it alone.

    Operations that need subgraphs in other processes share the room of those that need the same
    ones: a subgraph that hangs delays nobody who does not need it.
    """

    def __init__(self, running: int, waiting: int) -> None:
        self._most_running = running
        self._most_waiting = waiting
        self._running: dict[Elsewhere, int] = {}
        self._queues: dict[Hashable, deque[_Waiting]] = {}  # the caller whose turn is next first

    @property
    def running(self) -> int:
        """What runs now, all of it."""
        return sum(self._running.values())

    @property
    def waiting(self) -> int:
        """What waits now."""
        return sum(one.cost for queue in self._queues.values() for one in queue)

    async def enter(
        self, caller: Hashable, cost: int, elsewhere: Elsewhere, deadline: float | None
    ) -> None:
        """See ``Room``."""
        if self._fits(cost, elsewhere) and not self._is_awaited(elsewhere):
            self._running[elsewhere] = self._running.get(elsewhere, 0) + cost
        else:
            self._check(caller, cost)
            await self._wait(caller, cost, elsewhere, deadline)

    def leave(self, cost: int, elsewhere: Elsewhere) -> None:
        """See ``Room``."""
        self._running[elsewhere] -= cost
        if not self._running[elsewhere]:
            del self._running[elsewhere]
        self._admit()

    def _fits(self, cost: int, elsewhere: Elsewhere) -> bool:
        running = self._running.get(elsewhere, 0)
        return not running or running + cost <= self._most_running

    def _is_awaited(self, elsewhere: Elsewhere) -> bool:
        return any(one.elsewhere == elsewhere for queue in self._queues.values() for one in queue)

    def _check(self, caller: Hashable, cost: int) -> None:
        """Raises RateLimited and Unavailable when too much waits already."""
        waiting = self.waiting
        own = sum(one.cost for one in self._queues.get(caller, ()))
        retry_after = max(1, round(waiting / _COST_OF_A_SECOND))
        if own and own + cost > self._most_waiting // 2:
            raise RateLimited(
                f"Operations of yours that cost {own} wait already, and "
                f"{self._most_waiting // 2} is the most. Wait for one of them to end.",
                limit=self._most_waiting // 2,
                retry_after=retry_after,
            )
        if waiting and waiting + cost > self._most_waiting:
            raise Unavailable("Too many long operations wait; try again.", retry_after=retry_after)

    async def _wait(
        self, caller: Hashable, cost: int, elsewhere: Elsewhere, deadline: float | None
    ) -> None:
        one = _Waiting(cost, elsewhere, asyncio.get_running_loop().create_future())
        self._queues.setdefault(caller, deque()).append(one)
        seconds = None if deadline is None else max(0.0, deadline - time.monotonic())
        try:
            async with asyncio.timeout(seconds):
                await one.admitted
        except BaseException as failure:
            if one.admitted.done() and not one.admitted.cancelled():
                self.leave(cost, elsewhere)
            else:
                self._forget(caller, one)
                self._admit()  # what waits behind it may be smaller
            if isinstance(failure, TimeoutError):
                message = "There was no room for this long operation in time; try again."
                raise Unavailable(message, retry_after=1) from None
            raise

    def _forget(self, caller: Hashable, one: _Waiting) -> None:
        queue = self._queues[caller]
        queue.remove(one)
        if not queue:
            del self._queues[caller]

    def _admit(self) -> None:
        """Let in whatever there is room for now, one of each caller in turn."""
        full: set[Elsewhere] = set()
        while (found := self._next(full)) is not None:
            caller, one = found
            self._forget(caller, one)
            if caller in self._queues:
                self._queues[caller] = self._queues.pop(caller)  # to the end
            self._running[one.elsewhere] = self._running.get(one.elsewhere, 0) + one.cost
            one.admitted.set_result(None)

    def _next(self, full: set[Elsewhere]) -> tuple[Hashable, _Waiting] | None:
        """Who is next. A room that the first to wait for it does not fit into is kept for it, or
        small ones would always be before it."""
        for caller, queue in self._queues.items():
            for one in queue:
                if one.admitted.done() or one.elsewhere in full:  # done: about to leave
                    continue
                if self._fits(one.cost, one.elsewhere):
                    return caller, one
                full.add(one.elsewhere)
        return None
