from collections.abc import AsyncIterator

import pytest

from tests.subgraphs.notifications.idle import make_idle
from tests.subgraphs.notifications.telling import BESIDE, Telling, with_logs
from tests.support.subgraphs import running
from tests.support.templates import SeededCopies
from trellis.db.bus import MemoryBus
from trellis.db.settings import DataSettings


@pytest.fixture(scope="session")
def seeded_notices(tmp_path_factory: pytest.TempPathFactory) -> SeededCopies:
    return SeededCopies(make_idle, tmp_path_factory.mktemp("notifications"), beside=BESIDE)


@pytest.fixture
async def notices(
    data_settings: DataSettings, seeded_notices: SeededCopies
) -> AsyncIterator[Telling]:
    """The subgraph with demo data, and streams of the others that tests write to."""
    settings = await seeded_notices.copy_to(data_settings)
    bus = MemoryBus()
    await bus.connect()
    logs = with_logs(bus)
    async with running(make_idle, settings, bus=bus, fresh=False) as subgraph:
        yield Telling(subgraph, logs)
    await bus.close()
