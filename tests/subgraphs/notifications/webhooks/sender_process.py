"""``python -m tests.subgraphs.notifications.webhooks.sender_process FOLDER``: a worker over the
database in the folder, until it is killed."""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from tests.subgraphs.notifications.webhooks.settings import FAST, HERE
from trellis.db.bus import MemoryBus
from trellis.db.settings import DataSettings
from trellis.db.storage import Storage
from trellis.subgraphs.notifications import models
from trellis.subgraphs.notifications.outbound import Outbound
from trellis.subgraphs.notifications.webhooks.sealing import vault_of
from trellis.subgraphs.notifications.webhooks.worker import Worker


async def send(folder: Path) -> None:
    bus = MemoryBus()
    await bus.connect()
    settings = DataSettings(data_dir=folder)
    storage = Storage("notifications", models.Base.metadata, settings=settings, bus=bus)
    await storage.start()
    # What was in the hands of the one before is taken up soon.
    schedule = replace(FAST, lease=1.0)
    await Worker(storage, Outbound(HERE), vault_of(storage), schedule).run()


if __name__ == "__main__":
    asyncio.run(send(Path(sys.argv[1])))
