"""Per-request batches: whatever the number of rows, one statement per kind of question."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trellis.db.loaders import BatchLoaders
from trellis.db.storage import Storage
from trellis.schema.identity import Identity
from trellis.subgraphs.reporting import queries
from trellis.subgraphs.reporting.store import STORE


class Loaders(BatchLoaders):
    def __init__(self, storage: Storage, caller: Identity) -> None:
        super().__init__(storage, caller)
        self.zone = self.parts(queries.zones_of)
        self.project_figures = self.rows(queries.project_figures)
        self.user_figures = self.rows(queries.user_figures)
        self.report = self.rows(queries.reports_by_id)
        self.link = self.rows(_links)


async def _links(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> Sequence[str | None]:
    """Links to the files of the caller's reports."""
    reports = await queries.reports_by_id(session, caller, ids)
    made = iter(await STORE.links(session, [one for one in reports if one is not None]))
    return [next(made) if one is not None else None for one in reports]
