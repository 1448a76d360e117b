"""``python -m tests.subgraphs.files.busy FOLDER MODE``: keeps and deletes files until it is killed.

It says what was acknowledged, a line each: ``kept ID SHA256`` or ``deleted ID``. With the mode
``half`` it begins a large file, says ``half`` in the middle of its bytes, and waits.
"""

import asyncio
import hashlib
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.subgraphs import EmptyLog, caller
from tests.support.uploads import uploaded
from trellis.db.bus import MemoryBus
from trellis.db.caller_context import CallerContext
from trellis.db.settings import DataSettings
from trellis.schema.request import RequestContext
from trellis.schema.uploads import UploadedFile
from trellis.subgraphs.files.graph import make_subgraph
from trellis.subgraphs.files.use_cases.files import delete_file
from trellis.subgraphs.files.use_cases.upkeep import delete_bytes
from trellis.subgraphs.files.use_cases.upload import Placement, upload_file

ALAN = caller("alan")
SIZE = 300_000
PIECE = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class HalfFile(UploadedFile):
    """One of whose bytes half arrive."""

    async def chunks(self) -> AsyncGenerator[bytes]:
        for _ in range(8):
            yield bytes(PIECE)
            await asyncio.sleep(0)
        tell("half")
        await asyncio.Event().wait()


def tell(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


async def keep_and_delete(context: CallerContext[Any], number: int) -> None:
    """One writer of several."""
    for turn in range(1_000):
        data = hashlib.sha256(f"{number} {turn}".encode()).digest() * (SIZE // 32)
        row = await upload_file(context, uploaded(data), Placement())
        tell("kept", row.id, row.sha256)
        if turn % 2:
            await context.transact(delete_file, row.id)
            tell("deleted", row.id)


async def clean(context: CallerContext[Any]) -> None:
    while True:
        await delete_bytes(context.storage)
        await asyncio.sleep(0.005)


async def main(folder: Path, mode: str) -> None:
    bus = MemoryBus()
    await bus.connect()
    for absent in ("accounts", "projects", "issues", "tasks", "comments"):
        bus.attach(absent, EmptyLog())
    subgraph = make_subgraph(DataSettings(data_dir=folder), bus)
    await subgraph.start()
    context = subgraph.make_context(RequestContext(identity=ALAN))
    if mode == "half":
        small = uploaded(b"the beginning")
        facts = (small.filename, small.media_type, 20 * PIECE, small.sha256, small.content)
        await upload_file(context, HalfFile(*facts), Placement())
    else:
        await asyncio.gather(clean(context), *(keep_and_delete(context, n) for n in range(3)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
