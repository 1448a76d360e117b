"""Subscriptions to rows: each event of a stream that is about one, and the row as it is then."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import TypeVar
from uuid import UUID

from strawberry.dataloader import DataLoader

from trellis.db.caller_context import CallerContext
from trellis.db.outbox import Envelope

LoadersT = TypeVar("LoadersT")
Row = TypeVar("Row")


async def changed_rows(
    context: CallerContext[LoadersT],
    after: str | None,
    id_of: Callable[[Envelope], UUID | None],
    rows: Callable[[LoadersT], DataLoader[UUID, Row | None]],
    *,
    require: Callable[[], Awaitable[object]] | None = None,
) -> AsyncGenerator[tuple[Row, str]]:
    """Each row that an event of this subgraph is about, with the event's cursor; use it inside
    ``aclosing``. With ``after``, such a cursor, it begins with what was missed.

    ``id_of`` is the id of the row, None for an event that is about none. ``rows`` chooses the
    loader of the rows, which are loaded anew for each event. ``require`` is called at the beginning
    and in place of each row that is gone or that the caller may not see; what it raises ends the
    subscription.
    """
    if require is not None:
        await require()
    async with aclosing(context.storage.events(after)) as events:
        async for event in events:
            id = id_of(event)
            if id is None:
                continue
            context.refresh()
            row = await rows(context.loaders).load(id)
            if row is not None:
                yield row, event.cursor
            elif require is not None:
                await require()
