"""The tables of comments."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID, uuid4

import pydantic
from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from trellis.db.models import JsonB, Timestamped, Versioned, enum_column, new_metadata, utc_now
from trellis.db.personal_data import PersonId
from trellis.subgraphs.people_scope.people import PersonCopy
from trellis.subgraphs.project_scope.tables import ProjectCopy, ProjectMemberCopy

# How long a text may be, for the column and inputs alike.
CommentText = Annotated[str, pydantic.Field(max_length=10_000)]


class SubjectType(StrEnum):
    """What can be commented on."""

    PROJECT = "project"
    TASK = "task"
    ISSUE = "issue"
    FILE = "file"
    MILESTONE = "milestone"


class ReactionType(StrEnum):
    THUMBS_UP = "thumbs_up"
    THUMBS_DOWN = "thumbs_down"
    HEART = "heart"
    LAUGH = "laugh"
    HOORAY = "hooray"
    CONFUSED = "confused"
    ROCKET = "rocket"
    EYES = "eyes"


class Base(SQLModel):
    metadata = new_metadata()


class Project(ProjectCopy, Base, table=True):
    pass


class ProjectMember(ProjectMemberCopy, Base, table=True):
    pass


class Person(PersonCopy, Base, table=True):
    """Who can be mentioned: ``handle`` is the user name in lower case, ``roles`` say what else
    than their projects somebody sees."""

    handle: str = Field(max_length=64, index=True)
    roles: list[str] = Field(default_factory=list, sa_type=JsonB)


class Subject(Base, table=True):
    """What other subgraphs have that can be commented on.

    ``project_id`` is null for what belongs to ``owner_id`` alone. What is deleted stays as a row,
    so that a late event cannot revive it.
    """

    __tablename__ = "subject"  # type: ignore[assignment]

    id: UUID = Field(primary_key=True)
    type: SubjectType = Field(sa_type=enum_column(SubjectType))  # type: ignore[arg-type]
    project_id: UUID | None = Field(default=None, index=True)
    owner_id: PersonId | None = None
    version: int = 0
    is_deleted: bool = False


class FileShare(Base, table=True):
    """Who else sees a file, and until when; null is for ever."""

    __tablename__ = "file_share"  # type: ignore[assignment]

    file_id: UUID = Field(primary_key=True)
    user_id: PersonId = Field(primary_key=True, index=True)
    expires_at: datetime | None = None


class Comment(Versioned, Timestamped, Base, table=True):
    """``subject_type`` and ``project_id`` are those of its subject, which never change."""

    __tablename__ = "comment"  # type: ignore[assignment]

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    subject_id: UUID = Field(foreign_key="subject.id")
    subject_type: SubjectType = Field(sa_type=enum_column(SubjectType))  # type: ignore[arg-type]
    project_id: UUID | None = None
    parent_id: UUID | None = Field(default=None, foreign_key="comment.id")
    author_id: PersonId
    content: CommentText
    is_edited: bool = False

    __table_args__ = (
        Index("ix_comment_of_subject", "subject_id", "created_at", "id"),
        Index("ix_comment_of_project", "project_id", "created_at", "id"),
        Index("ix_comment_of_parent", "parent_id", "created_at", "id"),
    )


class DeletedComment(Base, table=True):
    """A comment that was kept by the subgraph of issues, too, and was deleted here: events about it
    that are read again do not bring it back."""

    __tablename__ = "deleted_comment"  # type: ignore[assignment]

    id: UUID = Field(primary_key=True)


class CommentMention(Base, table=True):
    """Somebody whose handle is in the text; ``place`` is the order in which they are there."""

    __tablename__ = "comment_mention"  # type: ignore[assignment]

    comment_id: UUID = Field(primary_key=True, foreign_key="comment.id", ondelete="CASCADE")
    user_id: PersonId = Field(primary_key=True, index=True)
    handle: str = Field(max_length=64)
    place: int


class Reaction(Base, table=True):
    """The key is what makes a reaction the only one of its kind by a person."""

    __tablename__ = "reaction"  # type: ignore[assignment]

    comment_id: UUID = Field(primary_key=True, foreign_key="comment.id", ondelete="CASCADE")
    type: ReactionType = Field(
        primary_key=True,
        sa_type=enum_column(ReactionType),  # type: ignore[arg-type]
    )
    user_id: PersonId = Field(primary_key=True, index=True)
    created_at: datetime = Field(default_factory=utc_now)
