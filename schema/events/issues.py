"""Events about issues, in the stream of the subgraph ``issues``.

The events that make or change an issue carry its state: keep that with the greatest ``version``.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from trellis.schema.events.event import Event

STREAM = "issues"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueState:
    """The state of an issue that other subgraphs may store."""

    summary: str
    description: str | None
    issue_type: str
    status: str
    priority: str
    assignee_id: UUID | None
    reporter_id: UUID


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
    state: IssueState


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueUpdated(IssueEvent):
    topic: ClassVar[str] = "issue.updated"
    changed: tuple[str, ...]
    state: IssueState


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueStatusChanged(IssueEvent):
    topic: ClassVar[str] = "issue.status_changed"
    old_status: str
    new_status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueTransitioned(IssueEvent):
    """The status was changed along a transition of a workflow; ``issue.status_changed`` is emitted
    as well."""

    topic: ClassVar[str] = "issue.transitioned"
    execution_id: UUID
    workflow_id: UUID
    transition_id: UUID
    transition_name: str
    from_state: str
    to_state: str
    executed_by: UUID
    executed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueAssigned(IssueEvent):
    topic: ClassVar[str] = "issue.assigned"
    assignee_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueDeleted(IssueEvent):
    topic: ClassVar[str] = "issue.deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuesLinked(IssueEvent):
    """``type`` is blocks, duplicates or relates_to, from the issue to ``target_id``."""

    topic: ClassVar[str] = "issue.linked"
    target_id: UUID
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuesUnlinked(IssueEvent):
    topic: ClassVar[str] = "issue.unlinked"
    target_id: UUID
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentAdded(IssueEvent):
    """A comment was written through this subgraph; the subgraph ``comments`` stores it.

    Events of earlier releases have neither ``content`` nor ``created_at``: their comments are
    repeated in ``comments.backfilled``.
    """

    topic: ClassVar[str] = "comment.added"
    comment_id: UUID
    author_id: UUID
    content: str | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfilledComment:
    comment_id: UUID
    issue_id: UUID
    project_id: UUID
    author_id: UUID
    content: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentsBackfilled(Event):
    """Comments that were written before the events of this stream contained their text: in batches,
    since a reader needs a transaction for each event."""

    topic: ClassVar[str] = "comments.backfilled"
    comments: tuple[BackfilledComment, ...]

    @property
    def key(self) -> str:
        return str(self.comments[0].comment_id)
