"""Reads from the outbox what has changed, for routers that keep answers until it does."""

import json
from datetime import timedelta

from sqlalchemy import select

from trellis.db.models import utc_now
from trellis.db.outbox import head_of, outbox_of, read_after
from trellis.db.storage import Storage
from trellis.schema.changes import Changes, ids_in

# Copies in other subgraphs are updated within milliseconds of an event, and after an outage of a
# second or two; an answer given meanwhile must not be kept beyond that.
SETTLED_AFTER = timedelta(seconds=5)
# More than that since the last look costs more than executing the operation again.
_MOST_EVENTS = 200


async def read_changes(storage: Storage, position: str | None) -> Changes:
    """The ids that events after ``position`` mention (``trellis.schema.changes.ReadChanges``).

    Parked events are left out: their readers do not get them either. Raises ``Unavailable``.
    """
    outbox = outbox_of(storage.metadata)
    async with storage.read() as session:
        if position is None:
            # Backwards by the primary key: it looks at events of the last seconds only.
            settled = (
                select(outbox.c.id)
                .where(outbox.c.occurred_at < utc_now() - SETTLED_AFTER)
                .order_by(outbox.c.id.desc())
                .limit(1)
            )
            return Changes(str((await session.execute(settled)).scalar() or 0), frozenset())
        events = await read_after(session, outbox, int(position), _MOST_EVENTS)
        if len(events) == _MOST_EVENTS:
            return Changes(str(await head_of(session, outbox)), None)
    if not events:
        return Changes(position, frozenset())
    mentioned = [[event.key, event.payload] for event in events]
    return Changes(events[-1].cursor, ids_in(json.dumps(mentioned)))
