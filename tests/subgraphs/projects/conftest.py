from collections.abc import AsyncIterator

import pytest

from db.settings import DataSettings
from subgraphs.projects.graph import make_subgraph
from tests.support.subgraphs import Running, running


@pytest.fixture
async def projects(data_settings: DataSettings) -> AsyncIterator[Running]:
    async with running(make_subgraph, data_settings, beside=["accounts"]) as subgraph:
        yield subgraph
