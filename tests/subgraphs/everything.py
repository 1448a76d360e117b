"""All subgraphs of the product on their demo data, on one bus."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.tenants.world import PLANTINGS
from tests.support.product import SUBGRAPHS
from tests.support.subgraphs import Running, running
from trellis.db.bus import MemoryBus
from trellis.db.settings import DataSettings


@asynccontextmanager
async def all_running(settings: DataSettings) -> AsyncIterator[dict[str, Running]]:
    """Every subgraph by its name, started in the order of trellis.toml."""
    bus = MemoryBus()
    await bus.connect()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(bus.close)
        parts: dict[str, Running] = {}
        for name in SUBGRAPHS:
            make = partial(PLANTINGS[name].make, letters=Letters())
            parts[name] = await stack.enter_async_context(running(make, settings, bus=bus))
        yield parts
