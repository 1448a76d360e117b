"""Readers of other streams that want to know who did what when, beside what happened."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from trellis.db.outbox import Envelope
from trellis.db.replica import Replica
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.event import Event

EventT = TypeVar("EventT", bound=Event)
Take = Callable[[UnitOfWork, EventT, Envelope], Awaitable[None]]


class Listener(Replica[EventT]):
    """Like a replica, but ``take`` gets the envelope of the event, too: its ``id`` is the same
    whenever it is delivered again, and ``headers`` have the ``actorId`` of whoever did it."""

    def __init__(
        self,
        stream: str,
        kinds: Iterable[type[EventT]],
        take: Take[EventT],
        *,
        name: str | None = None,
    ) -> None:
        self._listen = take
        super().__init__(stream, kinds, self._take_nothing, name=name)

    async def _take_nothing(self, uow: UnitOfWork, event: EventT) -> None:
        """Everything is done by ``handle``."""

    async def handle(self, uow: UnitOfWork, envelope: Envelope) -> None:
        """Raises ``pydantic.ValidationError`` for an event that breaks its contract."""
        kind = self._kinds.get(envelope.topic)
        if kind is not None:
            await self._listen(uow, kind.read(envelope.payload), envelope)
