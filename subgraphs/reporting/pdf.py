"""Has PDFs made by a process of their own: what takes too long or too much ends there."""

import asyncio
import sys
from dataclasses import asdict

import orjson

from trellis.subgraphs.reporting.documents import Document

SECONDS = 20.0
_MODULE = "trellis.subgraphs.reporting.pdf_process"


class PdfFailed(Exception):
    """The process ended with an error, or did not end in time."""


async def make_pdf(document: Document, *, seconds: float = SECONDS) -> bytes:
    """The document as a PDF. Raises ``PdfFailed``."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        _MODULE,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(seconds):
            made, errors = await process.communicate(orjson.dumps(asdict(document)))
    except TimeoutError:
        raise PdfFailed(f"no PDF within {seconds} seconds") from None
    finally:
        # Also when this task is cancelled: nobody waits for the process then.
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0 or not made.startswith(b"%PDF-"):
        raise PdfFailed(errors.decode(errors="replace")[-2_000:])
    return made
