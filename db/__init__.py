"""Persistence for subgraphs: engines, units of work, the outbox, the event bus, migrations."""

from trellis.schema.extras import require_packages

if __name__ != "trellis.db":  # it would be a second copy of every module and class
    raise ImportError(f"{__name__} is imported as trellis.db")

require_packages(
    __name__,
    "data",
    "sqlmodel",
    "sqlalchemy",
    "greenlet",
    "aiosqlite",
    "asyncpg",
    "alembic",
    "broadcaster",
)
