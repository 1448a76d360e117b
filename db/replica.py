"""What a subgraph keeps of another one's data, fed by its events (docs/decisions/0008)."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from trellis.db.consumer import Consumer
from trellis.db.outbox import Envelope
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.errors import TrellisError
from trellis.schema.events.event import Event

EventT = TypeVar("EventT", bound=Event)


class Replica(Generic[EventT]):
    """Takes the events of ``kinds`` out of ``stream``, each exactly once; others are passed over.

    ``take`` runs inside the unit of work that notes the event as read. ``name`` stands beside the
    position in the database: a subgraph that reads one stream twice needs two, and a new name
    begins with the first event.
    """

    def __init__(
        self,
        stream: str,
        kinds: Iterable[type[EventT]],
        take: Callable[[UnitOfWork, EventT], Awaitable[None]],
        *,
        name: str | None = None,
    ) -> None:
        self.stream = stream
        self.name = name
        self._kinds = {kind.topic: kind for kind in kinds}
        self._take = take

    def consumer(self) -> Consumer:
        """A reader of its own for each subgraph that is started."""
        return Consumer(self.stream, self.handle, name=self.name, topics=self._kinds)

    async def handle(self, uow: UnitOfWork, envelope: Envelope) -> None:
        """Raises ``pydantic.ValidationError`` for an event that breaks its contract."""
        kind = self._kinds.get(envelope.topic)
        if kind is not None:
            await self._take(uow, kind.read(envelope.payload))

    @classmethod
    def dated(
        cls,
        stream: str,
        kinds: Iterable[type[EventT]],
        take: Callable[[UnitOfWork, EventT, datetime], Awaitable[None]],
        *,
        name: str | None = None,
    ) -> "Replica[EventT]":
        """The same for what counts by time: ``take`` gets the moment of the event as well, which
        is the same whenever the event is read again."""
        return _Dated(stream, kinds, take, name=name)


class _Dated(Replica[EventT]):
    def __init__(
        self,
        stream: str,
        kinds: Iterable[type[EventT]],
        take: Callable[[UnitOfWork, EventT, datetime], Awaitable[None]],
        *,
        name: str | None = None,
    ) -> None:
        self.stream = stream
        self.name = name
        self._kinds = {kind.topic: kind for kind in kinds}
        self._take_at = take

    async def handle(self, uow: UnitOfWork, envelope: Envelope) -> None:
        kind = self._kinds.get(envelope.topic)
        if kind is not None:
            await self._take_at(uow, kind.read(envelope.payload), envelope.occurred_at)


class MissingInReplica(TrellisError):
    """Mixed into errors about objects of another subgraph, whose events may not have been read yet.

    A use case that fails with one is retried once when ``stream`` has been read.
    """

    stream: ClassVar[str]


class Copy(Protocol):
    """A row of a replica: the state of one thing as of ``version``."""

    id: Any
    version: int


async def keep(uow: UnitOfWork, copy: Copy) -> bool:
    """Store ``copy`` unless a newer state is here; answers whether it was stored.

    Of two with the same version the later one holds: events of one key arrive in order, and one
    transaction may announce two. Lost, repeated and late events therefore do no harm.
    """
    known: Copy | None = await uow.session.get(type(copy), copy.id)
    if known is not None and known.version > copy.version:
        return False
    await uow.session.merge(copy)
    return True
