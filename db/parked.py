"""Events whose delivery failed five times: an operator can list them and send them again."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, insert, select

from trellis.db.engine import Database
from trellis.db.locks import hold
from trellis.db.models import new_metadata, utc_now
from trellis.db.outbox import outbox_of

_OUTBOX = outbox_of(new_metadata())


@dataclass(frozen=True, slots=True)
class ParkedEvent:
    """One event in the outbox that the relay has given up on."""

    id: UUID
    topic: str
    key: str
    error: str


async def parked_events(database: Database) -> Sequence[ParkedEvent]:
    """All parked events of a subgraph, oldest first."""
    columns = _OUTBOX.c.event_id, _OUTBOX.c.topic, _OUTBOX.c.key, _OUTBOX.c.error
    statement = select(*columns).where(_OUTBOX.c.is_dead).order_by(_OUTBOX.c.id)
    async with database.read() as session:
        return [ParkedEvent(*row) for row in await session.execute(statement)]


async def send_again(database: Database) -> int:
    """Put parked events at the end of the outbox, under their old ids; answers how many.

    At the end, because readers have gone past the place where they were.
    """
    kept = ("event_id", "topic", "key", "payload", "headers", "occurred_at")
    async with database.write() as session:
        await hold(session, "outbox")
        dead = select(*(_OUTBOX.c[name] for name in kept)).where(_OUTBOX.c.is_dead)
        found = await session.execute(dead.order_by(_OUTBOX.c.id))
        rows = [{**row, "available_at": utc_now()} for row in found.mappings()]
        if rows:
            await session.execute(delete(_OUTBOX).where(_OUTBOX.c.is_dead))
            await session.execute(insert(_OUTBOX), rows)
        return len(rows)
