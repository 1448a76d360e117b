"""How events of other subgraphs become read models. An event that was read already changes
nothing, so reading a stream again from its start leads to the same rows."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, update
from sqlmodel import col, select

from trellis.db.locks import hold
from trellis.db.replica import Replica
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events import issues, tasks, timetracking
from trellis.schema.events.accounts import UserEvent
from trellis.subgraphs.people_scope.people import people_replica
from trellis.subgraphs.reporting.models import (
    Issue,
    Person,
    Project,
    Report,
    Task,
    TaskSpan,
    TimeEntry,
)
from trellis.subgraphs.reporting.queries import PROJECTS, WORKFLOWS

_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""Of an entry that is known only as deleted."""


async def delete_all_of(uow: UnitOfWork, project_id: UUID) -> None:
    """Remove what belongs to a project that was deleted; also reports about it. Hours stay: people
    have worked, whatever became of it."""
    await hold(uow.session, _lock_of(project_id))
    for table in (Task, Issue, Report):
        await uow.session.execute(delete(table).where(col(table.project_id) == project_id))
    await WORKFLOWS.forget(uow, project_id)


async def delete_reports_of(uow: UnitOfWork, user_id: UUID) -> None:
    """The reports of somebody whose account was deleted go with it."""
    await uow.session.execute(delete(Report).where(col(Report.owner_id) == user_id))


def _of_person(event: UserEvent) -> Mapping[str, Any]:
    return {"display_name": event.display_name, "timezone": event.timezone}


async def apply_task(uow: UnitOfWork, event: tasks.TaskEvent, at: datetime) -> None:
    """Keep who has the task and since when it has its status."""
    if event.project_id is None or not await _is_alive(uow, event.project_id):
        return
    known = await uow.session.get(Task, event.task_id, with_for_update=True)
    if known is not None and known.version >= event.version and not _deletes(known, event):
        return
    if isinstance(event, tasks.TaskDeleted):
        await _bury_task(uow, event, known)
        return
    assert isinstance(event, (tasks.TaskCreated, tasks.TaskUpdated))
    if event.state is None or (known is not None and known.is_deleted):
        return
    task = known or Task(id=event.task_id, project_id=event.project_id, version=event.version)
    task.assignee_id, task.version = event.state.assignee_id, event.version
    uow.session.add(task)
    await uow.session.flush()
    await _move(uow, task, event.state.status, at)


def _deletes(known: Task, event: tasks.TaskEvent) -> bool:
    """Deleting gives a task no version of its own."""
    same = known.version == event.version and not known.is_deleted
    return same and isinstance(event, tasks.TaskDeleted)


async def _bury_task(uow: UnitOfWork, event: tasks.TaskDeleted, known: Task | None) -> None:
    assert event.project_id is not None
    task = known or Task(id=event.task_id, project_id=event.project_id, version=event.version)
    task.assignee_id, task.version, task.is_deleted = None, event.version, True
    uow.session.add(task)
    await uow.session.flush()
    await uow.session.execute(delete(TaskSpan).where(col(TaskSpan.task_id) == task.id))


async def _move(uow: UnitOfWork, task: Task, status: str, at: datetime) -> None:
    """End the span of another status and begin one of this."""
    mine = col(TaskSpan.task_id) == task.id, col(TaskSpan.until).is_(None)
    current = (await uow.session.scalars(select(TaskSpan).where(*mine))).one_or_none()
    if current is not None:
        if current.status == status:
            return
        # The clocks of two processes may differ; time does not run backwards for a task.
        at = max(at, current.since)
        await uow.session.execute(update(TaskSpan).where(*mine).values(until=at))
    uow.session.add(TaskSpan(task_id=task.id, version=task.version, status=status, since=at))


async def apply_issue(uow: UnitOfWork, event: issues.IssueEvent, at: datetime) -> None:
    """Keep what is counted of an issue, and that it is gone."""
    if not await _is_alive(uow, event.project_id):
        return
    known = await uow.session.get(Issue, event.issue_id, with_for_update=True)
    if known is not None and known.is_deleted:
        return
    if isinstance(event, issues.IssueDeleted):
        issue = known or _no_issue(event, at)
        issue.is_deleted, issue.version = True, max(issue.version, event.version)
        uow.session.add(issue)
        return
    assert isinstance(event, (issues.IssueCreated, issues.IssueUpdated))
    if known is not None and known.version > event.version:
        return
    issue = known or _no_issue(event, at)
    issue.issue_type, issue.status = event.state.issue_type, event.state.status
    issue.priority, issue.assignee_id = event.state.priority, event.state.assignee_id
    issue.version = event.version
    uow.session.add(issue)


def _no_issue(event: issues.IssueEvent, at: datetime) -> Issue:
    return Issue(
        id=event.issue_id,
        project_id=event.project_id,
        issue_type="",
        status="",
        priority="",
        created_at=at,
        version=event.version,
    )


async def apply_entry(uow: UnitOfWork, event: timetracking.TimeEntryEvent) -> None:
    """Keep the length of an entry, and that it is gone."""
    known = await uow.session.get(TimeEntry, event.entry_id, with_for_update=True)
    if known is not None and (known.is_deleted or known.version > event.version):
        return
    if isinstance(event, timetracking.TimeEntryDeleted):
        if known is not None:
            known.is_deleted, known.minutes, known.version = True, None, event.version
        else:
            uow.session.add(_gone_entry(event))
        return
    state: timetracking.TimeEntryState = event.state  # type: ignore[attr-defined]
    await uow.session.merge(
        TimeEntry(
            id=event.entry_id,
            user_id=event.user_id,
            project_id=event.project_id,
            started_at=state.started_at,
            minutes=state.duration_minutes,
            billable=state.billable,
            version=event.version,
        )
    )


def _gone_entry(event: timetracking.TimeEntryEvent) -> TimeEntry:
    return TimeEntry(
        id=event.entry_id,
        user_id=event.user_id,
        project_id=event.project_id,
        started_at=_NO_TIME,
        billable=False,
        version=event.version,
        is_deleted=True,
    )


async def _is_alive(uow: UnitOfWork, project_id: UUID) -> bool:
    """Whether rows of the project may be kept: until the commit nobody deletes it. One of which
    nothing is known yet may come still."""
    await hold(uow.session, _lock_of(project_id), shared=True)
    project = await uow.session.get(Project, project_id)
    return project is None or not project.is_deleted


def _lock_of(project_id: UUID) -> str:
    return f"project:{project_id}"


REPLICAS = (
    PROJECTS.replica(deleted=delete_all_of),
    WORKFLOWS.replica(),
    people_replica(Person, deleted=delete_reports_of, more=_of_person),
    Replica.dated(
        tasks.STREAM, (tasks.TaskCreated, tasks.TaskUpdated, tasks.TaskDeleted), apply_task
    ),
    Replica.dated(
        issues.STREAM, (issues.IssueCreated, issues.IssueUpdated, issues.IssueDeleted), apply_issue
    ),
    Replica(
        timetracking.STREAM,
        (
            timetracking.TimerStarted,
            timetracking.TimerStopped,
            timetracking.TimeEntryCreated,
            timetracking.TimeEntryUpdated,
            timetracking.TimeEntryDeleted,
        ),
        apply_entry,
    ),
)
