from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.subgraphs.accounts.cheap_passwords import cheap_passwords
from tests.subgraphs.accounts.letters import Letters
from tests.support.subgraphs import Running, running
from tests.support.templates import (
    copy_of_database,
    copy_of_folder,
    seeded_database,
    seeded_folder,
)
from trellis.db.bus import EventBus
from trellis.db.settings import DataSettings
from trellis.schema.subgraph import Subgraph
from trellis.subgraphs.accounts.graph import make_subgraph


@pytest.fixture
def letters() -> Letters:
    return Letters()


def _make(settings: DataSettings, bus: EventBus) -> Subgraph:
    return make_subgraph(settings, bus, mailer=Letters(), passwords=cheap_passwords())


@pytest.fixture(scope="session")
async def accounts_folder(tmp_path_factory: pytest.TempPathFactory) -> DataSettings:
    return await seeded_folder(_make, tmp_path_factory.mktemp("accounts"))


@pytest.fixture(scope="session")
async def accounts_database(
    postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> DataSettings:
    return await seeded_database(_make, postgres_url, tmp_path_factory.mktemp("accounts"))


@pytest.fixture
def template(request: pytest.FixtureRequest, data_settings: DataSettings) -> DataSettings:
    """Where the demo data is, of the kind that ``data_settings`` wants."""
    is_sqlite = data_settings.database_url is None
    return request.getfixturevalue("accounts_folder" if is_sqlite else "accounts_database")


@pytest.fixture
async def accounts(
    template: DataSettings, data_settings: DataSettings, letters: Letters
) -> AsyncIterator[Running]:
    if data_settings.database_url is None:
        settings = copy_of_folder(template, data_settings.data_dir)
    else:
        settings = await copy_of_database(template, data_settings.database_url)

    def make(settings: DataSettings, bus: EventBus) -> Subgraph:
        return make_subgraph(settings, bus, mailer=letters, passwords=cheap_passwords())

    async with running(make, settings, fresh=False) as subgraph:
        yield subgraph


@pytest.fixture
async def accounts_on_sqlite(
    accounts_folder: DataSettings, tmp_path: Path, letters: Letters
) -> AsyncIterator[Running]:
    """For what no database can make a difference to."""

    def make(settings: DataSettings, bus: EventBus) -> Subgraph:
        return make_subgraph(settings, bus, mailer=letters, passwords=cheap_passwords())

    settings = copy_of_folder(accounts_folder, tmp_path)
    async with running(make, settings, fresh=False) as subgraph:
        yield subgraph
