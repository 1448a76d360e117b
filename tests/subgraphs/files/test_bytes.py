"""Bytes and rows agree whatever happens between them: failures, deletions, kills."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import col, select

from tests.subgraphs.files.asking import (
    DELETE,
    ENG,
    content_of,
    events,
    png,
    refused,
    stored,
    upload,
)
from tests.subgraphs.files.conftest import BESIDE
from tests.support.shared import ROOT
from tests.support.subgraphs import Running, caller, running
from tests.support.templates import SeededCopies
from trellis.db.settings import DataSettings
from trellis.subgraphs.files.graph import make_subgraph
from trellis.subgraphs.files.models import Blob, BlobState, File
from trellis.subgraphs.files.store import key_of, store_of
from trellis.subgraphs.files.use_cases import upload as use_case
from trellis.subgraphs.files.use_cases.upkeep import delete_bytes

ALAN, ADA, BARBARA = caller("alan"), caller("ada"), caller("barbara")


async def disagreements(files: Running) -> dict[str, set[str]]:
    """Keys without a kept blob, kept blobs without bytes, files without a kept blob."""
    async with files.context().storage.read() as session:
        blobs = (await session.scalars(select(Blob))).all()
        rows = (await session.scalars(select(File))).all()
    kept = {key_of(blob.id) for blob in blobs if blob.state is BlobState.KEPT}
    needed = {key_of(id) for row in rows for id in (row.blob_id, row.thumbnail_id) if id}
    keys = set(await stored(files))
    found = {"orphans": keys - kept, "lost": kept - keys, "dangling": needed ^ kept}
    return {name: which for name, which in found.items() if which}


async def test_the_bytes_of_a_deleted_file_go_with_its_thumbnail(files: Running):
    before = await stored(files)
    file = await upload(files, ALAN, png(300, 300), "a.png", "image/png", projectId=ENG)
    assert len(await stored(files)) == len(before) + 2

    await files.ask(DELETE, ALAN, id=file["id"])
    assert len(await stored(files)) == len(before) + 2  # not while somebody waits

    assert await delete_bytes(files.context().storage) == 2
    assert await stored(files) == before
    assert await disagreements(files) == {}
    assert [event.topic for event in await events(files)] == ["file.uploaded", "file.deleted"]


async def test_only_whose_file_it_is_and_who_manages_its_project_delete_it(files: Running):
    file = await upload(files, ALAN, projectId=ENG)

    assert (await files.refusal(DELETE, BARBARA, id=file["id"]))["code"] == "FORBIDDEN"
    mine = await upload(files, ALAN)
    assert (await files.refusal(DELETE, ADA, id=mine["id"]))["code"] == "NOT_FOUND"
    assert await delete_bytes(files.context().storage) == 0
    await files.ask(DELETE, replace(caller("grace"), roles=frozenset({"user"})), id=file["id"])


async def test_an_upload_that_the_store_refuses_leaves_nothing(
    files: Running, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    before = await stored(files)
    with monkeypatch.context() as patched:
        broken = tmp_path / "elsewhere"
        patched.setenv("TRELLIS_FILES_URL", broken.as_uri())
        store_of(files.context().storage)  # makes the folder, which then is taken away
        broken.rmdir()
        broken.write_text("")
        assert (await refused(files, ALAN))["code"] == "SERVICE_UNAVAILABLE"

    await delete_bytes(files.context().storage)
    assert await stored(files) == before
    assert await disagreements(files) == {}


async def test_a_writer_that_is_too_slow_finds_its_place_taken(
    files: Running, monkeypatch: pytest.MonkeyPatch
):
    real = use_case._put

    async def slow(*args: object) -> None:
        await delete_bytes(files.context().storage, abandoned=timedelta(0))
        await real(*args)  # type: ignore[arg-type]
        await delete_bytes(files.context().storage, abandoned=timedelta(0))

    monkeypatch.setattr(use_case, "_put", slow)

    assert (await refused(files, ALAN))["code"] == "SERVICE_UNAVAILABLE"
    async with files.context().storage.read() as session:
        rows = (await session.scalars(select(File).where(col(File.uploaded_by) == ALAN.id))).all()
    assert rows == []


# -- kill -9 -------------------------------------------------------------------------------------


@contextmanager
def busy(folder: Path, mode: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "tests.subgraphs.files.busy", str(folder), mode]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def lines_until(process: "subprocess.Popen[str]", count: int) -> list[list[str]]:
    """The first lines, then those that were said before the kill."""
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(count)]
    process.send_signal(signal.SIGKILL)
    return [line.split() for line in [*lines, *process.stdout] if line.endswith("\n")]


@pytest.mark.parametrize("count", [4, 40])
async def test_after_a_kill_nothing_acknowledged_is_lost_and_nothing_is_left_over(
    seeded: SeededCopies, tmp_path: Path, count: int
):
    settings = await seeded.copy_to(DataSettings(data_dir=tmp_path))
    with busy(tmp_path, "loop") as process:
        lines = lines_until(process, count)
    assert len(lines) >= count
    deleted = {words[1] for words in lines if words[0] == "deleted"}
    kept = {words[1]: words[2] for words in lines if words[0] == "kept"}

    async with running(make_subgraph, settings, BESIDE, fresh=False) as files:
        await delete_bytes(files.context().storage, abandoned=timedelta(0))
        assert await disagreements(files) == {}
        async with files.context().storage.read() as session:
            rows = (await session.scalars(select(File))).all()
        present = {str(row.id): row.sha256 for row in rows}
        assert not deleted & present.keys()
        # The last of each writer may have been deleted without a word.
        missing = {id for id in kept if id not in deleted and id not in present}
        assert len(missing) <= 3
        assert all(present[id] == digest for id, digest in kept.items() if id in present)


async def test_half_of_a_file_does_not_stay(seeded: SeededCopies, tmp_path: Path):
    settings = await seeded.copy_to(DataSettings(data_dir=tmp_path))
    with busy(tmp_path, "half") as process:
        assert lines_until(process, 1) == [["half"]]

    async with running(make_subgraph, settings, BESIDE, fresh=False) as files:
        assert [key for key in await stored(files) if "#" in key]  # what was written of it
        assert await delete_bytes(files.context().storage, abandoned=timedelta(0)) == 1
        assert await disagreements(files) == {}


async def test_missing_bytes_are_no_content(files: Running):
    file = await upload(files, ALAN)
    storage = files.context().storage
    async with storage.read() as session:
        row = await session.get_one(File, UUID(file["id"]))
    await store_of(storage).delete(key_of(row.blob_id))

    with pytest.raises(Exception, match="not available"):
        await content_of(files, file["url"])
