"""What files are taken for, by their bytes, and which are not taken."""

import zipfile
from io import BytesIO

import pytest

from tests.subgraphs.files.asking import png, refused, upload
from tests.support.subgraphs import Running, caller
from trellis.schema.errors import BadUserInput
from trellis.subgraphs.files.content_type import HEAD, content_type

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def zipped() -> bytes:
    written = BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("a.txt", "text")
    return written.getvalue()


TAKEN = [
    (png(), "image/png", "image/png"),
    (png(), "", "image/png"),
    (png(), "application/octet-stream", "image/png"),
    (b"\xff\xd8\xff\xe0" + bytes(60), "image/jpg", "image/jpeg"),
    (b"%PDF-1.7\n", "application/pdf", "application/pdf"),
    (zipped(), "application/x-zip-compressed", "application/zip"),
    (zipped(), DOCX, DOCX),
    (b"a,b\n1,2\n", "text/csv", "text/csv"),
    (b'{"a": 1}', "application/json", "application/json"),
    ("grüß Gott".encode(), "text/plain", "text/plain"),
    # What a browser would run is a text like any other.
    (b"<!doctype html><script>alert(1)</script>", "text/html", "text/plain"),
    (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "image/svg+xml", "text/plain"),
    (b"alert(1)", "application/javascript", "text/plain"),
    (b"#!/bin/sh\nrm -rf /\n", "", "text/plain"),
    (bytes(range(256)), "application/octet-stream", "application/octet-stream"),
    (bytes(range(256)), "application/x-unheard-of", "application/octet-stream"),
    (b"\x00html", "text/html", "application/octet-stream"),
]


@pytest.mark.parametrize(("data", "told", "found"), TAKEN)
def test_the_bytes_say_what_a_file_is(data: bytes, told: str, found: str):
    assert content_type(data, told, is_whole=True) == found


REFUSED = [
    (b"GIF89a" + bytes(60), "image/png"),
    (b"not an image", "image/png"),
    (bytes(range(256)), "application/pdf"),
    (png(), "text/plain"),
    (zipped(), "image/png"),
    (b"\x7fELF\x02\x01\x01" + bytes(60), "application/octet-stream"),
    (b"MZ" + bytes(60), ""),
]


@pytest.mark.parametrize(("data", "told"), REFUSED)
def test_a_false_claim_and_a_program_are_refused(data: bytes, told: str):
    with pytest.raises(BadUserInput) as refusal:
        content_type(data, told, is_whole=True)
    assert [problem.field for problem in refusal.value.problems] == ["file"]


def test_a_character_that_goes_on_after_the_head_is_text():
    text = ("é" * HEAD).encode()

    assert content_type(text[: HEAD - 1], "", is_whole=False) == "text/plain"
    assert content_type(text[: HEAD - 1], "", is_whole=True) == "application/octet-stream"


async def test_a_spoofed_file_is_not_kept(files: Running):
    refusal = await refused(files, caller("alan"), b"MZ" + bytes(60), "holiday.png", "image/png")

    assert refusal["code"] == "BAD_USER_INPUT"


async def test_an_image_that_cannot_be_shown_is_kept_without_a_thumbnail(files: Running):
    broken = png(300, 300)[:200]

    file = await upload(files, caller("alan"), broken, "broken.png", "image/png")

    assert (file["size"], file["thumbnailUrl"]) == (200, None)
