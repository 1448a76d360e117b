from collections.abc import AsyncIterator

import pytest

from tests.subgraphs.payments.asking import BESIDE
from tests.subgraphs.payments.quiet import make_empty
from tests.support.subgraphs import Running, running
from tests.support.templates import SeededCopies
from trellis.db.settings import DataSettings


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> SeededCopies:
    return SeededCopies(make_empty, tmp_path_factory.mktemp("payments"), beside=BESIDE)


@pytest.fixture
async def payments(data_settings: DataSettings, migrated: SeededCopies) -> AsyncIterator[Running]:
    """Nothing is charged unless a test does it (``asking.work``)."""
    settings = await migrated.copy_to(data_settings)
    async with running(make_empty, settings, BESIDE, fresh=False) as subgraph:
        yield subgraph
