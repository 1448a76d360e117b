"""Events about comments, in the stream of the subgraph ``comments``.

``comment.created`` and ``comment.updated`` carry the state: keep that with the greatest
``version``.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from trellis.schema.events.event import Event

STREAM = "comments"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentState:
    """The state of a comment that other subgraphs may store."""

    content: str
    parent_id: UUID | None
    mentioned_ids: tuple[UUID, ...]
    created_at: datetime
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentEvent(Event):
    """``subject_type`` is project, task, issue, file or milestone; ``project_id`` is the project
    of the subject, null for personal tasks and files."""

    comment_id: UUID
    subject_type: str
    subject_id: UUID
    project_id: UUID | None
    author_id: UUID
    version: int

    @property
    def key(self) -> str:
        return str(self.subject_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentCreated(CommentEvent):
    topic: ClassVar[str] = "comment.created"
    state: CommentState


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentMoved(CommentEvent):
    """It was written when another subgraph still stored comments: readers that keep a copy store it
    like a created one, and nobody is notified."""

    topic: ClassVar[str] = "comment.moved"
    state: CommentState


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentUpdated(CommentEvent):
    """``newly_mentioned_ids`` were not mentioned before the edit."""

    topic: ClassVar[str] = "comment.updated"
    state: CommentState
    newly_mentioned_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentDeleted(CommentEvent):
    topic: ClassVar[str] = "comment.deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionAdded(CommentEvent):
    topic: ClassVar[str] = "comment.reaction_added"
    user_id: UUID
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionRemoved(CommentEvent):
    topic: ClassVar[str] = "comment.reaction_removed"
    user_id: UUID
    type: str
