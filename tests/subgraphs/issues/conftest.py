from collections.abc import AsyncIterator

import pytest

from db.settings import DataSettings
from subgraphs.issues.graph import make_subgraph
from tests.support.subgraphs import Running, running


@pytest.fixture
async def issues(data_settings: DataSettings) -> AsyncIterator[Running]:
    async with running(make_subgraph, data_settings, beside=["projects"]) as subgraph:
        yield subgraph
