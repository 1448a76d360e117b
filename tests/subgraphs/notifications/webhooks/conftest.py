from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.subgraphs.notifications.webhooks.world import STREAMS, World, make_quiet, running_world
from tests.support.templates import SeededCopies
from trellis.db.settings import DataSettings


@pytest.fixture(autouse=True)
def loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Receivers of tests are here."""
    monkeypatch.setenv("TRELLIS_OUTBOUND_NETWORKS", "127.0.0.0/8")


@pytest.fixture(scope="session")
def quiet_copies(tmp_path_factory: pytest.TempPathFactory) -> SeededCopies:
    return SeededCopies(make_quiet, tmp_path_factory.mktemp("webhooks"), beside=STREAMS)


@pytest.fixture
async def world(tmp_path: Path, quiet_copies: SeededCopies) -> AsyncIterator[World]:
    """On SQLite."""
    settings = await quiet_copies.copy_to(DataSettings(data_dir=tmp_path))
    async with running_world(settings) as made:
        yield made


@pytest.fixture
async def both(data_settings: DataSettings, quiet_copies: SeededCopies) -> AsyncIterator[World]:
    """On either database."""
    settings = await quiet_copies.copy_to(data_settings)
    async with running_world(settings) as made:
        yield made
