"""How subgraphs keep their data: engines, units of work, the outbox, the bus, migrations."""

from trellis.schema.extras import require_packages

if __name__ != "trellis.db":  # a second copy of every module, with classes of its own
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
