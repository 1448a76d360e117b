"""What receivers read: internal events in the form of the document (S1-WH-05).

    {"event": "issue.created", "timestamp": ..., "webhook_id": ...,
     "data": {"issue": {...}, "user": {"id": ..., "username": ...}}}

``user`` did it. Where the event is about a person, ``user`` is that person and ``actor`` did it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from trellis.schema.events.accounts import UserDeactivated, UserEvent, UserUpdated
from trellis.schema.events.event import Event
from trellis.schema.events.issues import (
    IssueAssigned,
    IssueCreated,
    IssueEvent,
    IssueStatusChanged,
    IssueUpdated,
)
from trellis.schema.events.projects import (
    ProjectEvent,
    ProjectMemberAdded,
    ProjectMemberRemoved,
    ProjectUpdated,
)
from trellis.schema.events.workflows import TransitionExecuted, WorkflowEvent, WorkflowUpdated

Members = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Additions to the event: names that it does not contain. People that are not in ``usernames``
    have only their id."""

    usernames: Mapping[UUID, str]
    project_key: str | None = None
    issue_summary: str | None = None

    def person(self, id: UUID | None) -> Members | None:
        return {"id": str(id), "username": self.usernames.get(id)} if id else None

    def project(self, id: UUID) -> Members:
        return {"id": str(id), "key": self.project_key}


def body_of(webhook_id: UUID, event: str, at: datetime, data: Mapping[str, Any]) -> bytes:
    """The bytes that are signed and sent, the same at each attempt."""
    return orjson.dumps(
        {
            "event": event,
            "timestamp": _time(at),
            "webhook_id": str(webhook_id),
            "data": data,
        }
    )


def data_of(event: Event, actor_id: UUID | None, known: Known) -> Members:
    """The member ``data`` of an event of the catalog."""
    if isinstance(event, UserEvent):
        return {"user": _user(event), "actor": known.person(actor_id), **_changes(event)}
    if isinstance(event, TransitionExecuted):
        return {**_move(event, known), "user": known.person(event.executed_by)}
    return {**_entity(event, known), **_changes(event), "user": known.person(actor_id)}


def _entity(event: Event, known: Known) -> Members:
    if isinstance(event, IssueEvent):
        return _issue(event, known)
    if isinstance(event, ProjectEvent):
        return _project(event, known)
    if isinstance(event, WorkflowEvent):
        return {"workflow": _workflow(event, known)}
    raise TypeError(f"not told to webhooks: {type(event).__name__}")


def _changes(event: Event) -> Members:
    """Which members were changed, if the event has them."""
    if isinstance(event, (IssueUpdated, ProjectUpdated, WorkflowUpdated, UserUpdated)):
        return {"changed": list(event.changed)}
    return {}


def _issue(event: IssueEvent, known: Known) -> Members:
    issue: Members = {
        "id": str(event.issue_id),
        "key": event.issue_key,
        "summary": known.issue_summary,
        "project": known.project(event.project_id),
    }
    more: Members = {}
    if isinstance(event, (IssueCreated, IssueUpdated)):
        state = event.state
        issue |= {
            "summary": state.summary,
            "issue_type": state.issue_type,
            "status": state.status,
            "priority": state.priority,
            "assignee": known.person(state.assignee_id),
            "reporter": known.person(state.reporter_id),
        }
    elif isinstance(event, IssueStatusChanged):
        issue["status"] = event.new_status
        more = {"old_status": event.old_status, "new_status": event.new_status}
    elif isinstance(event, IssueAssigned):
        issue["assignee"] = known.person(event.assignee_id)
    return {"issue": issue, **more}


def _project(event: ProjectEvent, known: Known) -> Members:
    state = event.state
    project = {
        "id": str(event.project_id),
        "key": state.key,
        "name": state.name,
        "status": state.status,
    }
    if isinstance(event, ProjectMemberAdded):
        return {"project": project, "member": known.person(event.user_id), "role": event.role}
    if isinstance(event, ProjectMemberRemoved):
        return {"project": project, "member": known.person(event.user_id)}
    return {"project": project}


def _user(event: UserEvent) -> Members:
    return {
        "id": str(event.user_id),
        "username": event.username,
        "display_name": event.display_name,
        "is_active": event.is_active and not isinstance(event, UserDeactivated),
    }


def _workflow(event: WorkflowEvent, known: Known) -> Members:
    return {
        "id": str(event.workflow_id),
        "name": event.state.name,
        "is_active": event.state.is_active,
        "issue_types": list(event.state.issue_types),
        "project": known.project(event.project_id),
    }


def _move(event: TransitionExecuted, known: Known) -> Members:
    return {
        "transition": {
            "id": str(event.transition_id),
            "name": event.transition_name,
            "from_state": event.from_state,
            "to_state": event.to_state,
            "executed_at": _time(event.executed_at),
        },
        "workflow": {"id": str(event.workflow_id)},
        "issue": {
            "id": str(event.issue_id),
            "key": event.issue_key,
            "summary": known.issue_summary,
            "project": known.project(event.project_id),
        },
    }


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
