"""The tables of issues."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID, uuid4

import pydantic
from sqlalchemy import Index, UniqueConstraint, false, text
from sqlmodel import Field, SQLModel

from trellis.db.models import JsonB, Timestamped, Versioned, enum_column, new_metadata, utc_now
from trellis.db.personal_data import PersonId
from trellis.subgraphs.project_scope.tables import ProjectCopy, ProjectMemberCopy
from trellis.subgraphs.workflow_scope.scope import WorkflowCopy

# How long texts may be, for columns and inputs alike.
Summary = Annotated[str, pydantic.Field(max_length=255)]
Description = Annotated[str | None, pydantic.Field(max_length=50_000)]
Word = Annotated[str, pydantic.Field(max_length=50)]
CommentText = Annotated[str, pydantic.Field(max_length=10_000)]


class LinkType(StrEnum):
    BLOCKS = "blocks"
    DUPLICATES = "duplicates"
    RELATES_TO = "relates_to"


class Base(SQLModel):
    metadata = new_metadata()


class Project(ProjectCopy, Base, table=True):
    pass


class ProjectMember(ProjectMemberCopy, Base, table=True):
    pass


class Workflow(WorkflowCopy, Base, table=True):
    pass


class IssueCounter(Base, table=True):
    """The last issue number of a project. Updating it serializes the creation of issues."""

    __tablename__ = "issue_counter"  # type: ignore[assignment]

    project_id: UUID = Field(primary_key=True, foreign_key="project.id")
    last_number: int = 0


class Issue(Versioned, Timestamped, Base, table=True):
    __tablename__ = "issue"  # type: ignore[assignment]

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    project_id: UUID = Field(foreign_key="project.id")
    number: int
    key: str = Field(max_length=24, unique=True)
    summary: Summary
    description: Description = None
    issue_type: Word
    status: Word
    priority: Word
    assignee_id: PersonId | None = None
    reporter_id: PersonId
    custom_fields: dict[str, Any] = Field(default_factory=dict, sa_type=JsonB)

    __table_args__ = (
        UniqueConstraint("project_id", "number"),
        Index("ix_issue_of_project", "project_id", "created_at", "id"),
        Index("ix_issue_of_assignee", "assignee_id", "created_at", "id"),
        Index("ix_issue_of_reporter", "reporter_id", "created_at", "id"),
        Index("ix_issue_created", "created_at", "id"),
    )


class IssueLink(Base, table=True):
    """No cascade: an issue that is linked cannot be deleted."""

    __tablename__ = "issue_link"  # type: ignore[assignment]

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    source_id: UUID = Field(foreign_key="issue.id")
    target_id: UUID = Field(foreign_key="issue.id", index=True)
    type: LinkType = Field(sa_type=enum_column(LinkType))  # type: ignore[arg-type]
    created_at: datetime = Field(default_factory=utc_now)

    __table_args__ = (UniqueConstraint("source_id", "target_id", "type"),)


class Comment(Versioned, Timestamped, Base, table=True):
    """The subgraph ``comments`` owns them. Here they are kept for routers that still ask this one
    (docs/moving-a-field.md); ``is_told``: an event has announced its text."""

    __tablename__ = "comment"  # type: ignore[assignment]

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    issue_id: UUID = Field(foreign_key="issue.id", ondelete="CASCADE")
    author_id: PersonId
    content: CommentText
    # Of those that older workers write, too, and which only a back-fill tells.
    is_told: bool = Field(default=False, sa_column_kwargs={"server_default": false()})

    __table_args__ = (
        Index("ix_comment_of_issue", "issue_id", "created_at", "id"),
        Index(
            "ix_comment_untold",
            "id",
            sqlite_where=text("NOT is_told"),
            postgresql_where=text("NOT is_told"),
        ),
    )


class Attachment(Base, table=True):
    __tablename__ = "attachment"  # type: ignore[assignment]

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    issue_id: UUID = Field(foreign_key="issue.id", ondelete="CASCADE", index=True)
    filename: str = Field(max_length=255)
    mime_type: str = Field(max_length=127)
    size: int
    url: str | None = Field(default=None, max_length=2_000)
    created_at: datetime = Field(default_factory=utc_now)
