from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.accounts.providers.browsing import serving
from tests.support.provider import LocalProvider, local_provider
from tests.support.subgraphs import Running
from tests.support.templates import copy_of_database, copy_of_folder
from trellis.db.settings import DataSettings


@pytest.fixture(scope="module")
async def running_provider() -> AsyncIterator[LocalProvider]:
    async with local_provider() as provider:
        yield provider


@pytest.fixture
def provider(running_provider: LocalProvider) -> LocalProvider:
    running_provider.__init__(running_provider.issuer)
    return running_provider


@pytest.fixture
async def accounts(
    accounts_folder: DataSettings, tmp_path: Path, provider: LocalProvider, letters: Letters
) -> AsyncIterator[Running]:
    folder = copy_of_folder(accounts_folder, tmp_path)
    async with serving(folder, provider, letters=letters) as subgraph:
        yield subgraph


@pytest.fixture
async def accounts_anywhere(
    template: DataSettings, data_settings: DataSettings, provider: LocalProvider
) -> AsyncIterator[Running]:
    """On both databases, for what they decide: who of several is the first."""
    if data_settings.database_url is None:
        settings = copy_of_folder(template, data_settings.data_dir)
    else:
        settings = await copy_of_database(template, data_settings.database_url)
    async with serving(settings, provider) as subgraph:
        yield subgraph
