"""What the resolvers of a subgraph that keeps data share: one caller, loaders, transactions."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from trellis.db.storage import Storage
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.errors import Unauthenticated
from trellis.schema.identity import Identity
from trellis.schema.request import RequestContext

LoadersT = TypeVar("LoadersT")


class CallerContext(ABC, Generic[LoadersT]):
    """One operation of one caller; a subscription refreshes it before each event."""

    loaders: LoadersT

    def __init__(self, request: RequestContext, storage: Storage) -> None:
        self.request = request
        self.storage = storage
        self.refresh()

    @abstractmethod
    def make_loaders(self) -> LoadersT:
        """Loaders that have not read anything yet."""

    def refresh(self) -> None:
        """Forget all rows that were loaded so far."""
        self.loaders = self.make_loaders()

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
