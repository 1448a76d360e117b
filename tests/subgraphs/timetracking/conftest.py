from collections.abc import AsyncIterator

import pytest

from tests.support.subgraphs import Running, running
from tests.support.templates import SeededCopies
from trellis.db.settings import DataSettings
from trellis.subgraphs.timetracking.graph import make_subgraph

BESIDE = ["accounts", "projects", "tasks"]


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> SeededCopies:
    return SeededCopies(make_subgraph, tmp_path_factory.mktemp("hours"), beside=BESIDE)


@pytest.fixture
async def hours(data_settings: DataSettings, seeded: SeededCopies) -> AsyncIterator[Running]:
    settings = await seeded.copy_to(data_settings)
    async with running(make_subgraph, settings, BESIDE, fresh=False) as subgraph:
        yield subgraph
