"""Databases as they are after a first start: made once, copied for each test.

Migrating, making a key and writing demo data take most of a second, a copy takes a few
milliseconds; what a test does to its copy no other test sees.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.support.subgraphs import running
from trellis.db.bus import EventBus
from trellis.db.settings import DataSettings
from trellis.schema.subgraph import Subgraph

MakeSubgraph = Callable[[DataSettings, EventBus], Subgraph]


class SeededCopies:
    """Databases of one subgraph with its demo data, each copied from a template.

    The template of a kind of database is made when the first copy of that kind is asked for.
    ``beside`` names subgraphs whose streams it reads and that do not run.
    """

    def __init__(self, make: MakeSubgraph, folder: Path, *, beside: Sequence[str] = ()) -> None:
        self._make = make
        self._folder = folder
        self._beside = beside
        self._templates: dict[str | None, DataSettings] = {}

    async def copy_to(self, wanted: DataSettings) -> DataSettings:
        """A copy in the folder, or beside the PostgreSQL database, that ``wanted`` names; on
        PostgreSQL it takes the place of the copy before."""
        url = wanted.database_url
        if url is None:
            template = self._templates.get(url) or await self._seed_folder()
            return copy_of_folder(template, wanted.data_dir)
        template = self._templates.get(url) or await self._seed_database(url)
        return await copy_of_database(template, url)

    async def _seed_folder(self) -> DataSettings:
        template = await seeded_folder(self._make, self._folder, self._beside)
        self._templates[None] = template
        return template

    async def _seed_database(self, url: str) -> DataSettings:
        template = await seeded_database(self._make, url, self._folder, self._beside)
        self._templates[url] = template
        return template


async def seeded_folder(
    make: MakeSubgraph, folder: Path, beside: Sequence[str] = ()
) -> DataSettings:
    """SQLite files, and whatever else the subgraph keeps beside them."""
    settings = DataSettings(data_dir=folder)
    async with running(make, settings, beside):
        pass
    return settings


def copy_of_folder(template: DataSettings, folder: Path) -> DataSettings:
    """The same files at another place."""
    shutil.copytree(template.data_dir, folder, dirs_exist_ok=True)
    return replace(template, data_dir=folder)


async def seeded_database(
    make: MakeSubgraph, url: str, folder: Path, beside: Sequence[str] = ()
) -> DataSettings:
    """A database in the PostgreSQL server of ``url``, beside the one that it names; the last part
    of ``folder`` tells it from those of other subgraphs."""
    settings = DataSettings(folder, await _empty_database(url, f"{folder.name}_seeded"))
    async with running(make, settings, beside, fresh=False):
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
        # As files: by its log, which is what it does unasked, the server takes 1.6 times as long.
        f'create database "{name}" template "{source}" strategy file_copy',
    )
    return replace(template, database_url=_beside(url, name))


async def emptied(wanted: DataSettings, folder: Path) -> DataSettings:
    """A new folder's SQLite files, or a new database beside the one that ``wanted`` names; the last
    part of ``folder`` tells it from others. What runs there may write files into ``folder``."""
    url = wanted.database_url
    if url is None:
        return DataSettings(folder)
    return DataSettings(folder, await _empty_database(url, f"{folder.name}_empty"))


async def _empty_database(url: str, suffix: str) -> str:
    """Its URL; whatever has the name is dropped before."""
    name = f"{make_url(url).database}_{suffix}"
    await _administer(
        url, f'drop database if exists "{name}" with (force)', f'create database "{name}"'
    )
    return _beside(url, name)


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
