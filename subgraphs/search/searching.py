"""One search of one caller: its hits and its counts agree on what was looked for."""

import asyncio
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from trellis.db.storage import Storage
from trellis.schema.identity import Identity
from trellis.schema.paging import Page, PageRequest
from trellis.subgraphs.search import queries, word_queries
from trellis.subgraphs.search.queries import Counted, Hit, SearchFilters
from trellis.subgraphs.search.wanted import Wanted


class Search:
    """If nothing is found as it was spelt, misspelt words are corrected, for all parts alike."""

    def __init__(
        self, storage: Storage, caller: Identity, wanted: Wanted, filters: SearchFilters
    ) -> None:
        self._storage = storage
        self._caller = caller
        self._written = wanted
        self._filters = filters
        self._looked: tuple[Wanted, Counted] | None = None
        self._looking = asyncio.Lock()

    async def wanted(self) -> Wanted:
        """What was looked for in the end."""
        return (await self._look())[0]

    async def page(self, page: PageRequest) -> Page[Hit]:
        """Raises ``BadUserInput`` for a cursor of another list."""
        wanted, counted = await self._look()

        async def count() -> int:
            return counted.total

        async with self._storage.read() as session:
            found = await queries.page_of_hits(session, self._caller, wanted, self._filters, page)
        return replace(found, count=count)

    async def counted(self) -> Counted:
        """How many hits there are of what."""
        return (await self._look())[1]

    async def correction(self) -> str | None:
        """The words that were looked for instead of what was written."""
        wanted = await self.wanted()
        return " ".join(wanted.words) if wanted != self._written else None

    async def _look(self) -> tuple[Wanted, Counted]:
        """Once for all parts. Counting looks at all hits, as sorting them for a page does."""
        async with self._looking:
            if self._looked is None:
                async with self._storage.read() as session:
                    self._looked = await self._look_with(session)
        return self._looked

    async def _look_with(self, session: AsyncSession) -> tuple[Wanted, Counted]:
        caller, written, filters = self._caller, self._written, self._filters
        counted = await queries.count_hits(session, caller, written, filters)
        if counted.total == 0:
            better = await word_queries.corrected(session, caller, written, filters)
            if better is not None:
                again = await queries.count_hits(session, caller, better, filters)
                if again.total > 0:
                    return better, again
        return written, counted
