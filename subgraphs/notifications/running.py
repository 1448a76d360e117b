"""What runs while the subgraph runs: readers of all streams, and what is done again and again."""

from collections.abc import Sequence
from typing import Any

from trellis.db.jobs import Job
from trellis.db.outbox import Envelope
from trellis.db.replica import Replica
from trellis.db.storage import Storage
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events import (
    accounts,
    chat,
    comments,
    executions,
    files,
    issues,
    learning,
    orders,
    payments,
    projects,
    tasks,
    timetracking,
    webhooks,
)
from trellis.schema.events.event import Event
from trellis.subgraphs.mail_scope.mailer import mailer_for
from trellis.subgraphs.notifications import due_soon, people, retention, subjects, unread
from trellis.subgraphs.notifications.addresses import Reachable
from trellis.subgraphs.notifications.listening import Listener
from trellis.subgraphs.notifications.noticing import take
from trellis.subgraphs.notifications.outbound import Outbound
from trellis.subgraphs.notifications.posting import post_letters
from trellis.subgraphs.notifications.push.sending import push_messages
from trellis.subgraphs.notifications.queries import PROJECTS
from trellis.subgraphs.notifications.settings import SETTINGS as SETTINGS
from trellis.subgraphs.notifications.settings import NoticeSettings

_PROJECTS = PROJECTS.replica(deleted=subjects.drop_project)


async def apply_person(uow: UnitOfWork, event: Event, envelope: Envelope) -> None:
    """Keep people and their contact data; notify them of events of their account."""
    match event:
        case accounts.UserEvent():
            await people.keep_person(uow, event)
        case accounts.ContactChanged():
            await people.keep_contact(uow, event)
        case _:
            await take(uow, event, envelope)


async def apply_project(uow: UnitOfWork, event: Event, envelope: Envelope) -> None:
    """Keep projects and their members first: their visibility decides who is notified."""
    await _PROJECTS.handle(uow, envelope)
    await take(uow, event, envelope)


async def apply_chat(uow: UnitOfWork, event: Event, envelope: Envelope) -> None:
    """Keep what is unread, and notify whom messages are meant for."""
    if isinstance(event, unread.COUNTED):
        await unread.count(uow, event)
    await take(uow, event, envelope)


REPLICAS: Sequence[Replica[Any]] = (
    Listener(
        accounts.STREAM,
        (*accounts.USER_STATES, accounts.ContactChanged, accounts.SubscriptionChanged),
        apply_person,
    ),
    Listener(
        projects.STREAM,
        (*projects.PROJECT_STATES, projects.MilestoneCreated),
        apply_project,
    ),
    Listener(
        issues.STREAM,
        (
            issues.IssueCreated,
            issues.IssueUpdated,
            issues.IssueAssigned,
            issues.IssueStatusChanged,
            issues.IssueDeleted,
            issues.CommentAdded,
        ),
        take,
    ),
    Listener(
        tasks.STREAM,
        (tasks.TaskCreated, tasks.TaskUpdated, tasks.TaskAssigned, tasks.TaskDeleted),
        take,
    ),
    Listener(comments.STREAM, (comments.CommentCreated, comments.CommentUpdated), take),
    Listener(
        timetracking.STREAM,
        (
            timetracking.TimesheetSubmitted,
            timetracking.TimesheetApproved,
            timetracking.TimesheetRejected,
        ),
        take,
    ),
    Listener(executions.STREAM, (executions.ExecutionCompleted, executions.ExecutionFailed), take),
    # The subgraph's own stream: webhooks tell their owners like every other domain does.
    Listener(webhooks.STREAM, (webhooks.WebhookDisabled,), take),
    Listener(
        files.STREAM,
        (files.FileUploaded, files.FileUpdated, files.FileDeleted, files.FileShared),
        take,
    ),
    Listener(chat.STREAM, (*unread.COUNTED, chat.UserMentioned), apply_chat),
    Listener(learning.STREAM, (learning.EnrollmentCreated, learning.EnrollmentEnded), take),
    Listener(orders.STREAM, (orders.OrderConfirmed, orders.OrderCancelled), take),
    Listener(
        payments.STREAM,
        (payments.PaymentCompleted, payments.PaymentFailed, payments.PaymentRefunded),
        take,
    ),
)


async def _post(storage: Storage) -> None:
    settings = NoticeSettings.from_environment()
    await post_letters(storage, mailer_for(settings.mail_url, settings.mail_from), settings)


async def _push(storage: Storage) -> None:
    outbound = Outbound(Reachable.from_environment())
    await push_messages(storage, outbound, NoticeSettings.from_environment())


async def _delete_old(storage: Storage) -> None:
    await retention.delete_old(storage, NoticeSettings.from_environment())


def _check_mail() -> object:
    settings = NoticeSettings.from_environment()
    return mailer_for(settings.mail_url, settings.mail_from)


JOBS: Sequence[Job] = (
    Job("letters of notifications", 5.0, _post, check=_check_mail),
    Job("push messages", 2.0, _push, check=Reachable.from_environment),
    Job("reminders of tasks", 60.0, due_soon.remind),
    Job("deletion of old notifications", 3_600.0, _delete_old),
)
