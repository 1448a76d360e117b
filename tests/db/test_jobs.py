"""Work that is done again and again while a subgraph runs."""

import asyncio
from pathlib import Path

import pytest
import strawberry

from tests.db.conftest import notes_metadata
from trellis.db.bus import MemoryBus
from trellis.db.jobs import Job, RunningJob
from trellis.db.settings import DataSettings
from trellis.db.storage import Storage
from trellis.db.subgraph import define_subgraph
from trellis.schema.errors import Unavailable
from trellis.subgraphs.issues.models import Base


@strawberry.type
class Query:
    hello: str = "hello"


class Work:
    """Fails the first time, and tells when it was done twice more."""

    def __init__(self) -> None:
        self.storages: list[Storage] = []
        self.is_done = asyncio.Event()

    async def __call__(self, storage: Storage) -> None:
        self.storages.append(storage)
        if len(self.storages) == 1:
            raise OSError
        if len(self.storages) == 3:
            self.is_done.set()


async def test_a_job_outlives_a_failure_and_ends_with_its_subgraph(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    storage = Storage("notes", notes_metadata(), settings=DataSettings(data_dir=tmp_path))
    work = Work()
    job = RunningJob(Job("counting", 0.001, work), storage)
    job.start()
    await asyncio.wait_for(work.is_done.wait(), 5)
    await job.stop()
    count = len(work.storages)
    await asyncio.sleep(0.02)

    assert len(work.storages) == count
    assert set(work.storages) == {storage}
    assert [record.getMessage() for record in caplog.records] == [
        "counting failed; it begins again"
    ]


async def test_a_database_that_is_busy_is_a_line_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    is_over = asyncio.Event()

    async def work(storage: Storage) -> None:
        if is_over.is_set():
            await asyncio.Event().wait()
        is_over.set()
        raise Unavailable("The data store is busy.")

    storage = Storage("notes", notes_metadata(), settings=DataSettings(data_dir=tmp_path))
    job = RunningJob(Job("counting", 0.001, work), storage)
    job.start()
    await asyncio.wait_for(is_over.wait(), 5)
    await asyncio.sleep(0.01)
    await job.stop()

    [record] = caplog.records
    assert (record.levelname, record.getMessage(), record.exc_info) == (
        "WARNING",
        "counting: The data store is busy.",
        None,
    )


async def test_a_job_at_the_start_is_done_before_anything_is_answered(tmp_path: Path):
    done: list[Storage] = []

    async def work(storage: Storage) -> None:
        await storage.ping()
        done.append(storage)

    jobs = [Job("first", 60.0, work, at_start=True), Job("later", 60.0, work)]
    make = define_subgraph("issues", Base, Query, loaders=lambda *_: None, jobs=jobs)
    subgraph = make(DataSettings(data_dir=tmp_path), MemoryBus())
    await subgraph.start()
    try:
        assert len(done) == 1
    finally:
        await subgraph.stop()
