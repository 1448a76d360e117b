"""How runs are claimed from the queue, and that each of them ends once, whatever happens."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import cast
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select, update

from tests.subgraphs.executions.asking import (
    CANCEL,
    Scripted,
    execute,
    of_tier,
    read,
    run_next,
)
from tests.support.subgraphs import Running, caller
from trellis.db.models import utc_now
from trellis.db.outbox import outbox_of
from trellis.db.storage import Storage
from trellis.db.tasks import end_tasks
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.errors import Unavailable
from trellis.schema.identity import Identity
from trellis.subgraphs.executions.languages import Language
from trellis.subgraphs.executions.models import Execution
from trellis.subgraphs.executions.runners.runner import Stream
from trellis.subgraphs.executions.use_cases import running
from trellis.subgraphs.executions.worker import Output, Worker

ADA = caller("ada")


class Faltering:
    """The storage of a subgraph, whose database does not answer while it ``is_down``."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self.events = storage.events
        self.is_down = False
        self.refusals = 0

    def read(self) -> AbstractAsyncContextManager[AsyncSession]:
        self._refuse_when_down()
        return self._storage.read()

    def begin(self) -> AbstractAsyncContextManager[UnitOfWork]:
        self._refuse_when_down()
        return self._storage.begin()

    def _refuse_when_down(self) -> None:
        if self.is_down:
            self.refusals += 1
            raise Unavailable("The database does not answer.")


@asynccontextmanager
async def working(
    executions: Running,
    runner: Scripted,
    parallel: int = 2,
    *,
    storage: Faltering | None = None,
) -> AsyncIterator[None]:
    behind = cast(Storage, storage) if storage is not None else executions.context().storage
    worker = Worker(behind, runner, parallel)
    task = asyncio.create_task(worker.work())
    try:
        yield
    finally:
        await end_tasks(task)


async def until(is_so: Callable[[], bool]) -> None:
    for _ in range(1_000):
        if is_so():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen within ten seconds")


async def until_shows(
    executions: Running, id: str, who: Identity = ADA, **wanted: object
) -> dict[str, object]:
    """The execution as soon as it has these members."""
    for _ in range(500):
        found = await read(executions, id, who)
        if wanted.items() <= found.items():
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"there was no {wanted} within ten seconds")


async def topics_of(executions: Running, id: str) -> list[str]:
    storage = executions.context().storage
    outbox = outbox_of(storage.metadata)
    statement = select(outbox.c.topic).where(outbox.c.key == id).order_by(outbox.c.id)
    async with storage.read() as session:
        return list(await session.scalars(statement))


async def lose_worker(executions: Running, id: str) -> None:
    """As if whoever runs it had been killed a while ago."""
    async with executions.context().storage.begin() as uow:
        past = {"lease_until": utc_now() - timedelta(seconds=1)}
        await uow.session.execute(
            update(Execution).where(col(Execution.id) == UUID(id)).values(**past)
        )


@pytest.mark.parametrize(
    ("script", "status", "failure", "code"),
    [
        ("completed", "COMPLETED", None, 0),
        ("exit_code", "FAILED", "EXIT_CODE", 3),
        ("compilation", "FAILED", "COMPILATION", None),
        ("timeout", "TIMEOUT", "TIMEOUT", None),
        ("memory", "FAILED", "MEMORY", None),
        ("processes", "FAILED", "PROCESSES", None),
        ("output", "FAILED", "OUTPUT", None),
        ("disk", "FAILED", "DISK", None),
        ("unbuilt", "FAILED", "SANDBOX", None),
    ],
)
async def test_each_outcome_is_kept_with_what_was_written(
    executions: Running, script: str, status: str, failure: str | None, code: int | None
):
    id = (await execute(executions, f"out a\nerr b\nout c\n{script}"))["id"]
    assert await run_next(executions, Scripted())
    found = await read(executions, id)
    assert (found["status"], found["failure"], found["exitCode"]) == (status, failure, code)
    if script != "unbuilt":
        assert (found["stdout"], found["stderr"]) == ("ac", "b")
        assert (found["executionTimeMs"], found["memoryUsedBytes"]) == (250, 4_096)
    last = "execution.completed" if status == "COMPLETED" else "execution.failed"
    assert await topics_of(executions, id) == ["execution.queued", "execution.started", last]


async def test_who_pays_comes_first_and_nobody_waits_forever(executions: Running):
    await execute(executions, "out free", caller("ada"))
    await execute(executions, "out pro", of_tier("grace", "pro"))
    await execute(executions, "out enterprise", of_tier("alan", "enterprise"))
    async with executions.context().storage.begin() as uow:
        old = {"due_at": utc_now() - timedelta(seconds=20)}
        free = col(Execution.code) == "out free"
        await uow.session.execute(update(Execution).where(free).values(**old))
    runner = Scripted()
    while await run_next(executions, runner):
        pass
    assert runner.started == ["out enterprise", "out free", "out pro"]


async def test_one_person_occupies_so_many_places_and_others_go_on(executions: Running):
    runner = Scripted()
    for _ in range(2):
        await execute(executions, "pause")
    other = (await execute(executions, "out other", caller("grace")))["id"]
    async with working(executions, runner, parallel=3):
        await until(lambda: len(runner.started) == 2)
        await until_shows(executions, other, caller("grace"), status="COMPLETED")
        assert runner.started.count("pause") == 1
        runner.go_on.set()
        await until(lambda: len(runner.started) == 3)


async def test_a_language_that_is_not_here_waits_for_another_worker(executions: Running):
    await execute(executions, "out x")
    assert not await run_next(executions, Scripted(Language.PYTHON))
    assert await run_next(executions, Scripted(Language.JAVASCRIPT))


async def test_cancelling_ends_the_program_and_keeps_what_it_has_written(executions: Running):
    runner = Scripted()
    id = (await execute(executions, "out before\nwait"))["id"]
    async with working(executions, runner):
        await until_shows(executions, id, stdout="before")
        await executions.ask(CANCEL, ADA, id=id)
        await until(lambda: runner.cancelled == 1)
    found = await read(executions, id)
    assert (found["status"], found["stdout"], found["exitCode"]) == ("CANCELLED", "before", None)
    assert (await topics_of(executions, id))[-2:] == [
        "execution.output_written",
        "execution.cancelled",
    ]


async def test_what_wrote_nothing_is_run_again_when_its_worker_is_lost(executions: Running):
    id = (await execute(executions, "out x"))["id"]
    storage = executions.context().storage
    first = await running.claim_next(storage, list(Language))
    assert first is not None
    assert not await run_next(executions, Scripted())
    await lose_worker(executions, id)
    assert await run_next(executions, Scripted())
    with pytest.raises(running.LeaseLost):
        await running.add_output(storage, first, [(Stream.STDOUT, "late")])
    assert (await read(executions, id))["stdout"] == "x"
    assert await topics_of(executions, id) == [
        "execution.queued",
        "execution.started",
        "execution.started",
        "execution.completed",
    ]


async def test_what_has_written_is_reported_as_interrupted_once(executions: Running):
    id = (await execute(executions, "out x"))["id"]
    storage, runner = executions.context().storage, Scripted()
    first = await running.claim_next(storage, list(Language))
    assert first is not None
    await running.add_output(storage, first, [(Stream.STDOUT, "x")])
    await lose_worker(executions, id)
    results = await asyncio.gather(*(run_next(executions, runner) for _ in range(4)))
    assert (results, runner.started) == ([False] * 4, [])
    found = await read(executions, id)
    assert (found["status"], found["failure"], found["stdout"]) == ("FAILED", "INTERRUPTED", "x")
    assert (await topics_of(executions, id)).count("execution.failed") == 1


async def test_what_kills_its_workers_is_given_up(executions: Running):
    id = (await execute(executions))["id"]
    storage = executions.context().storage
    for _ in range(running.MAX_ATTEMPTS):
        assert await running.claim_next(storage, list(Language)) is not None
        await lose_worker(executions, id)
    assert await running.claim_next(storage, list(Language)) is None
    assert (await read(executions, id))["failure"] == "INTERRUPTED"


async def test_several_workers_run_each_once(executions: Running):
    who = of_tier("ada", "enterprise")
    ids = [(await execute(executions, f"out {number}", who))["id"] for number in range(12)]
    one, other = Scripted(), Scripted()
    async with working(executions, one, 3), working(executions, other, 3):
        for number, id in enumerate(ids):
            await until_shows(executions, id, status="COMPLETED", stdout=str(number))
    assert sorted(one.started + other.started) == sorted(f"out {number}" for number in range(12))


async def test_a_worker_that_stops_leaves_what_it_runs_to_the_next(executions: Running):
    id = (await execute(executions, "pause\nout x"))["id"]
    stopped = Scripted()
    async with working(executions, stopped):
        await until(lambda: len(stopped.started) == 1)
    assert stopped.cancelled == 1
    following = Scripted()
    following.go_on.set()
    async with working(executions, following):
        await until_shows(executions, id, status="COMPLETED", stdout="x")


async def test_programs_go_on_while_the_database_does_not_answer(executions: Running):
    id = (await execute(executions, "out before\npause\nout , after"))["id"]
    runner, storage = Scripted(), Faltering(executions.context().storage)
    async with working(executions, runner, storage=storage):
        await until_shows(executions, id, stdout="before")
        storage.is_down = True
        await until(lambda: storage.refusals > 0)
        storage.is_down = False
        runner.go_on.set()
        await until_shows(executions, id, status="COMPLETED", stdout="before, after")
    assert (len(runner.started), runner.cancelled) == (1, 0)


def test_output_is_text_whatever_was_written():
    output = Output()
    output.write(Stream.STDOUT, "ä".encode()[:1])
    output.write(Stream.STDERR, b"e\0\xff")
    output.write(Stream.STDOUT, "ä".encode()[1:] + b"!")
    assert output.so_far() == [(Stream.STDERR, "e\ufffd\ufffd"), (Stream.STDOUT, "ä!")]
    output.write(Stream.STDOUT, b"next\xe2\x82")
    assert output.so_far()[-1] == (Stream.STDOUT, "next")
    output.is_stored()
    assert output.all() == [(Stream.STDOUT, "\ufffd")]
    assert output.all() == [(Stream.STDOUT, "\ufffd")]
