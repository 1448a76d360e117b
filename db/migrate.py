"""Runs the migrations of one subgraph: its own line of versions in its own database or schema."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.schema import CreateSchema

from trellis.db.engine import Database
from trellis.db.versions import MIGRATIONS, version_folder

# How long a process waits while another one that started with it migrates the same SQLite file.
_BUSY_SECONDS = 30.0


async def upgrade(database: Database, metadata: MetaData, revision: str = "head") -> None:
    """Bring the database to ``revision``; does nothing when it is there. Safe to run at once."""
    await _run(database, metadata, lambda config: command.upgrade(config, revision))


async def downgrade(database: Database, metadata: MetaData, revision: str = "base") -> None:
    """Take migrations back, down to an empty database by default: all data is lost."""
    await _run(database, metadata, lambda config: command.downgrade(config, revision))


async def make_revision(database: Database, metadata: MetaData, message: str) -> None:
    """Write a new migration file from the difference between database and models."""
    made = len(list(version_folder(database.name).glob("*.py")))
    number = f"{made + 1:04d}"
    await _run(
        database,
        metadata,
        lambda config: command.revision(config, message, autogenerate=True, rev_id=number),
    )


async def differences(database: Database, metadata: MetaData) -> list[Any]:
    """What the models have that the database has not, or the reverse; empty when they agree."""

    def compare(connection: Connection) -> list[Any]:
        options = {
            "compare_type": True,
            "compare_server_default": True,
            "include_name": is_described_by(metadata),
        }
        return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)

    async with database.engine.connect() as connection:
        return await connection.run_sync(compare)


def is_described_by(metadata: MetaData) -> Callable[[str | None, str, Any], bool]:
    """Alembic's filter of names without the tables that models cannot describe, such as SQLite's
    virtual ones with what they keep behind them: ``metadata.info["beside_models"]`` names them, and
    only migrations make them."""
    beside = tuple(metadata.info.get("beside_models", ()))

    def is_described(name: str | None, kind: str, _parents: Any) -> bool:
        if kind != "table" or name is None:
            return True
        return not any(name == own or name.startswith(f"{own}_") for own in beside)

    return is_described


async def _run(database: Database, metadata: MetaData, act: Any) -> None:
    config = _config(database.name)

    def with_connection(connection: Connection) -> None:
        config.attributes.update(
            connection=connection, metadata=metadata, include_name=is_described_by(metadata)
        )
        act(config)

    engine = database.engine.execution_options(write=True, busy_seconds=_BUSY_SECONDS)
    async with engine.begin() as connection:
        if database.is_postgres:
            # Two processes that start together: the second waits and finds nothing to do.
            lock = text("select pg_advisory_xact_lock(hashtext(:name))")
            await connection.execute(lock, {"name": f"migrate:{database.name}"})
            await connection.execute(CreateSchema(database.name, if_not_exists=True))
        await connection.run_sync(with_connection)


def _config(subgraph: str) -> Config:
    config = Config()
    config.set_main_option("script_location", _escaped(MIGRATIONS))
    config.set_main_option("version_locations", _escaped(version_folder(subgraph)))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return config


def _escaped(path: Path) -> str:
    return str(path).replace("%", "%%")
