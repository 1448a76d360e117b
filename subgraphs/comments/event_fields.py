"""The state of a comment in events."""

from collections.abc import Sequence
from typing import TypedDict
from uuid import UUID

from trellis.schema.events.comments import CommentState
from trellis.subgraphs.comments.models import Comment
from trellis.subgraphs.people_scope.mentions import Mentioned


class About(TypedDict):
    """The fields of ``CommentEvent``."""

    comment_id: UUID
    subject_type: str
    subject_id: UUID
    project_id: UUID | None
    author_id: UUID
    version: int


def about(comment: Comment) -> About:
    return {
        "comment_id": comment.id,
        "subject_type": comment.subject_type.value,
        "subject_id": comment.subject_id,
        "project_id": comment.project_id,
        "author_id": comment.author_id,
        "version": comment.version,
    }


def state_of(comment: Comment, mentioned: Sequence[Mentioned]) -> CommentState:
    return CommentState(
        content=comment.content,
        parent_id=comment.parent_id,
        mentioned_ids=tuple(one.user_id for one in mentioned),
        created_at=comment.created_at,
        updated_at=comment.updated_at,
    )
