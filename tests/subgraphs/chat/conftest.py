from collections.abc import AsyncIterator

import pytest

from tests.support.subgraphs import Running, running
from tests.support.templates import SeededCopies
from trellis.db.settings import DataSettings
from trellis.subgraphs.chat.graph import make_subgraph

BESIDE = ["accounts", "files", "learning"]


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> SeededCopies:
    return SeededCopies(make_subgraph, tmp_path_factory.mktemp("chat"), beside=BESIDE)


@pytest.fixture
async def chat(data_settings: DataSettings, seeded: SeededCopies) -> AsyncIterator[Running]:
    settings = await seeded.copy_to(data_settings)
    async with running(make_subgraph, settings, BESIDE, fresh=False) as subgraph:
        yield subgraph
