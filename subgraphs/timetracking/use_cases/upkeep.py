"""What happens to hours without anybody asking for it: news of tasks and people.

Nothing happens to them when a project or task is deleted: people have worked, and are paid for it.
"""

from uuid import UUID

from sqlalchemy import delete, or_, update
from sqlmodel import col, select

from trellis.db.replica import keep
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.accounts import UserDeleted, UserEvent
from trellis.schema.events.tasks import TaskDeleted, TaskEvent
from trellis.schema.events.timetracking import TimeEntryDeleted
from trellis.subgraphs.timetracking.events import about
from trellis.subgraphs.timetracking.models import Person, Task, TimeEntry, Timesheet
from trellis.subgraphs.timetracking.use_cases.rules import hold_hours

_AT_ONCE = 500


async def keep_task(uow: UnitOfWork, event: TaskEvent) -> None:
    """Note that a task exists or was deleted."""
    is_deleted = isinstance(event, TaskDeleted)
    is_personal = event.project_id is None
    copy = Task(
        id=event.task_id,
        project_id=event.project_id,
        owner_id=event.created_by if is_personal and not is_deleted else None,
        version=event.version,
        is_deleted=is_deleted,
    )
    await keep(uow, copy)


async def keep_person(uow: UnitOfWork, event: UserEvent) -> None:
    """Note where somebody lives, or forget them."""
    copy = Person(id=event.user_id, timezone=event.timezone, version=event.version)
    if await keep(uow, copy) and isinstance(event, UserDeleted):
        await forget_person(uow, event.user_id)


async def forget_person(uow: UnitOfWork, user_id: UUID) -> None:
    """Remove what somebody whose account was deleted did for no project, and a timer that runs.

    Of hours for projects, which were or will be paid for, only the id stays, behind which accounts
    shows nothing personal; what the person and others wrote about them goes.
    """
    await hold_hours(uow, user_id)
    theirs = col(TimeEntry.user_id) == user_id
    unpaid = theirs, or_(col(TimeEntry.project_id).is_(None), col(TimeEntry.ended_at).is_(None))
    while entries := (
        await uow.session.scalars(select(TimeEntry).where(*unpaid).limit(_AT_ONCE))
    ).all():
        for entry in entries:
            uow.emit(TimeEntryDeleted(**about(entry)))
        gone = [entry.id for entry in entries]
        await uow.session.execute(delete(TimeEntry).where(col(TimeEntry.id).in_(gone)))
    await uow.session.execute(update(TimeEntry).where(theirs).values(description=None))
    sheets = update(Timesheet).where(col(Timesheet.user_id) == user_id)
    await uow.session.execute(sheets.values(rejection_reason=None))
