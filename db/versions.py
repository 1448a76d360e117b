"""Reads the migration version of a database without importing alembic."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from trellis.db.engine import Database

MIGRATIONS = Path(__file__).parent / "migrations"


def newest_version(subgraph: str) -> str | None:
    """The subgraph's latest migration, by the number at the start of its file name."""
    files = version_folder(subgraph).glob("[0-9]*_*.py")
    return max((file.name.partition("_")[0] for file in files), default=None)


def version_folder(subgraph: str) -> Path:
    """The folder of the subgraph's migrations."""
    return MIGRATIONS / subgraph / "versions"


async def is_at_newest(database: Database) -> bool:
    """Whether there is nothing to migrate. A database that was never migrated, or by a newer
    release than this one, is not: what to do then is alembic's to say."""
    async with database.engine.connect() as connection:
        return await connection.run_sync(_stored_versions) == [newest_version(database.name)]


def _stored_versions(connection: Connection) -> list[str]:
    if not inspect(connection).has_table("alembic_version"):
        return []
    return list(connection.scalars(text("select version_num from alembic_version")))
