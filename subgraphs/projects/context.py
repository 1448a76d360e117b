"""What a resolver of projects may reach."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from uuid import UUID

from db.consumer import Consumer
from db.storage import Storage
from db.unit_of_work import UnitOfWork
from schema.errors import Unauthenticated
from schema.identity import Identity
from schema.request import RequestContext
from subgraphs.projects import queries
from subgraphs.projects.loaders import Loaders


class Context:
    """One operation of one caller; a subscription refreshes it before each event."""

    def __init__(self, request: RequestContext, storage: Storage, people: Consumer) -> None:
        self.request = request
        self.storage = storage
        self._people = people
        self.refresh()

    def refresh(self) -> None:
        """Forget all rows that were loaded so far."""
        self.loaders = Loaders(self.storage, self.caller)

    @property
    def caller(self) -> Identity:
        return self.request.identity

    @asynccontextmanager
    async def begin(self) -> AsyncGenerator[UnitOfWork]:
        """One transaction for one mutation field. Raises ``Unauthenticated`` for nobody."""
        if not self.caller.is_authenticated:
            raise Unauthenticated("Log in to change anything.")
        headers = {"actorId": str(self.caller.id), "requestId": self.request.request_id}
        async with self.storage.begin(headers) as uow:
            yield uow
        # What was loaded before the change must not answer for what comes after it.
        self.refresh()

    async def expect_people(self, ids: Iterable[UUID | None]) -> None:
        """Somebody who registered a moment ago: wait for the news from accounts."""
        wanted = {id for id in ids if id is not None and id != self.caller.id}
        if not wanted:
            return
        async with self.storage.read() as session:
            known = await queries.people(session, wanted)
        if wanted - known.keys():
            await self._people.catch_up()
