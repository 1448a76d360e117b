"""How far the durable readers of streams have come, for those who write into them.

A board belongs to a bus: one in memory for the readers of a process, one in Redis for those of
several. Writers wait by it until what they have changed is known everywhere (``own_writes``).
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Reader:
    """A durable reader of a stream, by the same name in every process; None takes all topics."""

    name: str
    topics: frozenset[str] | None = None

    def takes(self, topics: Set[str]) -> bool:
        """Whether events of one of these topics mean anything to it."""
        return self.topics is None or not self.topics.isdisjoint(topics)


class Board(Protocol):
    """Positions only move forward, whichever process of a subgraph reports them."""

    async def note(self, stream: str, reader: Reader, cursor: str) -> None:
        """Called by a reader: everything up to ``cursor`` is taken in. Raises ``Unavailable``."""
        ...

    async def positions(self, stream: str) -> Mapping[Reader, str]:
        """The cursor up to which each reader of the stream has come. Raises ``Unavailable``."""
        ...

    async def moved(self, stream: str) -> None:
        """Wait until a position may have changed since they were last asked for."""
        ...

    def leave(self, stream: str, reader: Reader) -> None:
        """Called by a reader that stops."""
        ...


class MemoryBoard:
    """The board within one process."""

    def __init__(self) -> None:
        self._positions: dict[str, dict[Reader, str]] = defaultdict(dict)
        self._moved: dict[str, asyncio.Event] = {}

    async def note(self, stream: str, reader: Reader, cursor: str) -> None:
        self._positions[stream][reader] = cursor
        self._tell(stream)

    async def positions(self, stream: str) -> Mapping[Reader, str]:
        return dict(self._positions[stream])

    async def moved(self, stream: str) -> None:
        # Each wave of those who wait has an event of its own: nobody has to clear one.
        await self._moved.setdefault(stream, asyncio.Event()).wait()

    def leave(self, stream: str, reader: Reader) -> None:
        self._positions[stream].pop(reader, None)
        self._tell(stream)

    def _tell(self, stream: str) -> None:
        moved = self._moved.pop(stream, None)
        if moved is not None:
            moved.set()
