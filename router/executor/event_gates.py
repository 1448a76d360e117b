"""How many events of subscriptions are resolved at the same time."""

import asyncio
from collections.abc import AsyncGenerator, Hashable
from contextlib import asynccontextmanager

AT_ONCE = 20
"""As many as keep the connections to a database busy. All events that thousands of subscriptions
get at the same moment would share them otherwise, and run into the time limit together."""


class EventGates:
    """Belongs to one supergraph of one worker. Events wait, in order, only for those that need the
    same subgraphs: one that hangs delays nobody else."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = at_once
        self._gates: dict[Hashable, asyncio.Semaphore] = {}
        self._users: dict[Hashable, int] = {}

    def __len__(self) -> int:
        return len(self._gates)

    @asynccontextmanager
    async def passing(self, subgraphs: frozenset[str]) -> AsyncGenerator[None]:
        """Hold one of the places of events that need these subgraphs."""
        gate = self._gates.get(subgraphs)
        if gate is None:
            gate = self._gates[subgraphs] = asyncio.Semaphore(self._at_once)
        self._users[subgraphs] = self._users.get(subgraphs, 0) + 1
        try:
            async with gate:
                yield
        finally:
            self._users[subgraphs] -= 1
            if not self._users[subgraphs]:
                del self._gates[subgraphs], self._users[subgraphs]
