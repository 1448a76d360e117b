"""What is kept of an upload, who may make it, and what is refused without a trace."""

import hashlib
import io

import pytest
from PIL import Image
from sqlalchemy import func
from sqlmodel import select

from tests.subgraphs.files.asking import (
    ENG,
    HOP,
    UPLOAD,
    content_of,
    events,
    issue,
    opened,
    png,
    refused,
    stored,
    task,
    upload,
    user,
)
from tests.support.subgraphs import Running, caller
from trellis.subgraphs.files.models import Blob, File

ALAN, ADA, GRACE = caller("alan"), caller("ada"), caller("grace")


async def rows(files: Running) -> tuple[int, int]:
    async with files.context().storage.read() as session:
        counts = [
            (await session.execute(select(func.count()).select_from(table))).scalar_one()
            for table in (File, Blob)
        ]
    return counts[0], counts[1]


async def test_a_file_of_a_project_is_kept_as_it_was_sent(files: Running):
    data = b"gears and levers\n" * 40_000

    file = await upload(files, ALAN, data, "../Mill: plan.txt", projectId=ENG, description="first")

    assert file | {"id": "", "url": ""} == {
        "id": "",
        "filename": "Mill_ plan.txt",
        "originalFilename": "Mill: plan.txt",
        "size": len(data),
        "mimeType": "text/plain",
        "sha256": hashlib.sha256(data).hexdigest(),
        "description": "first",
        "url": "",
        "thumbnailUrl": None,
        "version": 1,
        "project": {"id": ENG},
        "uploadedBy": {"id": user("alan")},
        "attachments": [],
    }
    assert await content_of(files, file["url"]) == data
    [event] = await events(files)
    assert (event.topic, event.key) == ("file.uploaded", file["id"])
    assert event.payload["project_id"] == ENG
    assert event.payload["state"] == {
        "filename": "Mill_ plan.txt",
        "mime_type": "text/plain",
        "size": len(data),
        "description": "first",
    }


async def test_an_image_gets_a_small_webp(files: Running):
    file = await upload(files, ALAN, png(900, 300), "plan.png", "image/png")

    small = await content_of(files, file["thumbnailUrl"])
    with Image.open(io.BytesIO(small)) as image:
        assert (image.format, image.size) == ("WEBP", (256, 85))
    content = await opened(files, file["thumbnailUrl"])
    assert (content.filename, content.media_type) == ("plan.webp", "image/webp")
    assert content.size == len(small)


@pytest.mark.parametrize(
    ("field", "id", "typename"),
    [("taskId", task("ENG-1"), "Task"), ("issueId", issue("ENG-1"), "Issue")],
)
async def test_what_a_file_is_attached_to_says_its_project(
    files: Running, field: str, id: str, typename: str
):
    file = await upload(files, ALAN, **{field: id})

    assert file["project"] == {"id": ENG}
    [attachment] = file["attachments"]
    assert attachment["subject"] == {"__typename": typename}
    uploaded, attached = await events(files)
    assert (uploaded.topic, attached.topic) == ("file.uploaded", "file.attached")
    assert attached.payload["subject_type"] == typename.lower()
    assert attached.payload["subject_id"] == id


REFUSED = {
    "no such project": ({"projectId": user("ada")}, "NOT_FOUND"),
    "another's project": ({"projectId": HOP}, "NOT_FOUND"),
    "another's task": ({"taskId": task("HOP-1")}, "NOT_FOUND"),
    "another's personal task": ({"taskId": task("ada-1")}, "NOT_FOUND"),
    "a task as an issue": ({"issueId": task("ENG-1")}, "NOT_FOUND"),
    "a task of another project": ({"projectId": ENG, "taskId": task("alan-1")}, "BAD_USER_INPUT"),
    "a task and an issue": (
        {"taskId": task("ENG-1"), "issueId": issue("ENG-1")},
        "BAD_USER_INPUT",
    ),
    "no id": ({"projectId": "ENG"}, "BAD_USER_INPUT"),
    "a long description": ({"description": "x" * 2_001}, "BAD_USER_INPUT"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_a_place_that_is_not_the_callers_leaves_nothing(files: Running, case: str):
    details, code = REFUSED[case]
    before, kept = await rows(files), await stored(files)

    assert (await refused(files, ALAN, **details))["code"] == code

    assert await rows(files) == before
    assert await stored(files) == kept
    assert await events(files) == []


@pytest.mark.parametrize("given", ["0.y", "", "../../etc/passwd"])
async def test_a_reference_to_no_file_of_the_request_is_refused(files: Running, given: str):
    refusal = await files.refusal(UPLOAD, ALAN, f=given)

    assert refusal["code"] == "BAD_USER_INPUT"
    assert [problem["field"] for problem in refusal["fields"]] == ["file"]


async def test_an_empty_file_is_refused(files: Running):
    assert (await refused(files, ALAN, b""))["code"] == "BAD_USER_INPUT"
