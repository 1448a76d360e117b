"""Everything that a subgraph keeps, to see that a refused change has left no trace."""

from sqlalchemy import select

from tests.support.subgraphs import Running

# Written by readers of other streams whenever these have something to say.
_OF_READERS = frozenset({"inbox", "consumer_position"})
# What the relay notes in the outbox while it carries events away.
_OF_THE_RELAY = frozenset(
    {"attempts", "available_at", "lease_until", "done_at", "is_dead", "error"}
)


async def kept(running: Running) -> dict[str, list[str]]:
    """The rows of each table as text, the events announced so far among them."""
    storage = running.context().storage
    told: dict[str, list[str]] = {}
    async with storage.read() as session:
        for name, table in storage.metadata.tables.items():
            if name not in _OF_READERS:
                left_out = _OF_THE_RELAY if name == "outbox" else frozenset()
                columns = (column for column in table.c if column.name not in left_out)
                told[name] = sorted(map(str, await session.execute(select(*columns))))
    return told
