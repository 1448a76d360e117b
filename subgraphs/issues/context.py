"""What a resolver of issues may reach."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID

from db.consumer import Consumer
from db.storage import Storage
from db.unit_of_work import UnitOfWork
from schema.errors import Unauthenticated
from schema.identity import Identity
from schema.request import RequestContext
from subgraphs.issues import queries
from subgraphs.issues.loaders import Loaders


class Context:
    """One operation of one caller; a subscription refreshes it before each event."""

    def __init__(self, request: RequestContext, storage: Storage, projects: Consumer) -> None:
        self.request = request
        self.storage = storage
        self._projects = projects
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
