"""Units of work: the rows and events of a mutation are committed together or not at all."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.exc import StaleDataError

from trellis.db import outbox
from trellis.db.engine import Database
from trellis.schema.errors import Conflict
from trellis.schema.events.event import Event


class UnitOfWork:
    """What a use case works with: a session inside of its transaction, and what is to happen if it
    commits."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self.events: list[Event] = []
        self.acts_on_commit: list[Callable[[], object]] = []

    def emit(self, event: Event) -> None:
        """Publish ``event`` if and only if this transaction commits."""
        self.events.append(event)

    def on_commit(self, act: Callable[[], object]) -> None:
        """Call ``act`` if and only if this transaction commits. For what cannot fail, such as
        counting: its failure could take nothing back."""
        self.acts_on_commit.append(act)


@asynccontextmanager
async def begin(
    database: Database,
    outbox_table: Table,
    *,
    headers: Mapping[str, Any] | None = None,
    on_commit: Callable[[], None] | None = None,
) -> AsyncGenerator[UnitOfWork]:
    """Run the block in one transaction; an exception rolls everything back.

    ``headers`` travel with each event (request id, actor). ``on_commit`` is called after the
    commit when there were events. Raises ``Conflict`` when another writer changed a versioned
    row in between, ``Unavailable`` when the database does not answer.
    """
    try:
        async with database.write() as session:
            uow = UnitOfWork(session)
            yield uow
            await session.flush()
            if uow.events:
                await outbox.append(session, outbox_table, uow.events, headers or {})
    except StaleDataError as lost:
        raise Conflict("This was changed concurrently. Read it again and retry.") from lost
    if uow.events and on_commit is not None:
        on_commit()
    for act in uow.acts_on_commit:
        act()
