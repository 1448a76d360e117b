from collections.abc import AsyncIterator

import pytest

from tests.subgraphs.orders.asking import BESIDE
from tests.subgraphs.orders.quiet import make_quiet
from tests.support.subgraphs import Running, running
from tests.support.templates import SeededCopies
from trellis.db.settings import DataSettings


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> SeededCopies:
    return SeededCopies(make_quiet, tmp_path_factory.mktemp("orders"), beside=BESIDE)


@pytest.fixture
async def shop(data_settings: DataSettings, seeded: SeededCopies) -> AsyncIterator[Running]:
    settings = await seeded.copy_to(data_settings)
    async with running(make_quiet, settings, BESIDE, fresh=False) as subgraph:
        yield subgraph
