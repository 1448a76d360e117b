"""The resolver context of subgraphs with tables: the caller, loaders, transactions."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Concatenate, Generic, ParamSpec, TypeVar

from sqlalchemy import Select

from trellis.db.dry_run import DryRunEnded, rolled_back
from trellis.db.paging import NEWEST_FIRST, SortColumn, count_of, page_of
from trellis.db.replica import MissingInReplica
from trellis.db.storage import Storage
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.errors import Unauthenticated
from trellis.schema.identity import Identity
from trellis.schema.paging import Page, PageRequest
from trellis.schema.request import RequestContext

LoadersT = TypeVar("LoadersT")
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
Row = TypeVar("Row")


class CallerContext(Generic[LoadersT]):
    """The context of one operation of one caller; a subscription refreshes it for each event."""

    loaders: LoadersT

    def __init__(
        self,
        request: RequestContext,
        storage: Storage,
        make_loaders: Callable[[Storage, Identity], LoadersT],
    ) -> None:
        self.request = request
        self.storage = storage
        self._make_loaders = make_loaders
        self.refresh()

    def refresh(self) -> None:
        """Discard all cached rows."""
        self.loaders = self._make_loaders(self.storage, self.caller)

    @property
    def caller(self) -> Identity:
        return self.request.identity

    async def page(
        self,
        statement: Select[Row],
        entity: type[Row],
        page: PageRequest,
        order: Sequence[SortColumn] = NEWEST_FIRST,
    ) -> Page[Row]:
        """One page of the rows of ``statement``, which are counted if the total is selected."""

        async def count() -> int:
            async with self.storage.read() as session:
                return await count_of(session, statement)

        async with self.storage.read() as session:
            found = await page_of(session, statement, entity, page, order)
        return replace(found, count=count)

    def begin(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """A transaction for one mutation field. Raises ``Unauthenticated`` without a caller."""
        if not self.caller.is_authenticated:
            raise Unauthenticated("Log in to change anything.")
        return self._begin()

    @asynccontextmanager
    async def _begin(self) -> AsyncGenerator[UnitOfWork]:
        headers = {"actorId": str(self.caller.id), "requestId": self.request.request_id}
        async with self.unless_dry_run(self.storage.begin(headers)) as uow:
            yield uow
        # Rows cached before the change must not be used for the mutation's selection.
        self.refresh()

    def unless_dry_run(
        self, transaction: AbstractAsyncContextManager[UnitOfWork]
    ) -> AbstractAsyncContextManager[UnitOfWork]:
        """The transaction, which a dry run rolls back."""
        return rolled_back(transaction) if self.request.is_dry_run else transaction

    def end_dry_run(self) -> None:
        """To be called before an effect that no transaction takes back. Raises ``DryRunEnded`` in a
        dry run."""
        if self.request.is_dry_run:
            raise DryRunEnded

    async def transact(
        self,
        use_case: Callable[Concatenate[UnitOfWork, Identity, Arguments], Awaitable[Result]],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """Run the use case in its own transaction and return its result.

        Committed when this returns, so before the selection set resolves: loaders read from other
        sessions. Raises what ``begin`` and the use case raise.
        """

        async def attempt() -> Result:
            async with self.begin() as uow:
                return await use_case(uow, self.caller, *args, **kwargs)

        return await self.with_news(attempt)

    async def with_news(self, attempt: Callable[[], Awaitable[Result]]) -> Result:
        """``attempt``, once more if it fails for want of something that another subgraph may have
        made a moment ago: then what that has announced so far is waited for."""
        try:
            return await attempt()
        except MissingInReplica as missing:
            await self.storage.catch_up(missing.stream)
        return await attempt()
