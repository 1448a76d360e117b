"""What news of projects, tasks and people do to hours."""

from uuid import UUID, uuid4

from sqlmodel import col, select

from tests.subgraphs.timetracking.asking import (
    ADA,
    ALAN,
    APPROVE,
    CREATE,
    ENG,
    GRACE,
    START,
    SUBMIT,
    create,
    entries_in_table,
    events,
    sheet_id,
    sheet_in_table,
    span,
    start,
    stop,
    task_id,
)
from tests.support.subgraphs import Running
from trellis.db.models import utc_now
from trellis.db.outbox import Envelope
from trellis.schema.events.accounts import UserDeleted, UserEvent, UserUpdated
from trellis.schema.events.projects import ProjectDeleted, ProjectState
from trellis.schema.events.tasks import TaskCreated, TaskDeleted, TaskUpdated
from trellis.subgraphs.timetracking.models import Person, Task, TimeEntry
from trellis.subgraphs.timetracking.queries import PROJECTS
from trellis.subgraphs.timetracking.use_cases import upkeep


async def delete_project(hours: Running) -> None:
    state = ProjectState(
        key="ENG",
        name="Engine",
        status="active",
        organization_id=ADA.tenant_id,
        lead_id=uuid4(),
        settings={},
        members={},
    )
    event = ProjectDeleted(project_id=UUID(ENG), version=99, state=state)
    news = Envelope(uuid4(), event.topic, event.key, event.payload(), utc_now(), cursor="1")
    async with hours.context().storage.begin() as uow:
        await PROJECTS.replica().handle(uow, news)


async def test_hours_outlive_their_project(hours: Running):
    """People have worked: they see it, stop their timers, and are paid for it; its leads see it no
    more, the administrators of the organization do. Nothing can be added."""
    made, timer = await create(hours), await start(hours)
    before = await entries_in_table(hours, ALAN.id)
    await delete_project(hours)

    assert await entries_in_table(hours, ALAN.id) == before
    await stop(hours, timer["id"])
    for operation in (START, CREATE):
        given = span("12:00", "13:00") if operation == CREATE else {"projectId": ENG}
        assert (await hours.refusal(operation, ALAN, i=given))["code"] == "NOT_FOUND"
    sheet = made["timesheet"]["id"]
    await hours.ask(SUBMIT, ALAN, id=sheet)
    await hours.ask(APPROVE, GRACE, id=sheet)
    totals = "... on Project { totalHours timeEntries { totalCount } }"
    [project] = await hours.entities(ALAN, totals, {"__typename": "Project", "id": ENG})
    assert project["totalHours"] is None


async def apply_task(hours: Running, event: TaskCreated | TaskUpdated | TaskDeleted) -> None:
    async with hours.context().storage.begin() as uow:
        await upkeep.keep_task(uow, event)


async def test_time_is_spent_for_tasks_that_are_there(hours: Running):
    id = uuid4()
    assert ALAN.id is not None
    about = {"task_id": id, "project_id": UUID(ENG), "created_by": ALAN.id}
    made = TaskCreated(**about, version=1, state=None)  # type: ignore[arg-type]
    gone = TaskDeleted(**about, version=1)  # type: ignore[arg-type]
    given = span("09:00", "10:00", taskId=str(id))
    await apply_task(hours, made)
    first = (await hours.ask(CREATE, ALAN, i=given))["createTimeEntry"]["timeEntry"]
    for event in (gone, TaskUpdated(**about, version=0, changed=(), state=None)):  # type: ignore[arg-type]
        await apply_task(hours, event)  # late: it revives nothing
    again = span("12:00", "13:00", taskId=str(id))
    assert (await hours.refusal(CREATE, ALAN, i=again))["code"] == "NOT_FOUND"
    assert first["id"] in [str(entry.id) for entry in await entries_in_table(hours, ALAN.id)]
    [task] = await hours.entities(
        ALAN, "... on Task { actualHours }", {"__typename": "Task", "id": str(id)}
    )
    assert task == {"actualHours": None}
    async with hours.context().storage.read() as session:
        assert (await session.get_one(Task, id)).is_deleted


def person_of(kind: type[UserEvent], version: int, timezone: str, **more: object) -> UserEvent:
    assert ALAN.id is not None
    return kind(
        user_id=ALAN.id,
        version=version,
        username="x",
        display_name="x",
        avatar_url=None,
        organization_id=None,
        roles=(),
        is_active=True,
        timezone=timezone,
        **more,  # type: ignore[arg-type]
    )


async def test_where_somebody_lives_is_kept(hours: Running):
    for version, timezone in ((2, "Asia/Tokyo"), (1, "Europe/Paris")):
        async with hours.context().storage.begin() as uow:
            event = person_of(UserUpdated, version, timezone, changed=())
            await upkeep.keep_person(uow, event)

    made = await create(hours, **span("20:00", "21:00", "2026-03-01"))
    assert made["date"] == "2026-03-02"


async def test_of_a_deleted_person_only_hours_for_projects_stay(hours: Running):
    """With the id alone, behind which accounts shows nothing personal."""
    paid = await entries_in_table(hours, ALAN.id)
    await create(hours, taskId=task_id("alan-1"), projectId=None, description="Dentist")
    await create(hours, **span("12:00", "13:00", projectId=None))
    timer = await start(hours)
    others = await entries_in_table(hours, GRACE.id)

    for _ in range(2):
        async with hours.context().storage.begin() as uow:
            await upkeep.keep_person(uow, person_of(UserDeleted, 9, "UTC"))

    left = await entries_in_table(hours, ALAN.id)
    assert [entry.id for entry in left] == [entry.id for entry in paid]
    assert {entry.description for entry in left} == {None}
    assert [e.duration_minutes for e in left] == [e.duration_minutes for e in paid]
    assert await entries_in_table(hours, GRACE.id) == others
    assert (await sheet_in_table(hours, sheet_id("alan-3"))).rejection_reason is None
    gone = [event for event in await events(hours) if event.topic == "time_entry.deleted"]
    assert len(gone) == 3 and timer["id"] in {event.key for event in gone}
    async with hours.context().storage.read() as session:
        assert ALAN.id is not None
        assert (await session.get_one(Person, ALAN.id)).timezone == "UTC"
        described = select(TimeEntry).where(col(TimeEntry.description).is_not(None))
        assert len(list(await session.scalars(described))) > 100
