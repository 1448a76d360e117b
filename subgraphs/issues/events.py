"""What happened to issues. Each event carries the issue's state, keep the greatest version."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from trellis.db.outbox import Event
from trellis.subgraphs.issues.models import Issue, LinkType


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueEvent(Event):
    issue_id: UUID
    issue_key: str
    project_id: UUID
    version: int

    @property
    def key(self) -> str:
        return str(self.issue_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueCreated(IssueEvent):
    topic: ClassVar[str] = "issue.created"
    state: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueUpdated(IssueEvent):
    topic: ClassVar[str] = "issue.updated"
    changed: tuple[str, ...]
    state: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueStatusChanged(IssueEvent):
    topic: ClassVar[str] = "issue.status_changed"
    old_status: str
    new_status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueAssigned(IssueEvent):
    topic: ClassVar[str] = "issue.assigned"
    assignee_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueDeleted(IssueEvent):
    topic: ClassVar[str] = "issue.deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuesLinked(IssueEvent):
    topic: ClassVar[str] = "issue.linked"
    target_id: UUID
    type: LinkType


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuesUnlinked(IssueEvent):
    topic: ClassVar[str] = "issue.unlinked"
    target_id: UUID
    type: LinkType


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentAdded(IssueEvent):
    topic: ClassVar[str] = "comment.added"
    comment_id: UUID
    author_id: UUID


def about(issue: Issue) -> dict[str, Any]:
    """What every event of an issue tells."""
    return {
        "issue_id": issue.id,
        "issue_key": issue.key,
        "project_id": issue.project_id,
        "version": issue.version,
    }


def state_of(issue: Issue) -> dict[str, Any]:
    """What other subgraphs may keep of an issue."""
    return {
        "summary": issue.summary,
        "description": issue.description,
        "issue_type": issue.issue_type,
        "status": issue.status,
        "priority": issue.priority,
        "assignee_id": issue.assignee_id,
        "reporter_id": issue.reporter_id,
    }
