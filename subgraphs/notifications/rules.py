"""Who is notified of which event, and with which text: one table.

For each event the rules are tried in this order; a person reached by one is not notified again by a
later one. Nobody is notified of their own actions, or of what they may not see: ``noticing``
ensures that for all rules.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any
from uuid import UUID

from trellis.schema.events.accounts import SubscriptionChanged
from trellis.schema.events.chat import MessageSent, UserMentioned
from trellis.schema.events.comments import CommentCreated, CommentUpdated
from trellis.schema.events.event import Event
from trellis.schema.events.executions import ExecutionCompleted, ExecutionFailed
from trellis.schema.events.files import FileShared
from trellis.schema.events.issues import (
    CommentAdded,
    IssueAssigned,
    IssueStatusChanged,
    IssueUpdated,
)
from trellis.schema.events.learning import EnrollmentCreated, EnrollmentEnded
from trellis.schema.events.orders import OrderCancelled, OrderConfirmed
from trellis.schema.events.payments import PaymentCompleted, PaymentFailed, PaymentRefunded
from trellis.schema.events.projects import MilestoneCreated, ProjectMemberAdded, ProjectUpdated
from trellis.schema.events.tasks import TaskAssigned, TaskUpdated
from trellis.schema.events.timetracking import (
    TimesheetApproved,
    TimesheetRejected,
    TimesheetSubmitted,
)
from trellis.schema.events.webhooks import WebhookDisabled
from trellis.subgraphs.notifications.facts import Facts
from trellis.subgraphs.notifications.models import NotificationKind as Kind

Recipients = Callable[[Facts], Iterable[UUID | None]]


class Reach(Enum):
    """Which of the people chosen by a rule may be notified."""

    INVOLVED = "those who see the project, or to whom it belongs where there is none"
    NAMED = "the same, but it is between people of one organization where there is no project"
    SHARED = "people of one organization, whether or not they see the project"
    OWN = "whom it concerns and nobody else"


@dataclass(frozen=True, slots=True)
class Rule:
    """``to`` chooses people, ``reach`` says who of them may know of it. ``occasion`` identifies
    what a person is notified of at most once; by default the event."""

    on: type[Event]
    kind: Kind
    type: str
    to: Recipients
    title: str
    message: str
    reach: Reach = Reach.INVOLVED
    occasion: str = "event:{event_id}"


def _named(member: str) -> Recipients:
    """Those whom a member of the event names, one or several."""

    def recipients(facts: Facts) -> Iterable[UUID | None]:
        found: Any = getattr(facts.event, member)
        return found if isinstance(found, tuple) else (found,)

    return recipients


def _involved(facts: Facts) -> Iterable[UUID | None]:
    """Who has made the subject, has to do it, or has written about it."""
    if facts.subject is None:
        return facts.participants
    return (facts.subject.owner_id, facts.subject.assignee_id, *facts.participants)


def _involved_in_changes(facts: Facts) -> Iterable[UUID | None]:
    """Those involved, unless another rule covers the same event."""
    changed: tuple[str, ...] = getattr(facts.event, "changed", ())
    told_elsewhere = {"assignee_id", "status"} if facts.is_about_issue else {"assignee_id"}
    return _involved(facts) if set(changed) - told_elsewhere else ()


def _mentioned(facts: Facts) -> Iterable[UUID | None]:
    assert isinstance(facts.event, CommentCreated)
    return facts.event.state.mentioned_ids


def _whose_order_was_cancelled(facts: Facts) -> Iterable[UUID | None]:
    """The person, unless it is them who left the course."""
    assert isinstance(facts.event, EnrollmentEnded)
    return (facts.event.user_id,) if facts.event.reason == "refunded" else ()


def _deciders(facts: Facts) -> Iterable[UUID | None]:
    return facts.deciders


def _members(facts: Facts) -> Iterable[UUID | None]:
    return facts.members


RULES = (
    Rule(
        TaskAssigned,
        Kind.TASK_ASSIGNED,
        "task_assigned",
        _named("assigned_to"),
        "Task Assigned",
        "You have been assigned to '{title}'",
        reach=Reach.NAMED,
    ),
    Rule(
        TaskUpdated,
        Kind.TASK_UPDATED,
        "task_updated",
        _involved_in_changes,
        "Task Updated",
        "{actor} has changed '{title}': {changed}",
    ),
    Rule(
        IssueAssigned,
        Kind.ISSUE_ASSIGNED,
        "issue_assigned",
        _named("assignee_id"),
        "Issue assigned to you",
        "{name} has been assigned to you",
        reach=Reach.NAMED,
    ),
    Rule(
        IssueStatusChanged,
        Kind.ISSUE_UPDATED,
        "issue_status_changed",
        _involved,
        "Issue moved",
        "{actor} has moved {name} from {old} to {new}",
    ),
    Rule(
        IssueUpdated,
        Kind.ISSUE_UPDATED,
        "issue_updated",
        _involved_in_changes,
        "Issue updated",
        "{actor} has changed {name}: {changed}",
    ),
    Rule(
        CommentCreated,
        Kind.MENTIONS,
        "mentioned",
        _mentioned,
        "You were mentioned",
        "{actor} has mentioned you on {name}: {excerpt}",
        reach=Reach.NAMED,
        occasion="comment:{comment_id}",
    ),
    Rule(
        CommentCreated,
        Kind.COMMENT_ADDED,
        "comment_added",
        _involved,
        "New comment",
        "{actor} has commented on {name}: {excerpt}",
        occasion="comment:{comment_id}",
    ),
    # Of the same comment two streams may tell: the occasion makes one notification of it.
    Rule(
        CommentAdded,
        Kind.COMMENT_ADDED,
        "comment_added",
        _involved,
        "New comment",
        "{actor} has commented on {name}",
        occasion="comment:{comment_id}",
    ),
    Rule(
        CommentUpdated,
        Kind.MENTIONS,
        "mentioned",
        _named("newly_mentioned_ids"),
        "You were mentioned",
        "{actor} has mentioned you on {name}: {excerpt}",
        reach=Reach.NAMED,
        occasion="mention:{comment_id}",
    ),
    Rule(
        ProjectMemberAdded,
        Kind.PROJECT_UPDATES,
        "project_member_added",
        _named("user_id"),
        "Added to a project",
        "{actor} has added you to {project}",
        reach=Reach.NAMED,
    ),
    Rule(
        ProjectUpdated,
        Kind.PROJECT_UPDATES,
        "project_updated",
        _members,
        "Project updated",
        "{actor} has changed {project}: {changed}",
    ),
    Rule(
        MilestoneCreated,
        Kind.PROJECT_UPDATES,
        "milestone_created",
        _members,
        "New milestone",
        "{actor} has added '{title}' to {project}",
    ),
    Rule(
        FileShared,
        Kind.FILE_SHARED,
        "file_shared",
        _named("shared_with"),
        "File shared with you",
        "{actor} has shared {name} with you",
        reach=Reach.SHARED,
    ),
    Rule(
        TimesheetSubmitted,
        Kind.TIMESHEET_REVIEWED,
        "timesheet_submitted",
        _deciders,
        "Timesheet submitted",
        "{actor} has submitted a timesheet of the week of {week} for your approval",
        reach=Reach.OWN,
    ),
    Rule(
        TimesheetApproved,
        Kind.TIMESHEET_REVIEWED,
        "timesheet_approved",
        _named("user_id"),
        "Timesheet approved",
        "{actor} has approved your timesheet of the week of {week}",
        reach=Reach.OWN,
    ),
    Rule(
        TimesheetRejected,
        Kind.TIMESHEET_REVIEWED,
        "timesheet_rejected",
        _named("user_id"),
        "Timesheet rejected",
        "{actor} has rejected your timesheet of the week of {week}{reason}",
        reach=Reach.OWN,
    ),
    Rule(
        WebhookDisabled,
        Kind.ACCOUNT,
        "webhook_disabled",
        _named("owner_id"),
        "Webhook disabled",
        "Your webhook to {target} gets nothing any more: {why}",
        reach=Reach.OWN,
    ),
    Rule(
        SubscriptionChanged,
        Kind.ACCOUNT,
        "subscription_changed",
        _named("user_id"),
        "Subscription changed",
        "Your subscription is now {new}; it was {old}",
        reach=Reach.OWN,
    ),
    Rule(
        EnrollmentCreated,
        Kind.ACCOUNT,
        "enrollment_created",
        _named("instructor_id"),
        "New enrolment",
        "{actor} has enrolled in {course}",
        reach=Reach.OWN,
    ),
    Rule(
        EnrollmentEnded,
        Kind.ACCOUNT,
        "enrollment_ended",
        _whose_order_was_cancelled,
        "Enrolment ended",
        "You are no longer enrolled in {course}, because your order of it was cancelled",
        reach=Reach.OWN,
    ),
    Rule(
        OrderConfirmed,
        Kind.ACCOUNT,
        "order_confirmed",
        _named("user_id"),
        "Order confirmed",
        "Your order of {what} is paid: {total}",
        reach=Reach.OWN,
    ),
    Rule(
        OrderCancelled,
        Kind.ACCOUNT,
        "order_cancelled",
        _named("user_id"),
        "Order cancelled",
        "Your order of {what} was cancelled: {why}",
        reach=Reach.OWN,
    ),
    Rule(
        PaymentCompleted,
        Kind.ACCOUNT,
        "payment_completed",
        _named("user_id"),
        "Payment completed",
        "Your payment of {total} has arrived",
        reach=Reach.OWN,
    ),
    Rule(
        PaymentFailed,
        Kind.ACCOUNT,
        "payment_failed",
        _named("user_id"),
        "Payment failed",
        "Your payment of {total} has failed: {why}",
        reach=Reach.OWN,
    ),
    Rule(
        PaymentRefunded,
        Kind.ACCOUNT,
        "payment_refunded",
        _named("user_id"),
        "Payment refunded",
        "You get {refunded} of your payment of {total} back",
        reach=Reach.OWN,
    ),
    # Of a message in a direct channel that also names the other person one notification is made.
    Rule(
        MessageSent,
        Kind.MENTIONS,
        "message_received",
        _named("recipient_ids"),
        "New message",
        "{actor} has written to you",
        reach=Reach.OWN,
        occasion="message:{message_id}",
    ),
    Rule(
        UserMentioned,
        Kind.MENTIONS,
        "mentioned",
        _named("user_id"),
        "You were mentioned",
        "{actor} has mentioned you in a message",
        reach=Reach.OWN,
        occasion="message:{message_id}",
    ),
    Rule(
        ExecutionCompleted,
        Kind.ACCOUNT,
        "execution_completed",
        _named("owner_id"),
        "Code completed",
        "Your {language} program has completed",
        reach=Reach.OWN,
    ),
    Rule(
        ExecutionFailed,
        Kind.ACCOUNT,
        "execution_failed",
        _named("owner_id"),
        "Code failed",
        "Your {language} program has failed: {why}",
        reach=Reach.OWN,
    ),
)


def rules_for(kind: type[Event]) -> tuple[Rule, ...]:
    """The rules on events of a kind, in their order."""
    return tuple(rule for rule in RULES if rule.on is kind)
