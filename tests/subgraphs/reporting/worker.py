"""``python -m tests.subgraphs.reporting.worker FOLDER``: a worker that tells what it begins."""

import asyncio
import sys
from pathlib import Path

from trellis.db.bus import MemoryBus
from trellis.db.settings import DataSettings
from trellis.db.storage import Storage
from trellis.subgraphs.reporting.models import Base
from trellis.subgraphs.reporting.use_cases.generation import claim_next, generate


async def main(folder: Path) -> None:
    """Take and generate reports until none is left."""
    bus = MemoryBus()
    await bus.connect()
    storage = Storage("reporting", Base.metadata, settings=DataSettings(data_dir=folder), bus=bus)
    await storage.start()
    while (claimed := await claim_next(storage)) is not None:
        sys.stdout.write(f"{claimed.report.id}\n")
        sys.stdout.flush()
        await generate(storage, claimed)
    await storage.stop()
    await bus.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
