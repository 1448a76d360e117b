"""The base of each subgraph's ``Loaders``: dataloaders over its queries."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Generic, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from strawberry.dataloader import DataLoader

from trellis.db.batching import in_groups
from trellis.db.paging import ChildRows, count_by_parent, pages_by_parent
from trellis.db.storage import Storage
from trellis.schema.identity import Identity
from trellis.schema.inputs import as_uuid
from trellis.schema.paging import Page, PageRequest

Key = TypeVar("Key")
Found = TypeVar("Found")
Kind = TypeVar("Kind")
Row = TypeVar("Row")


class BatchLoaders:
    """Created per operation, so that rows filtered for one caller are never cached for another.

    Batches run concurrently and a session may not: each batch opens its own. Loaders do not refer
    to this object: their rows are freed with it, and not when the collector comes.
    """

    def __init__(self, storage: Storage, caller: Identity) -> None:
        self._storage = storage
        self._caller = caller

    def rows(
        self, query: Callable[[AsyncSession, Identity, list[Key]], Awaitable[Sequence[Found]]]
    ) -> DataLoader[Key, Found]:
        """A loader of a query that takes the caller: one result for each key, in order."""
        storage, caller = self._storage, self._caller

        async def load(keys: list[Key]) -> Sequence[Found]:
            async with storage.read() as session:
                return await query(session, caller, keys)

        return DataLoader(load)

    def parts(
        self, query: Callable[[AsyncSession, list[Key]], Awaitable[Sequence[Found]]]
    ) -> DataLoader[Key, Found]:
        """The same for parts of an object that the caller is already allowed to see."""
        return self.rows(lambda session, _, keys: query(session, keys))

    def current(self, *streams: str) -> DataLoader[None, None]:
        """Loads nothing: waits, once for the operation, until all that the streams have announced
        is kept here. Raises ``Unavailable``."""
        storage = self._storage

        async def wait(keys: list[None]) -> list[None]:
            await asyncio.gather(*map(storage.require_current, streams))
            return keys

        return DataLoader(wait)

    def lists(self, query: Callable[[Identity, Kind], ChildRows[Row]]) -> "Lists[Kind, Row]":
        """Pages of lists; ``query`` says what rows the caller may see in lists of a kind."""
        storage, caller = self._storage, self._caller

        async def pages(
            asked: tuple[Kind, PageRequest], parents: list[UUID]
        ) -> Mapping[UUID, Page[Row]]:
            kind, page = asked
            async with storage.read() as session:
                rows = query(caller, kind)
                return await pages_by_parent(
                    session, rows.statement, rows.entity, rows.parent, parents, page, rows.order
                )

        async def counts(kind: Kind, parents: list[UUID]) -> Mapping[UUID, int]:
            async with storage.read() as session:
                rows = query(caller, kind)
                return await count_by_parent(session, rows.statement, rows.parent, parents)

        return Lists(
            DataLoader(partial(in_groups, load=pages)), DataLoader(partial(in_groups, load=counts))
        )


class Lists(Generic[Kind, Row]):
    """Child lists: the same page of the lists of many parents is one statement."""

    def __init__(
        self,
        pages: DataLoader[tuple[tuple[Kind, PageRequest], UUID], Page[Row]],
        counts: DataLoader[tuple[Kind, UUID], int],
    ) -> None:
        self._pages = pages
        self._counts = counts

    async def load(self, kind: Kind, parent: UUID, page: PageRequest) -> Page[Row]:
        """A page of the list of ``parent``; its rows are counted if the total is selected."""
        found = await self._pages.load(((kind, page), parent))
        return replace(found, count=partial(self._counts.load, (kind, parent)))

    async def load_for(self, kind: Kind, parent: str, page: PageRequest) -> Page[Row]:
        """The same by the id of an entity as other subgraphs give it: of what is no UUID there are
        no rows."""
        id = as_uuid(parent)
        return Page() if id is None else await self.load(kind, id, page)
