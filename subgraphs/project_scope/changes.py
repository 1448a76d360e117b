"""Subscriptions to what is made or changed within one project."""

from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing
from typing import TypeVar
from uuid import UUID

from strawberry.dataloader import DataLoader

from trellis.db.caller_context import CallerContext
from trellis.schema.inputs import known_id
from trellis.subgraphs.project_scope.scope import ProjectNotFound, ProjectScope

LoadersT = TypeVar("LoadersT")
Row = TypeVar("Row")


async def changes_within(
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

    await context.with_news(see_project)
    async with aclosing(context.storage.events(after)) as events:
        async for event in events:
            if event.topic not in topics or event.payload["project_id"] != str(wanted):
                continue
            context.refresh()
            row = await rows(context.loaders).load(UUID(event.key))
            if row is not None:
                yield row, event.cursor
            else:
                await context.with_news(see_project)
