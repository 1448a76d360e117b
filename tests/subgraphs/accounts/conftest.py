from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from db.bus import EventBus
from db.settings import DataSettings
from schema.subgraph import Subgraph
from subgraphs.accounts.graph import make_subgraph
from tests.subgraphs.accounts.letters import Letters
from tests.support.subgraphs import Running, running


@pytest.fixture
def letters() -> Letters:
    return Letters()


@pytest.fixture
async def accounts(data_settings: DataSettings, letters: Letters) -> AsyncIterator[Running]:
    def make(settings: DataSettings, bus: EventBus) -> Subgraph:
        return make_subgraph(settings, bus, mailer=letters)

    async with running(make, data_settings) as subgraph:
        yield subgraph


@pytest.fixture
async def accounts_on_sqlite(tmp_path: Path, letters: Letters) -> AsyncIterator[Running]:
    """For what no database can make a difference to."""

    def make(settings: DataSettings, bus: EventBus) -> Subgraph:
        return make_subgraph(settings, bus, mailer=letters)

    async with running(make, DataSettings(data_dir=tmp_path)) as subgraph:
        yield subgraph
