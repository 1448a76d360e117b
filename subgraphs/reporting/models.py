"""The tables of reporting: read models that events of other subgraphs keep, and reports."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from trellis.db.models import JsonB, Timestamped, Versioned, enum_column, new_metadata
from trellis.db.personal_data import PersonId
from trellis.subgraphs.people_scope.people import PersonCopy
from trellis.subgraphs.project_scope.tables import ProjectCopy, ProjectMemberCopy
from trellis.subgraphs.workflow_scope.scope import WorkflowCopy

TODO, DONE = "todo", "done"
"""The statuses of tasks that figures distinguish; every other one is in progress."""


class Base(SQLModel):
    metadata = new_metadata()


class Project(ProjectCopy, Base, table=True):
    pass


class ProjectMember(ProjectMemberCopy, Base, table=True):
    pass


class Workflow(WorkflowCopy, Base, table=True):
    pass


class Person(PersonCopy, Base, table=True):
    """With what stands for them in files, which nobody completes from accounts."""

    display_name: str = Field(default="", max_length=255)
    timezone: str = Field(default="UTC", max_length=64)


class Task(Base, table=True):
    """A task of a project; personal ones are not published.

    A deleted one stays as a row without statuses, so that a late event cannot revive it. That it
    has no foreign key to its project is for the same reason as everywhere here: events of one
    stream may arrive before those of another.
    """

    __tablename__ = "task"  # type: ignore[assignment]

    id: UUID = Field(primary_key=True)
    project_id: UUID
    assignee_id: PersonId | None = None
    version: int
    is_deleted: bool = False

    __table_args__ = (
        Index("ix_task_project", "project_id"),
        Index("ix_task_assignee", "assignee_id"),
    )


class TaskSpan(Base, table=True):
    """From when to when a task had a status; ``until`` is null for the one that it has now."""

    __tablename__ = "task_span"  # type: ignore[assignment]

    task_id: UUID = Field(primary_key=True, foreign_key="task.id", ondelete="CASCADE")
    version: int = Field(primary_key=True)
    status: str = Field(max_length=32)
    since: datetime
    until: datetime | None = None


class Issue(Base, table=True):
    """What reports count of an issue; a deleted one stays as a row."""

    __tablename__ = "issue"  # type: ignore[assignment]

    id: UUID = Field(primary_key=True)
    project_id: UUID
    issue_type: str = Field(max_length=50)
    status: str = Field(max_length=50)
    priority: str = Field(max_length=50)
    assignee_id: PersonId | None = None
    created_at: datetime
    version: int
    is_deleted: bool = False

    __table_args__ = (Index("ix_issue_project", "project_id", "created_at"),)


class TimeEntry(Base, table=True):
    """Time that somebody has spent; ``minutes`` is null while the timer runs. A deleted one stays
    as a row."""

    __tablename__ = "time_entry"  # type: ignore[assignment]

    id: UUID = Field(primary_key=True)
    user_id: PersonId
    project_id: UUID | None = None
    started_at: datetime
    minutes: int | None = None
    billable: bool
    version: int
    is_deleted: bool = False

    __table_args__ = (
        Index("ix_time_entry_project", "project_id", "started_at"),
        Index("ix_time_entry_user", "user_id", "started_at"),
    )


class ReportStatus(StrEnum):
    GENERATING = "generating"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class ReportFormat(StrEnum):
    JSON = "json"
    CSV = "csv"
    PDF = "pdf"


class Report(Versioned, Timestamped, Base, table=True):
    """A requested report.

    ``viewer`` has the roles and scopes of its owner at the time of the request. The worker that
    generates it holds a lease: until ``lease_until`` no other worker takes it, and only the holder
    of ``lease_id`` may complete it.
    """

    __tablename__ = "report"  # type: ignore[assignment]

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    owner_id: PersonId
    project_id: UUID | None = Field(default=None, index=True)
    definition_id: UUID
    name: str = Field(max_length=200)
    format: ReportFormat = Field(sa_type=enum_column(ReportFormat))  # type: ignore[arg-type]
    parameters: dict[str, Any] = Field(default_factory=dict, sa_type=JsonB)
    timezone: str = Field(max_length=64)
    viewer: dict[str, Any] = Field(default_factory=dict, sa_type=JsonB)
    status: ReportStatus = Field(
        default=ReportStatus.GENERATING,
        sa_type=enum_column(ReportStatus),  # type: ignore[arg-type]
    )
    progress: int = 0
    estimated_completion: datetime
    generated_at: datetime | None = None
    expires_at: datetime | None = None
    data: dict[str, Any] | None = Field(default=None, sa_type=JsonB)
    error: str | None = Field(default=None, max_length=500)
    size: int | None = None
    attempts: int = 0
    lease_id: UUID | None = None
    lease_until: datetime | None = None

    __table_args__ = (
        Index("ix_report_owner", "owner_id", "created_at", "id"),
        Index("ix_report_status", "status", "created_at"),
        Index("ix_report_expires", "expires_at"),
    )


class ReportContent(Base, table=True):
    """The bytes of a file, beside the row that is read with every list."""

    __tablename__ = "report_content"  # type: ignore[assignment]

    report_id: UUID = Field(primary_key=True, foreign_key="report.id", ondelete="CASCADE")
    filename: str = Field(max_length=200)
    media_type: str = Field(max_length=100)
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class LinkSecret(Base, table=True):
    """The secret that signs links to files: one row, created on first use."""

    __tablename__ = "link_secret"  # type: ignore[assignment]

    id: int = Field(default=1, primary_key=True)
    secret: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
