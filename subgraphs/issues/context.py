"""What a resolver of issues may reach."""

from uuid import UUID

from trellis.db.caller_context import CallerContext
from trellis.db.consumer import Consumer
from trellis.db.storage import Storage
from trellis.schema.request import RequestContext
from trellis.subgraphs.issues import queries
from trellis.subgraphs.issues.loaders import Loaders


class Context(CallerContext[Loaders]):
    """One operation of one caller; a subscription refreshes it before each event."""

    def __init__(self, request: RequestContext, storage: Storage, projects: Consumer) -> None:
        super().__init__(request, storage)
        self._projects = projects

    def make_loaders(self) -> Loaders:
        return Loaders(self.storage, self.caller)

    async def sees_project(self, id: UUID, *, member_id: UUID | None = None) -> bool:
        """Whether the caller sees the project, and ``member_id`` is one of its people.

        If not, the news of it may be on the way: wait for what projects has announced so far,
        and look again.
        """
        if await self._sees_project_now(id, member_id):
            return True
        await self._projects.catch_up()
        return await self._sees_project_now(id, member_id)

    async def _sees_project_now(self, id: UUID, member_id: UUID | None) -> bool:
        async with self.storage.read() as session:
            if await queries.project(session, self.caller, id) is None:
                return False
            return member_id is None or await queries.member(session, id, member_id) is not None
