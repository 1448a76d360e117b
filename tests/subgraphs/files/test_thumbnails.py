"""Thumbnails of images from anybody."""

import io
import os
import struct
import zlib

from PIL import Image

from tests.subgraphs.files.asking import png
from tests.support.uploads import uploaded
from trellis.subgraphs.files.thumbnails import thumbnail_of


def declared(width: int, height: int) -> bytes:
    """A PNG of that size, whose few bytes unpack to all of its pixels."""
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((width // 8 + 1) * height), 9)
    chunks = ((b"IHDR", head), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


async def small(data: bytes, media_type: str = "image/png") -> Image.Image | None:
    made = await thumbnail_of(uploaded(data, "a", media_type), media_type)
    return Image.open(io.BytesIO(made)) if made is not None else None


async def test_it_has_the_shape_of_the_image_and_is_never_larger():
    for size, wanted in (((512, 256), (256, 128)), ((40, 30), (40, 30))):
        found = await small(png(*size))
        assert found is not None
        assert (found.format, found.size) == ("WEBP", wanted)


async def test_it_stands_as_the_camera_was_held_and_says_nothing_else_of_it():
    written, exif = io.BytesIO(), Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "a camera"  # turned by a quarter; its maker
    Image.new("RGB", (300, 100), "red").save(written, "JPEG", exif=exif)

    found = await small(written.getvalue(), "image/jpeg")

    assert found is not None
    assert found.size == (85, 256)
    assert dict(found.getexif()) == {}


async def test_one_of_many_bytes_is_whole():
    """More than a pipe holds at once."""
    written, side = io.BytesIO(), 256
    Image.frombytes("RGBA", (side, side), os.urandom(4 * side * side)).save(written, "PNG")

    made = await thumbnail_of(uploaded(written.getvalue(), "a", "image/png"), "image/png")

    assert made is not None
    assert len(made) > 65_536
    with Image.open(io.BytesIO(made)) as image:
        image.load()


async def test_too_many_pixels_are_not_unpacked():
    bomb = declared(20_000, 20_000)
    assert len(bomb) < 100_000

    assert await small(bomb) is None


async def test_what_is_no_image_has_none():
    assert await small(b"\x89PNG\r\n\x1a\n" + bytes(100)) is None
    assert await small(b"text", "text/plain") is None
    # Formats that are not meant, whatever the type says: these decoders are not asked.
    assert await small(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n") is None
