from collections.abc import AsyncIterator

import pytest

from tests.subgraphs.reporting.quiet import make_quiet
from tests.support.subgraphs import Running, running
from tests.support.templates import SeededCopies
from trellis.db.settings import DataSettings

BESIDE = ["accounts", "projects", "workflows", "issues", "tasks", "timetracking"]


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> SeededCopies:
    return SeededCopies(make_quiet, tmp_path_factory.mktemp("reporting"), beside=BESIDE)


@pytest.fixture
async def reporting(data_settings: DataSettings, seeded: SeededCopies) -> AsyncIterator[Running]:
    settings = await seeded.copy_to(data_settings)
    async with running(make_quiet, settings, BESIDE, fresh=False) as subgraph:
        yield subgraph
