"""Databases as they are after a first start: made once, copied for each test.

Migrating, making a key and writing demo data take most of a second, a copy takes a few
milliseconds; what a test does to its copy no other test sees.
"""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from db.bus import EventBus
from db.settings import DataSettings
from schema.subgraph import Subgraph
from tests.support.subgraphs import running

MakeSubgraph = Callable[[DataSettings, EventBus], Subgraph]


async def seeded_folder(make: MakeSubgraph, folder: Path) -> DataSettings:
    """SQLite files, and whatever else the subgraph keeps beside them."""
    settings = DataSettings(data_dir=folder)
    async with running(make, settings):
        pass
    return settings


def copy_of_folder(template: DataSettings, folder: Path) -> DataSettings:
    """The same files at another place."""
    shutil.copytree(template.data_dir, folder, dirs_exist_ok=True)
    return replace(template, data_dir=folder)


async def seeded_database(make: MakeSubgraph, url: str, folder: Path) -> DataSettings:
    """A database in the PostgreSQL server of ``url``, beside the one that it names."""
    name = f"{make_url(url).database}_seeded"
    await _administer(url, f'create database "{name}"')
    settings = DataSettings(data_dir=folder, database_url=_beside(url, name))
    async with running(make, settings, fresh=False):
        pass
    return settings


async def copy_of_database(template: DataSettings, url: str) -> DataSettings:
    """Another database with the same content; it takes the place of the copy before."""
    assert template.database_url is not None
    name = f"{make_url(url).database}_copy"
    source = make_url(template.database_url).database
    await _administer(
        url,
        f'drop database if exists "{name}" with (force)',
        f'create database "{name}" template "{source}"',
    )
    return replace(template, database_url=_beside(url, name))


def _beside(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


async def _administer(url: str, *statements: str) -> None:
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            for statement in statements:
                await connection.execute(text(statement))
    finally:
        await engine.dispose()
