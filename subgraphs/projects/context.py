"""What a resolver of projects may reach."""

from collections.abc import Iterable
from uuid import UUID

from db.caller_context import CallerContext
from db.consumer import Consumer
from db.storage import Storage
from schema.request import RequestContext
from subgraphs.projects import queries
from subgraphs.projects.loaders import Loaders


class Context(CallerContext[Loaders]):
    """One operation of one caller; a subscription refreshes it before each event."""

    def __init__(self, request: RequestContext, storage: Storage, people: Consumer) -> None:
        super().__init__(request, storage)
        self._people = people

    def make_loaders(self) -> Loaders:
        return Loaders(self.storage, self.caller)

    async def expect_people(self, ids: Iterable[UUID | None]) -> None:
        """Somebody who registered a moment ago: wait for the news from accounts."""
        wanted = {id for id in ids if id is not None and id != self.caller.id}
        if not wanted:
            return
        async with self.storage.read() as session:
            known = await queries.people(session, wanted)
        if wanted - known.keys():
            await self._people.catch_up()
