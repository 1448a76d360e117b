"""What a resolver of projects may reach."""

from collections.abc import Iterable
from uuid import UUID

from trellis.db.caller_context import CallerContext
from trellis.db.consumer import Consumer
from trellis.db.storage import Storage
from trellis.schema.request import RequestContext
from trellis.subgraphs.projects import queries
from trellis.subgraphs.projects.loaders import Loaders


class Context(CallerContext[Loaders]):
    """One operation of one caller; a subscription refreshes it before each event."""

    def __init__(
        self, request: RequestContext, storage: Storage, people: Consumer, teams: Consumer
    ) -> None:
        super().__init__(request, storage)
        self._people = people
        self._teams = teams

    def make_loaders(self) -> Loaders:
        return Loaders(self.storage, self.caller)

    async def expect_people(self, ids: Iterable[UUID | None]) -> None:
        """Somebody who came to the caller's organization a moment ago: wait for the news from
        accounts. For strangers too: how long it takes must not tell who is one."""
        wanted = {id for id in ids if id is not None and id != self.caller.id}
        if not wanted:
            return
        async with self.storage.read() as session:
            known = await queries.people(session, wanted)
        here = {one.id for one in known.values() if one.organization_id == self.caller.tenant_id}
        if wanted - here:
            await self._people.catch_up()

    async def expect_team(self, id: UUID | None) -> None:
        """The same for a team that was made a moment ago."""
        if id is None:
            return
        async with self.storage.read() as session:
            is_here = await queries.team_belongs_to(session, id, self.caller.tenant_id)
        if not is_here:
            await self._teams.catch_up()
