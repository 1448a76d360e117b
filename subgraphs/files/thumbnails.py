"""Thumbnails of images, each made in a process of its own (``thumbnailer.py``)."""

import asyncio
import os
import sys

from trellis.schema.uploads import UploadedFile

THUMBNAIL_TYPE = "image/webp"
_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_SECONDS = 5
_OUTPUT = 1_000_000
_AT_ONCE = asyncio.Semaphore(2)


async def thumbnail_of(file: UploadedFile, mime_type: str) -> bytes | None:
    """A WEBP of at most 256 by 256 pixels; None where the file is no image that can be shown small,
    or is one that takes too many pixels, too much memory or time."""
    if mime_type not in _TYPES:
        return None
    async with _AT_ONCE:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-I", "-m", "trellis.subgraphs.files.thumbnailer"),
            stdin=file.content.descriptor,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={"PATH": os.defpath},
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(_SECONDS):
                assert process.stdout is not None
                made = await _whole(process.stdout)
                status = await process.wait()
        except TimeoutError:
            return None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    return made if status == 0 and made else None


async def _whole(output: asyncio.StreamReader) -> bytes:
    """Everything up to the end; nothing where it is more than a thumbnail can have."""
    try:
        await output.readexactly(_OUTPUT)
    except asyncio.IncompleteReadError as ended:
        return ended.partial
    return b""
