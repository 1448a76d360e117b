"""Reports are generated once, by whatever number of workers, also by those that die."""

import asyncio
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, update
from sqlmodel import col, select

from tests.subgraphs.reporting.asking import (
    CANCEL,
    ENG,
    GENERATE,
    REPORT,
    exporter,
    request,
)
from tests.support.shared import ROOT
from tests.support.subgraphs import Running
from trellis.db.models import utc_now
from trellis.subgraphs.reporting.definitions import ISSUE_SUMMARY, TIME
from trellis.subgraphs.reporting.models import Report, ReportContent, ReportStatus
from trellis.subgraphs.reporting.use_cases.generation import (
    MAX_ATTEMPTS,
    Claimed,
    claim_next,
    generate,
    generate_all,
)
from trellis.subgraphs.reporting.use_cases.requests import MAX_AT_ONCE

ALAN = exporter("alan")


async def completed_events(reporting: Running) -> Counter[str]:
    events = await reporting.bus.read_after("reporting", "0", 1_000)
    return Counter(event.key for event in events if event.topic == "report.completed")


async def statuses(reporting: Running) -> Counter[ReportStatus]:
    async with reporting.context().storage.read() as session:
        return Counter(await session.scalars(select(Report.status)))


async def end_leases(reporting: Running) -> None:
    """As if the time of all who hold reports had passed."""
    async with reporting.context().storage.begin() as uow:
        past = utc_now() - timedelta(seconds=1)
        held = col(Report.lease_until).is_not(None)
        await uow.session.execute(update(Report).where(held).values(lease_until=past))


async def claim(reporting: Running) -> Claimed:
    claimed = await claim_next(reporting.context().storage)
    assert claimed is not None
    return claimed


async def test_several_workers_complete_each_report_once(reporting: Running):
    ids = {(await request(reporting, TIME))["id"] for _ in range(MAX_AT_ONCE)}
    storage = reporting.context().storage

    await asyncio.gather(*(generate_all(storage) for _ in range(4)))

    assert await completed_events(reporting) == dict.fromkeys(ids, 1)
    async with storage.read() as session:
        content = select(func.count()).select_from(ReportContent)
        assert (await session.execute(content)).scalar_one() == len(ids)
        attempts = await session.scalars(select(Report.attempts))
        assert set(attempts) == {1}


async def test_of_fifty_requests_at_once_ten_are_taken(reporting: Running):
    given = {"definitionId": str(TIME.id)}
    answers = await asyncio.gather(
        *(reporting.answer_of_many(GENERATE, ALAN, i=given) for _ in range(50))
    )

    refused = [one.errors[0].extensions for one in answers if one.errors]
    assert [(one["code"], one["limit"]) for one in refused] == [("RATE_LIMITED", 10)] * 40
    assert await statuses(reporting) == {ReportStatus.GENERATING: MAX_AT_ONCE}
    # Others are not held up by it, and as soon as one is done there is room again.
    await request(reporting, TIME, exporter("grace"))
    await generate(reporting.context().storage, await claim(reporting))
    await request(reporting, TIME)


async def test_a_report_is_held_by_one(reporting: Running):
    await request(reporting, TIME)
    await claim(reporting)

    assert await claim_next(reporting.context().storage) is None


async def test_who_was_too_slow_changes_nothing(reporting: Running):
    """The lease of the first worker ends while it works, and a second one takes the report."""
    id = (await request(reporting, ISSUE_SUMMARY, project_id=str(ENG)))["id"]
    storage = reporting.context().storage
    first = await claim(reporting)
    await end_leases(reporting)
    second = await claim(reporting)
    await generate(storage, first)
    before = (await reporting.ask(REPORT, ALAN, id=id))["report"]
    await generate(storage, second)
    await generate(storage, first)

    assert (before["status"], before["progress"]) == ("GENERATING", 0)
    assert await completed_events(reporting) == {id: 1}
    assert await statuses(reporting) == {ReportStatus.COMPLETED: 1}


async def test_a_report_that_is_cancelled_meanwhile_stays_cancelled(reporting: Running):
    id = (await request(reporting, ISSUE_SUMMARY, project_id=str(ENG)))["id"]
    claimed = await claim(reporting)
    await reporting.ask(CANCEL, ALAN, id=id)
    await generate(reporting.context().storage, claimed)

    assert await statuses(reporting) == {ReportStatus.CANCELLED: 1}
    assert await completed_events(reporting) == {}


async def test_a_report_that_its_workers_never_finish_fails(reporting: Running):
    id = (await request(reporting, TIME))["id"]
    for _ in range(MAX_ATTEMPTS):
        await claim(reporting)
        await end_leases(reporting)
    behind = (await request(reporting, ISSUE_SUMMARY, project_id=str(ENG)))["id"]
    await generate_all(reporting.context().storage)

    assert (await reporting.ask(REPORT, ALAN, id=behind))["report"]["status"] == "COMPLETED"
    report = (await reporting.ask(REPORT, ALAN, id=id))["report"]
    assert (report["status"], report["error"]) == (
        "FAILED",
        "The report could not be generated.",
    )


async def test_what_goes_wrong_once_is_tried_again(
    reporting: Running, caplog: pytest.LogCaptureFixture
):
    """A row that nobody can read: its definition is gone."""
    storage = reporting.context().storage
    id = UUID((await request(reporting, TIME))["id"])
    async with storage.begin() as uow:
        (await uow.session.get_one(Report, id)).definition_id = uuid4()
    await generate(storage, await claim(reporting))
    assert await statuses(reporting) == {ReportStatus.GENERATING: 1}
    assert await claim_next(storage) is None  # not at once
    async with storage.begin() as uow:
        row = await uow.session.get_one(Report, id)
        row.definition_id, row.lease_until = TIME.id, utc_now() - timedelta(seconds=1)
    await generate_all(storage)

    assert await statuses(reporting) == {ReportStatus.COMPLETED: 1}
    assert "failed in attempt 1" in caplog.text


async def test_workers_that_are_killed_lose_and_double_nothing(reporting: Running):
    """Killed with SIGKILL at the second report that it begins, which has a PDF."""
    if reporting.settings.database_url is not None:
        pytest.skip("the worker opens the folder; what holds here are leases, tested on both")
    formats = ("CSV", "PDF", "JSON")
    asked = [await request(reporting, TIME, ALAN, format) for format in formats]
    begun = await asyncio.to_thread(run_worker, reporting, killed_after=2)
    assert begun == [one["id"] for one in asked[:2]]
    await end_leases(reporting)
    await generate_all(reporting.context().storage)

    ids = {one["id"] for one in asked}
    assert await statuses(reporting) == {ReportStatus.COMPLETED: len(asked)}
    async with reporting.context().storage.read() as session:
        assert {str(id) for id in await session.scalars(select(ReportContent.report_id))} == ids
    outbox = await _completed_in_outbox(reporting)
    assert outbox == dict.fromkeys(ids, 1)


def run_worker(reporting: Running, killed_after: int) -> list[str]:
    """What the worker began."""
    command = [
        sys.executable,
        "-m",
        "tests.subgraphs.reporting.worker",
        str(reporting.settings.data_dir),
    ]
    begun: list[str] = []
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            begun.append(line.strip())
            if len(begun) == killed_after:
                process.kill()
                break
    return begun


async def _completed_in_outbox(reporting: Running) -> Counter[Any]:
    """Of other processes nothing comes over the bus in memory."""
    storage = reporting.context().storage
    outbox = storage.metadata.tables["outbox"]
    completed = select(outbox.c.key).where(outbox.c.topic == "report.completed")
    async with storage.read() as session:
        return Counter(await session.scalars(completed))
