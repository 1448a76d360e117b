"""What news of people and of milestones, and time, do to tasks."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, select

from tests.subgraphs.tasks.asking import ENG, create, events, task_id
from tests.support.leaving import user_deleted
from tests.support.subgraphs import Running, caller
from trellis.db.models import utc_now
from trellis.db.seed.world import demo_id
from trellis.db.settings import DataSettings
from trellis.schema.events.projects import MilestoneCreated
from trellis.subgraphs.tasks import retention
from trellis.subgraphs.tasks.graph import make_subgraph
from trellis.subgraphs.tasks.models import Milestone, Project, Task
from trellis.subgraphs.tasks.use_cases import upkeep

ALAN = demo_id("user", "alan")


async def tasks_of(tasks: Running, person: UUID, *, personal: bool) -> list[UUID]:
    is_personal = col(Task.project_id).is_(None)
    statement = select(Task.id).where(
        col(Task.created_by) == person, is_personal if personal else ~is_personal
    )
    async with tasks.context().storage.read() as session:
        return list(await session.scalars(statement))


async def test_the_personal_tasks_of_a_deleted_person_go_with_them(tasks: Running):
    of_projects = await tasks_of(tasks, ALAN, personal=False)
    others = await tasks_of(tasks, demo_id("user", "ada"), personal=True)
    event = user_deleted(ALAN)
    async with tasks.context().storage.begin() as uow:
        await upkeep.forget_person(uow, event)

    assert await tasks_of(tasks, ALAN, personal=True) == []
    assert await tasks_of(tasks, ALAN, personal=False) == of_projects
    assert await tasks_of(tasks, demo_id("user", "ada"), personal=True) == others
    told = await events(tasks)
    assert {event.topic for event in told} == {"task.deleted"}
    assert {event.key for event in told} == {task_id(f"alan-{n}") for n in (1, 2, 3)}


async def test_personal_tasks_that_nobody_touched_for_long_are_deleted(tasks: Running):
    """Those of projects stay, and so does what was touched since; the oldest go first."""
    fresh = (await create(tasks, projectId=None))["id"]
    deleted = []
    for most in (30, 30):
        async with tasks.context().storage.begin() as uow:
            before = utc_now() - timedelta(days=1)
            deleted.append(await upkeep.delete_old(uow, before, most=most))

    assert deleted == [30, 6]
    async with tasks.context().storage.read() as session:
        left = await session.scalars(select(Task.id).where(col(Task.project_id).is_(None)))
        assert list(left) == [UUID(fresh)]
        of_projects = await session.scalars(
            select(Task.id).where(col(Task.project_id).is_not(None))
        )
        assert len(list(of_projects)) == 120
    first = [event.key for event in (await events(tasks))[1:31]]
    assert task_id("ada-1") in first and task_id("tommy-3") not in first


async def test_the_job_deletes_by_the_setting_in_portions(
    tasks: Running, monkeypatch: pytest.MonkeyPatch
):
    storage = tasks.context().storage
    monkeypatch.setattr(retention, "_AT_ONCE", 10)
    left = []
    for days in ("", "36500", "1"):
        monkeypatch.setenv("TRELLIS_TASKS_KEEP_DAYS", days)
        await retention.JOB.work(storage)
        async with storage.read() as session:
            personal = await session.scalars(select(Task).where(col(Task.project_id).is_(None)))
            left.append(len(list(personal)))

    assert left == [36, 36, 0]


@pytest.mark.parametrize("given", ["0", "-1", "1.5", "a week", "36501"])
async def test_a_wrong_number_of_days_keeps_the_subgraph_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
):
    monkeypatch.setenv("TRELLIS_TASKS_KEEP_DAYS", given)
    subgraph = make_subgraph(DataSettings(data_dir=tmp_path))

    with pytest.raises(ValueError, match="a whole number from 1 to 36500"):
        await subgraph.start()


async def test_a_milestone_is_known_unless_its_project_is_gone(tasks: Running):
    async with tasks.context().storage.begin() as uow:
        project = await uow.session.get_one(Project, demo_id("project", "HOP"))
        project.is_deleted = True
    kept, late, early = uuid4(), uuid4(), uuid4()
    unknown = uuid4()  # its project's news have not been read yet
    for id, project_id in ((kept, UUID(ENG)), (late, project.id), (early, unknown)):
        event = MilestoneCreated(milestone_id=id, project_id=project_id, title="x")
        for _ in range(2):
            async with tasks.context().storage.begin() as uow:
                await upkeep.keep_milestone(uow, event)

    async with tasks.context().storage.read() as session:
        found = [await session.get(Milestone, id) is not None for id in (kept, late, early)]
    assert found == [True, False, True]
    await create(tasks, milestoneId=str(kept))


async def test_a_deleted_project_takes_its_tasks_and_milestones_along(tasks: Running):
    async with tasks.context().storage.begin() as uow:
        await upkeep.delete_tasks_of(uow, UUID(ENG))

    query = "query($p: ID!) { tasks(filters: {projectId: $p}) { totalCount } }"
    assert (await tasks.ask(query, caller("ada"), p=ENG))["tasks"]["totalCount"] == 0
    async with tasks.context().storage.read() as session:
        rows = await session.scalars(select(Milestone).where(Milestone.project_id == UUID(ENG)))
        assert list(rows) == []
    assert await events(tasks) == []
