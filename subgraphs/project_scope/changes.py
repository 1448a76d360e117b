"""Subscriptions to what is made or changed within one project."""

from collections.abc import AsyncGenerator, Callable, Collection
from typing import TypeVar
from uuid import UUID

from strawberry.dataloader import DataLoader

from trellis.db.caller_context import CallerContext
from trellis.db.outbox import Envelope
from trellis.db.subscriptions import changed_rows
from trellis.schema.inputs import known_id
from trellis.subgraphs.project_scope.scope import ProjectNotFound, ProjectScope

LoadersT = TypeVar("LoadersT")
Row = TypeVar("Row")


def changes_within(
    context: CallerContext[LoadersT],
    projects: ProjectScope,
    project_id: str,
    topics: Collection[str],
    rows: Callable[[LoadersT], DataLoader[UUID, Row | None]],
    after: str | None,
) -> AsyncGenerator[tuple[Row, str]]:
    """Each row that an event of ``topics`` in the project is about, with the event's cursor; use it
    inside ``aclosing``. With ``after``, such a cursor, it begins with what was missed.

    Events have the id of their row as key, and a ``project_id``. ``rows`` chooses the loader of
    the rows, which are loaded anew for each event; None is a row that the caller may not see.

    Raises ``ProjectNotFound`` when the project is gone or the caller may not see it any more.
    """
    wanted = known_id(project_id, ProjectNotFound)

    async def see_project() -> None:
        async with context.storage.read() as session:
            await projects.require(session, context.caller, wanted)

    def id_of(event: Envelope) -> UUID | None:
        is_within = event.topic in topics and event.payload["project_id"] == str(wanted)
        return UUID(event.key) if is_within else None

    async def require() -> None:
        await context.with_news(see_project)

    return changed_rows(context, after, id_of, rows, require=require)
