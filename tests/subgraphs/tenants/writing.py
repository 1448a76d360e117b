"""How a domain's ``planting.py`` writes rows past its use cases."""

from collections.abc import Sequence
from typing import Any

from tests.support.subgraphs import Running
from trellis.schema.events.event import Event


async def write(part: Running, *batches: Sequence[Any], events: Sequence[Event] = ()) -> None:
    """Rows, batch by batch since those of one may refer to those of the one before, and events,
    all in one transaction."""
    async with part.context().storage.begin() as uow:
        for batch in batches:
            uow.session.add_all(batch)
            await uow.session.flush()
        for event in events:
            uow.emit(event)
