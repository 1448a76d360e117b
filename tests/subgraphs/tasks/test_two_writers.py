"""Who comes while somebody else is changing the same thing waits, and then finds it changed."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from tests.support.postgres_locks import somebody_waits
from tests.support.subgraphs import Running, caller
from trellis.db.models import utc_now
from trellis.db.outbox import Envelope
from trellis.db.seed.world import demo_id
from trellis.schema.events.projects import ProjectDeleted, ProjectState
from trellis.subgraphs.project_scope.scope import ProjectNotFound
from trellis.subgraphs.tasks import queries
from trellis.subgraphs.tasks.errors import DependencyNotFound, TaskNotFound
from trellis.subgraphs.tasks.models import DependencyType, Task, TaskDependency, TaskStatus
from trellis.subgraphs.tasks.queries import PROJECTS
from trellis.subgraphs.tasks.use_cases import dependencies, upkeep
from trellis.subgraphs.tasks.use_cases import tasks as use_cases
from trellis.subgraphs.tasks.use_cases.dependencies import NewDependency
from trellis.subgraphs.tasks.use_cases.tasks import NewTask

ALAN, ADA = caller("alan"), caller("ada")
ONE, FOUR, SEVEN, TEN = (demo_id("task", f"ENG-{number}") for number in (1, 4, 7, 10))
ENG = demo_id("project", "ENG")


def waits(task: object, other: object) -> NewDependency:
    kind = DependencyType.FINISH_TO_START
    return NewDependency(task_id=task, depends_on_id=other, type=kind)  # type: ignore[arg-type]


async def test_two_changes_of_one_task_are_both_made(tasks: Running):
    storage = tasks.context().storage

    async def finish() -> int:
        async with storage.begin() as uow:
            return (await use_cases.update_status(uow, ALAN, ONE, TaskStatus.DONE)).version

    async with storage.begin() as uow:
        await use_cases.update_task(uow, ALAN, ONE, {"title": "first"})
        second = asyncio.create_task(finish())
        await somebody_waits(storage.database)

    assert await second == 3
    async with storage.read() as session:
        task = await session.get_one(Task, ONE)
    assert (task.title, task.status) == ("first", TaskStatus.DONE)


async def test_changes_of_two_tasks_of_a_project_do_not_wait_for_one_another(tasks: Running):
    storage = tasks.context().storage
    if not storage.database.is_postgres:
        pytest.skip("SQLite has one writer at a time")
    async with storage.begin() as first, storage.begin() as second:
        await second.session.execute(text("set local lock_timeout = '50ms'"))
        await use_cases.update_task(first, ALAN, ONE, {"title": "first"})
        await use_cases.update_task(second, ALAN, FOUR, {"title": "second"})
        for uow in (first, second):
            await use_cases.create_task(uow, ALAN, NewTask(project_id=ENG, title="x"))


async def test_a_task_that_is_being_deleted_is_not_waited_for(tasks: Running):
    storage = tasks.context().storage

    async def wait_for_it() -> None:
        async with storage.begin() as uow:
            await dependencies.add_dependency(uow, ALAN, waits(ONE, FOUR))

    async with storage.begin() as uow:
        await use_cases.delete_task(uow, ADA, FOUR)
        waiting = asyncio.create_task(wait_for_it())
        await somebody_waits(storage.database)

    with pytest.raises(TaskNotFound):
        await waiting


async def test_a_circle_that_is_being_closed_by_others_is_seen(tasks: Running):
    """The two share no task, so only the lock of the project lets one see the other."""
    storage = tasks.context().storage
    async with storage.begin() as uow:
        await dependencies.add_dependency(uow, ALAN, waits(FOUR, SEVEN))
        await dependencies.add_dependency(uow, ALAN, waits(TEN, ONE))

    async def close() -> None:
        async with storage.begin() as uow:
            await dependencies.add_dependency(uow, ALAN, waits(SEVEN, TEN))

    async with storage.begin() as uow:
        await dependencies.add_dependency(uow, ALAN, waits(ONE, FOUR))
        closing = asyncio.create_task(close())
        await somebody_waits(storage.database)

    with pytest.raises(dependencies.DependencyNotPossible):
        await closing


async def test_a_dependency_is_removed_once(tasks: Running):
    storage, id = tasks.context().storage, demo_id("task_dependency", "ENG-3")

    async def remove() -> None:
        async with storage.begin() as uow:
            await dependencies.remove_dependency(uow, ALAN, id)

    async with storage.begin() as uow:
        await dependencies.remove_dependency(uow, ALAN, id)
        second = asyncio.create_task(remove())
        await somebody_waits(storage.database)

    with pytest.raises(DependencyNotFound):
        await second


async def test_whoever_waits_for_one_end_does_not_hold_the_other(tasks: Running):
    """Or two who tie the same tasks the other way round would wait for one another."""
    storage = tasks.context().storage
    lower, higher = sorted((ONE, FOUR))

    async def tie() -> None:
        async with storage.begin() as uow:
            await dependencies.add_dependency(uow, ALAN, waits(higher, lower))

    async with storage.begin() as uow:
        await queries.task_for_update(uow.session, ALAN, lower)
        tying = asyncio.create_task(tie())
        await somebody_waits(storage.database)
        async with storage.read() as session:
            free = select(Task.id).where(col(Task.id) == higher).with_for_update(nowait=True)
            assert list(await session.scalars(free)) == [higher]
    await tying
    async with storage.read() as session:
        made = select(TaskDependency.task_id).where(col(TaskDependency.depends_on_id) == lower)
        assert list(await session.scalars(made)) == [higher]


def deletion() -> Envelope:
    state = ProjectState(
        key="ENG",
        name="Engine",
        status="active",
        organization_id=None,
        lead_id=uuid4(),
        settings={},
        members={},
    )
    event = ProjectDeleted(project_id=ENG, version=99, state=state)
    return Envelope(uuid4(), event.topic, event.key, event.payload(), utc_now(), cursor="1")


async def test_a_task_made_while_its_project_is_deleted_goes_with_it(tasks: Running):
    storage = tasks.context().storage
    replica = PROJECTS.replica(deleted=upkeep.delete_tasks_of)

    async def take_the_news() -> None:
        async with storage.begin() as uow:
            await replica.handle(uow, deletion())

    async with storage.begin() as uow:
        await use_cases.create_task(uow, ALAN, NewTask(project_id=ENG, title="late"))
        taking = asyncio.create_task(take_the_news())
        await somebody_waits(storage.database)

    await taking
    async with storage.read() as session:
        assert list(await session.scalars(select(Task.id).where(Task.project_id == ENG))) == []


async def test_a_project_that_is_being_deleted_takes_no_task(tasks: Running):
    storage = tasks.context().storage
    replica = PROJECTS.replica(deleted=upkeep.delete_tasks_of)

    async def make() -> None:
        async with storage.begin() as uow:
            await use_cases.create_task(uow, ALAN, NewTask(project_id=ENG, title="late"))

    async with storage.begin() as uow:
        await replica.handle(uow, deletion())
        making = asyncio.create_task(make())
        await somebody_waits(storage.database)

    with pytest.raises(ProjectNotFound):
        await making
