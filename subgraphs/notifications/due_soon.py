"""Reminders of tasks that are due within a day: the rule that time follows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import ClassVar

from sqlmodel import col, select

from trellis.db.locks import hold
from trellis.db.models import utc_now
from trellis.db.storage import Storage
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.tasks import TaskEvent
from trellis.subgraphs.notifications.audience import who_see_project
from trellis.subgraphs.notifications.facts import Facts
from trellis.subgraphs.notifications.models import NotificationKind, Subject
from trellis.subgraphs.notifications.noticing import tell
from trellis.subgraphs.notifications.rules import Rule

_BEFORE = timedelta(days=1)
_AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDueSoon(TaskEvent):
    """What time brings about; nobody announces it."""

    topic: ClassVar[str] = "task.due_soon"
    due_date: datetime


RULE = Rule(
    TaskDueSoon,
    NotificationKind.TASK_DUE_SOON,
    "task_due_soon",
    lambda facts: [facts.subject.assignee_id or facts.subject.owner_id] if facts.subject else [],
    "Task due soon",
    "'{title}' is due at {due}",
    # A task that is put off is reminded of again.
    occasion="due:{task_id}:{due_date}",
)


async def remind(storage: Storage, now: datetime | None = None) -> None:
    """Remind of each open task that is due within a day whoever has to do it, else who made it;
    once for each date."""
    await storage.in_batches(partial(_remind_some, now=now or utc_now()), _AT_ONCE)


async def _remind_some(uow: UnitOfWork, now: datetime) -> int:
    await hold(uow.session, "reminders")
    due = col(Subject.due_date)
    wanted = (
        select(Subject)
        .where(due > now, due <= now + _BEFORE, col(Subject.reminded_of).is_(None))
        .order_by(due, col(Subject.id))
        .limit(_AT_ONCE)
    )
    tasks = (await uow.session.scalars(wanted)).all()
    for task in tasks:
        await _remind_of(uow, task, now)
    return len(tasks)


async def _remind_of(uow: UnitOfWork, task: Subject, now: datetime) -> None:
    assert task.due_date is not None
    assert task.project_id is not None
    assert task.owner_id is not None
    task.reminded_of = task.due_date
    event = TaskDueSoon(
        task_id=task.id,
        project_id=task.project_id,
        created_by=task.owner_id,
        version=task.version,
        due_date=task.due_date,
    )
    facts = Facts(
        event=event,
        event_id=task.id,
        occurred_at=now,
        actor=None,
        actor_id=None,
        subject=task,
        project=await uow.session.get(Subject, task.project_id),
    )
    ids = [id for id in RULE.to(facts) if id is not None]
    people = await who_see_project(uow.session, ids, task.project_id)
    await tell(uow, RULE, facts, [person.id for person in people])
