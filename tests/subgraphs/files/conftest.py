from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.subgraphs import Running, running
from tests.support.templates import SeededCopies
from trellis.db.settings import DataSettings
from trellis.subgraphs.files.graph import make_subgraph

BESIDE = ["accounts", "projects", "issues", "tasks", "comments", "learning", "chat"]


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> SeededCopies:
    return SeededCopies(make_subgraph, tmp_path_factory.mktemp("files"), beside=BESIDE)


@pytest.fixture
async def files(
    data_settings: DataSettings, seeded: SeededCopies, tmp_path: Path
) -> AsyncIterator[Running]:
    settings = await seeded.copy_to(data_settings)
    settings = replace(settings, data_dir=tmp_path)  # bytes are beside no database of a server
    async with running(make_subgraph, settings, BESIDE, fresh=False) as subgraph:
        yield subgraph
