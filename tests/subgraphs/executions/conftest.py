from collections.abc import AsyncIterator

import pytest

from tests.subgraphs.executions.quiet import make_quiet
from tests.support.subgraphs import Running, running
from tests.support.templates import SeededCopies
from trellis.db.settings import DataSettings

BESIDE = ["accounts"]


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> SeededCopies:
    return SeededCopies(make_quiet, tmp_path_factory.mktemp("executions"), beside=BESIDE)


@pytest.fixture
async def executions(data_settings: DataSettings, seeded: SeededCopies) -> AsyncIterator[Running]:
    settings = await seeded.copy_to(data_settings)
    async with running(make_quiet, settings, BESIDE, fresh=False) as subgraph:
        yield subgraph
