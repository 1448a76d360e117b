"""From events to deliveries: each event of the catalog is put into the queues of the webhooks that
want it, in the transaction that notes it as read.

It is rendered here, once: what is sent later is what was true then. Whether the owner may see it
is decided when it is sent (``sending.py``).
"""

from collections.abc import Sequence
from uuid import UUID

from trellis.db.outbox import Envelope
from trellis.db.replica import keep
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events import accounts, issues, projects, workflows
from trellis.schema.events.event import Event
from trellis.schema.inputs import as_uuid
from trellis.subgraphs.notifications.listening import Listener
from trellis.subgraphs.notifications.models import Project
from trellis.subgraphs.notifications.webhooks import queries
from trellis.subgraphs.notifications.webhooks.catalog import WebhookEvent
from trellis.subgraphs.notifications.webhooks.models import (
    DisabledReason,
    Webhook,
    WebhookIssue,
)
from trellis.subgraphs.notifications.webhooks.payloads import Known, data_of
from trellis.subgraphs.notifications.webhooks.queries import About
from trellis.subgraphs.notifications.webhooks.queueing import (
    disable,
    first_delivery,
    make_due,
)
from trellis.subgraphs.notifications.webhooks.upkeep import end_webhooks_of_key, forget_person

MAX_WAITING = 5_000
"""How many deliveries of a webhook may wait; one more switches it off."""


class ProjectNotKnown(Exception):
    """The stream of projects is read later than this one: the event is tried again."""


async def hear(uow: UnitOfWork, event: Event, envelope: Envelope) -> None:
    """Put an event into the queues of the webhooks that want it, or end what it ends."""
    if isinstance(event, accounts.UserDeleted):
        await forget_person(uow, event.user_id)
        return
    if isinstance(event, accounts.ApiKeyRevoked):
        await end_webhooks_of_key(uow, event.api_key_id)
        return
    topic = WebhookEvent(envelope.topic)
    about = await _about(uow, event)
    if about is not None:
        wanting = queries.wanting(topic, envelope.occurred_at, about)
        hooks = (await uow.session.scalars(wanting)).all()
        if hooks and about.project_id is not None and about.members is None:
            await _require_known(uow, about.project_id)
        if hooks:
            await _queue(uow, hooks, envelope, event, about)
    await _keep_summary(uow, event)


async def _about(uow: UnitOfWork, event: Event) -> About | None:
    """Whom it concerns; None for what nobody sees any more."""
    if isinstance(event, accounts.UserEvent):
        return About(project_id=None, organization_id=event.organization_id)
    if isinstance(event, projects.ProjectEvent):
        # Told by the event itself: of a deleted project the copy knows no members any more.
        state = event.state
        return About(
            project_id=event.project_id,
            organization_id=state.organization_id,
            members=tuple(state.members),
        )
    project_id = _project_of(event)
    project = await uow.session.get(Project, project_id)
    if project is not None and project.is_deleted:
        return None
    organization_id = project.organization_id if project is not None else None
    return About(project_id=project_id, organization_id=organization_id)


def _project_of(event: Event) -> UUID:
    within = (issues.IssueEvent, workflows.WorkflowEvent, workflows.TransitionExecuted)
    if isinstance(event, within):
        return event.project_id
    raise TypeError(f"not told to webhooks: {type(event).__name__}")


async def _require_known(uow: UnitOfWork, project_id: UUID) -> None:
    if await uow.session.get(Project, project_id) is None:
        raise ProjectNotKnown(str(project_id))


async def _queue(
    uow: UnitOfWork, hooks: Sequence[Webhook], envelope: Envelope, event: Event, about: About
) -> None:
    actor_id = as_uuid(str(envelope.headers.get("actorId")))
    known = await _known(uow, event, actor_id, about.project_id)
    data = data_of(event, actor_id, known)
    ids = [hook.id for hook in hooks]
    waiting = await queries.waiting_by_webhook(uow.session, ids)
    have_it = await queries.webhooks_with_event(uow.session, ids, envelope.id)
    receivers: list[UUID] = []
    for hook in hooks:
        if hook.id in have_it:
            continue
        if waiting.get(hook.id, 0) >= MAX_WAITING:
            await disable(uow, hook, DisabledReason.OVERFLOW)
            continue
        delivery = first_delivery(
            webhook_id=hook.id,
            event_id=envelope.id,
            event=envelope.topic,
            key=envelope.key,
            project_id=about.project_id,
            occurred_at=envelope.occurred_at,
            data=data,
        )
        uow.session.add(delivery)
        receivers.append(hook.id)
    await uow.session.flush()
    await make_due(uow, receivers)


async def _known(
    uow: UnitOfWork, event: Event, actor_id: UUID | None, project_id: UUID | None
) -> Known:
    mentioned = (
        *(getattr(event, name, None) for name in ("user_id", "executed_by", "assignee_id")),
        *(getattr(getattr(event, "state", None), name, None) for name in _PEOPLE_OF_ISSUES),
    )
    people = {id for id in (actor_id, *mentioned) if id is not None}
    issue_id = getattr(event, "issue_id", None)
    project = await uow.session.get(Project, project_id) if project_id else None
    issue = await uow.session.get(WebhookIssue, issue_id) if issue_id else None
    return Known(
        usernames=await queries.usernames_of(uow.session, people),
        project_key=project.key if project is not None else None,
        issue_summary=issue.summary if issue is not None else None,
    )


_PEOPLE_OF_ISSUES = ("assignee_id", "reporter_id")


async def _keep_summary(uow: UnitOfWork, event: Event) -> None:
    if isinstance(event, (issues.IssueCreated, issues.IssueUpdated)):
        row = WebhookIssue(id=event.issue_id, summary=event.state.summary, version=event.version)
        await keep(uow, row)
    elif isinstance(event, issues.IssueDeleted):
        known = await uow.session.get(WebhookIssue, event.issue_id)
        if known is not None:
            await uow.session.delete(known)


def _heard(stream: str, *kinds: type[Event]) -> Listener[Event]:
    """By a name of its own: this subgraph reads the stream for people, too."""
    return Listener(stream, kinds, hear, name=f"webhooks-from-{stream}")


REPLICAS = (
    _heard(
        issues.STREAM,
        issues.IssueCreated,
        issues.IssueUpdated,
        issues.IssueDeleted,
        issues.IssueStatusChanged,
        issues.IssueAssigned,
    ),
    _heard(projects.STREAM, *projects.PROJECT_STATES),
    _heard(
        accounts.STREAM,
        accounts.UserCreated,
        accounts.UserUpdated,
        accounts.UserDeactivated,
        accounts.UserDeleted,
        accounts.ApiKeyRevoked,
    ),
    _heard(workflows.STREAM, *workflows.WORKFLOW_STATES, workflows.TransitionExecuted),
)
