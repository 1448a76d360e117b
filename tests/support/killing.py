"""Processes that work until they are killed, and what they told before."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from tests.support.shared import ROOT
from trellis.db.settings import DataSettings

_SECONDS = 180
"""To start and tell the first lines, on a machine that has much else to do."""


def tell(**line: object) -> None:
    """Said by the process: what was just acknowledged, for instance."""
    sys.stdout.buffer.write(orjson.dumps(line) + b"\n")
    sys.stdout.buffer.flush()


def arguments(argv: Sequence[str]) -> tuple[DataSettings, int]:
    """What such a process was called with: ``FOLDER NUMBER [DATABASE]``."""
    folder, number, *database = argv[1:]
    return DataSettings(Path(folder), database[0] if database else None), int(number)


async def told_until_killed(
    module: str, data: DataSettings, number: int, *, lines: int, seconds: float
) -> list[dict[str, Any]]:
    """What ``python -m module FOLDER NUMBER [DATABASE]`` told until kill -9, ``seconds`` after the
    first ``lines``. A line that was not written to its end is none."""
    database = [data.database_url] if data.database_url else []
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, str(data.data_dir), str(number), *database),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_SECONDS):
            first = [await process.stdout.readline() for _ in range(lines)]
        await asyncio.sleep(seconds)
    finally:
        process.kill()
    rest = (await process.stdout.read()).split(b"\n")
    await process.wait()
    return [orjson.loads(line) for line in (*first, *rest[:-1]) if line.strip()]
