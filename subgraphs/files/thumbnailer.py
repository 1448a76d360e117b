"""Makes a thumbnail of the image at its standard input, as WEBP at its standard output.

It runs in a process of its own, with limits on memory and time, because images come from anybody:
one that makes the decoder fail ends this process alone. Exit status 1: no thumbnail.
"""

import io
import os
import resource
import sys
import warnings
from typing import BinaryIO

from PIL import Image, ImageOps

SIDE = 256
MAX_PIXELS = 50_000_000
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
_QUALITY = 80
_LIMITS = (
    (resource.RLIMIT_AS, 1024**3),
    (resource.RLIMIT_CPU, 5),
    (resource.RLIMIT_FSIZE, 0),
    (resource.RLIMIT_CORE, 0),
)


def thumbnail(source: BinaryIO) -> bytes:
    """The first picture of ``source``, at most 256 pixels wide and high, turned as its camera says.

    The size is read before any pixel. Raises ``ValueError`` beyond 50 million pixels, and what
    Pillow raises for bytes that are no image.
    """
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    with Image.open(source, formats=_FORMATS) as image:
        if image.width * image.height > MAX_PIXELS:
            raise ValueError("too many pixels")
        image.draft("RGB", (SIDE * 2, SIDE * 2))  # JPEG: decode a smaller picture at once
        small = ImageOps.exif_transpose(image)
        small.thumbnail((SIDE, SIDE))
        has_alpha = "A" in small.getbands() or "transparency" in small.info
        written = io.BytesIO()
        small.convert("RGBA" if has_alpha else "RGB").save(written, "WEBP", quality=_QUALITY)
        return written.getvalue()


def main() -> int:
    for limit, most in _LIMITS:
        resource.setrlimit(limit, (most, most))
    os.lseek(sys.stdin.fileno(), 0, os.SEEK_SET)
    try:
        made = thumbnail(sys.stdin.buffer)
    except Exception:  # the boundary of the process: whatever it was, there is no thumbnail
        return 1
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
