"""What is known about an event when it is decided whom to tell of it, and in which words."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from trellis.db.outbox import Envelope
from trellis.schema.events.accounts import SubscriptionChanged
from trellis.schema.events.chat import MessageEvent
from trellis.schema.events.comments import CommentCreated, CommentEvent, CommentUpdated
from trellis.schema.events.event import Event
from trellis.schema.events.executions import ExecutionEvent, ExecutionFailed
from trellis.schema.events.files import FileEvent
from trellis.schema.events.issues import (
    CommentAdded,
    IssueEvent,
    IssueStatusChanged,
    IssueUpdated,
)
from trellis.schema.events.learning import EnrollmentEvent
from trellis.schema.events.orders import OrderCancelled, OrderEvent
from trellis.schema.events.payments import PaymentEvent, PaymentFailed, PaymentRefunded
from trellis.schema.events.projects import MilestoneEvent, ProjectEvent
from trellis.schema.events.tasks import TaskEvent, TaskUpdated
from trellis.schema.events.timetracking import TimesheetEvent
from trellis.schema.events.webhooks import WebhookDisabled
from trellis.schema.inputs import as_uuid
from trellis.subgraphs.notifications.models import Person, Subject, SubjectType

_EXCERPT = 200
_ACTORS = ("assigned_by", "shared_by", "author_id", "executed_by", "approved_by", "rejected_by")
# The state is long, and whom else something was shared with is not everybody's business.
_NOT_TOLD = frozenset({"state", "version", "shared_with", "newly_mentioned_ids", "recipient_ids"})


@dataclass(frozen=True, slots=True)
class Facts:
    """An event with what its reader has kept about its subject, its project and whoever did it.
    ``members`` are those of the project where all of them may be told, ``deciders`` those who may
    approve what was submitted."""

    event: Event
    event_id: UUID
    occurred_at: datetime
    actor: Person | None
    actor_id: UUID | None
    subject: Subject | None
    project: Subject | None
    participants: frozenset[UUID] = frozenset()
    members: frozenset[UUID] = frozenset()
    deciders: frozenset[UUID] = frozenset()

    @property
    def is_about_issue(self) -> bool:
        return isinstance(self.event, IssueEvent)

    @property
    def project_id(self) -> UUID | None:
        return project_id_of(self.event)

    def words(self) -> dict[str, str]:
        """What the texts of rules have in braces."""
        return {
            "actor": self.actor.display_name if self.actor is not None else "Somebody",
            "title": self.subject.title if self.subject is not None else "something",
            "name": self._name(),
            "project": self.project.title if self.project is not None else "a project",
            **_words_of(self.event),
        }

    def _name(self) -> str:
        if self.subject is None:
            return "something"
        return self.subject.key or f"'{self.subject.title}'"

    def told_event(self) -> dict[str, Any]:
        """The event as JSON, as far as it is everybody's business."""
        return {name: v for name, v in self.event.payload().items() if name not in _NOT_TOLD}

    def data(self) -> dict[str, Any]:
        """The ids and names of what it is about, as the documents show them."""
        event, (kind, id) = self.event, subject_of(self.event)
        data: dict[str, Any] = {}
        if isinstance(event, (CommentEvent, CommentAdded)):
            data["comment_id"] = str(event.comment_id)
        if kind is not None:
            data |= {f"{kind}_id": str(id), **self._names(kind)}
        if isinstance(event, WebhookDisabled):
            data["webhook_id"] = str(event.webhook_id)
        if isinstance(event, ExecutionEvent):
            data["execution_id"] = str(event.execution_id)
        if isinstance(event, SubscriptionChanged):
            data |= {"tier": event.tier, "previous_tier": event.previous_tier}
        if isinstance(event, MessageEvent):
            data |= {"channel_id": str(event.channel_id), "message_id": str(event.message_id)}
        if isinstance(event, EnrollmentEvent):
            data |= {"course_id": str(event.course_id), "course_title": event.course_title}
        if isinstance(event, OrderEvent):
            data["order_id"] = str(event.order_id)
        if isinstance(event, PaymentEvent):
            data |= {"payment_id": str(event.payment_id), "order_id": str(event.order_id)}
        return data

    def _names(self, kind: SubjectType) -> dict[str, Any]:
        title = self.subject.title if self.subject is not None else None
        project = {
            "project_id": str(self.project_id),
            "project_name": self.project.title if self.project is not None else None,
        }
        match kind:
            case SubjectType.ISSUE:
                key = self.subject.key if self.subject is not None else None
                return {"issue_key": getattr(self.event, "issue_key", key)}
            case SubjectType.TASK | SubjectType.MILESTONE:
                return {f"{kind}_title": title, **project}
            case SubjectType.PROJECT:
                return project
            case SubjectType.FILE:
                return {"filename": title}
            case SubjectType.TIMESHEET:
                return {"week_start": self.event.payload()["week_start"]}


# Why a webhook was disabled.
_WHY = {
    "gone": "its receiver has said that it is gone.",
    "exhausted": "no delivery has come through.",
    "overflow": "too much was waiting for it.",
    "key_revoked": "the API key that made it was revoked.",
}
# Why an order was cancelled.
_WHY_CANCELLED = {
    "requested": "an administrator has done it.",
    "expired": "it was not paid in time.",
    "refunded": "you got your money back.",
    "charged_back": "your bank has taken the money back.",
}
# Why a run of code failed.
_WHY_FAILED = {
    "exit_code": "it ended with an error.",
    "compilation": "it could not be compiled.",
    "timeout": "it took too long.",
    "memory": "it needed too much memory.",
    "processes": "it started too many processes.",
    "output": "it wrote too much.",
    "disk": "its files were too large.",
    "interrupted": "the server has stopped meanwhile.",
    "sandbox": "the server could not start it.",
}
_SUBJECT_TYPES = frozenset(SubjectType)


def subject_of(event: Event) -> tuple[SubjectType | None, UUID | None]:
    """What the event is about."""
    match event:
        case TaskEvent():
            return SubjectType.TASK, event.task_id
        case IssueEvent():
            return SubjectType.ISSUE, event.issue_id
        case CommentEvent() if event.subject_type in _SUBJECT_TYPES:
            return SubjectType(event.subject_type), event.subject_id
        case FileEvent():
            return SubjectType.FILE, event.file_id
        case ProjectEvent():
            return SubjectType.PROJECT, event.project_id
        case MilestoneEvent():
            return SubjectType.MILESTONE, event.milestone_id
        case TimesheetEvent():
            return SubjectType.TIMESHEET, event.timesheet_id
    return None, None


def project_id_of(event: Event) -> UUID | None:
    """The project in which it happened."""
    found: UUID | None = getattr(event, "project_id", None)
    return found


def actor_of(event: Event, envelope: Envelope) -> UUID | None:
    """Who did it; None when nobody did, as when time passes."""
    actor = envelope.headers.get("actorId")
    if isinstance(actor, str) and (id := as_uuid(actor)) is not None:
        return id
    named = {field.name for field in fields(event)}
    return next((getattr(event, name) for name in _ACTORS if name in named), None)


def _words_of(event: Event) -> dict[str, str]:
    match event:
        case IssueStatusChanged():
            return {"old": _plain(event.old_status), "new": _plain(event.new_status)}
        case TaskUpdated(state=state) if state is not None and "status" in event.changed:
            others = [_plain(name) for name in event.changed if name != "status"]
            return {"changed": ", ".join([f"status is now {_plain(state.status)}", *others])}
        case TaskUpdated() | IssueUpdated():
            return {"changed": ", ".join(_plain(name) for name in event.changed)}
        case CommentCreated() | CommentUpdated():
            return {"excerpt": _shortened(event.state.content)}
        case WebhookDisabled():
            return {"target": event.target, "why": _WHY.get(event.reason, event.reason)}
        case EnrollmentEvent():
            return {"course": f"'{event.course_title}'"}
        case OrderEvent():
            return _words_of_order(event)
        case PaymentEvent():
            return _words_of_payment(event)
        case ExecutionEvent():
            why = event.reason if isinstance(event, ExecutionFailed) else ""
            return {"language": event.language, "why": _WHY_FAILED.get(why, why)}
        case SubscriptionChanged():
            return {"old": event.previous_tier, "new": event.tier}
    changed: tuple[str, ...] = getattr(event, "changed", ())
    reason: str | None = getattr(event, "reason", None)
    return {
        "changed": ", ".join(_plain(name) for name in changed),
        "reason": f": {_shortened(reason)}" if reason else "",
        "week": str(getattr(event, "week_start", "")),
        "due": f"{due:%Y-%m-%d %H:%M} UTC" if (due := getattr(event, "due_date", None)) else "",
    }


def _words_of_order(event: OrderEvent) -> dict[str, str]:
    first, *others = event.state.items
    words = {
        "what": f"'{first.name}'" + (f" and {len(others)} more" if others else ""),
        "total": f"{event.state.total} {event.state.currency}",
    }
    if isinstance(event, OrderCancelled):
        words["why"] = _WHY_CANCELLED.get(event.reason, event.reason)
    return words


def _words_of_payment(event: PaymentEvent) -> dict[str, str]:
    words = {"total": f"{event.amount} {event.currency}"}
    if isinstance(event, PaymentFailed):
        words["why"] = event.reason
    if isinstance(event, PaymentRefunded):
        words["refunded"] = f"{event.refunded_amount} {event.currency}"
    return words


def _plain(name: str) -> str:
    """A field or a status as people read it."""
    return name.removesuffix("_id").replace("_", " ")


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _EXCERPT else line[: _EXCERPT - 1].rstrip() + "…"
