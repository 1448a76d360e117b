from collections.abc import AsyncIterator

import pytest

from tests.subgraphs.search.asking import unseeded
from tests.support.subgraphs import Running, running
from tests.support.templates import SeededCopies
from trellis.db.settings import DataSettings
from trellis.subgraphs.search.graph import make_subgraph

BESIDE = ["accounts", "projects", "issues", "tasks", "learning"]


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> SeededCopies:
    return SeededCopies(make_subgraph, tmp_path_factory.mktemp("search"), beside=BESIDE)


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> SeededCopies:
    return SeededCopies(unseeded, tmp_path_factory.mktemp("bare_search"), beside=BESIDE)


@pytest.fixture
async def search(data_settings: DataSettings, seeded: SeededCopies) -> AsyncIterator[Running]:
    settings = await seeded.copy_to(data_settings)
    async with running(make_subgraph, settings, BESIDE, fresh=False) as subgraph:
        yield subgraph


@pytest.fixture
async def empty(data_settings: DataSettings, bare: SeededCopies) -> AsyncIterator[Running]:
    """Without demo data."""
    settings = await bare.copy_to(data_settings)
    async with running(unseeded, settings, BESIDE, fresh=False) as subgraph:
        yield subgraph
