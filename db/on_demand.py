"""Heavy modules that most processes do not need, imported on first use.

This is the only place that imports while running: alembic (with Mako and Pygments) and the Redis
client were a tenth of the start of a server whose databases are up to date and that has no Redis.
"""

from sqlalchemy import MetaData

from trellis.db.bus import EventBus
from trellis.db.engine import Database
from trellis.schema.extras import import_part


async def run_migrations(database: Database, metadata: MetaData) -> None:
    """``trellis.db.migrate.upgrade`` to the newest version."""
    await import_part("trellis.db.migrate", "data").upgrade(database, metadata)


def redis_bus(url: str) -> EventBus:
    """A ``trellis.db.redis_bus.RedisBus``, not connected yet. Raises MissingExtra."""
    return import_part("trellis.db.redis_bus", "redis").RedisBus(url)
