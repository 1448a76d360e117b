"""The tables of hours."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from uuid import UUID, uuid4

import pydantic
from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from trellis.db.models import Money, Timestamped, Versioned, enum_column, new_metadata
from trellis.db.personal_data import PersonId
from trellis.subgraphs.project_scope.tables import ProjectCopy, ProjectMemberCopy

# How long texts may be, for columns and inputs alike.
Description = Annotated[str | None, pydantic.Field(max_length=2_000)]
MAX_REASON = 1_000
Reason = Annotated[str | None, pydantic.Field(max_length=MAX_REASON)]
Currency = Annotated[str | None, pydantic.Field(max_length=3)]

_RUNS = text("ended_at IS NULL")


class TimesheetStatus(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"


class Base(SQLModel):
    metadata = new_metadata()


class Project(ProjectCopy, Base, table=True):
    pass


class ProjectMember(ProjectMemberCopy, Base, table=True):
    pass


class Task(Base, table=True):
    """Which tasks there are, of which project or person, kept up to date by events of tasks.

    ``owner_id`` is whose a personal one is. A deleted one stays as a row, so that a late event
    cannot revive it. No foreign key: its reader may be ahead of the one that keeps projects.
    """

    __tablename__ = "task"  # type: ignore[assignment]

    id: UUID = Field(primary_key=True)
    project_id: UUID | None = Field(default=None, index=True)
    owner_id: PersonId | None = None
    version: int
    is_deleted: bool = False


class Person(Base, table=True):
    """In which time zone people live, kept up to date by events of accounts."""

    __tablename__ = "person"  # type: ignore[assignment]

    id: UUID = Field(primary_key=True)
    timezone: str = Field(max_length=64)
    version: int


class Timesheet(Versioned, Timestamped, Base, table=True):
    """The hours that somebody has spent for projects in one week, which begins on Monday."""

    __tablename__ = "timesheet"  # type: ignore[assignment]

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    user_id: PersonId
    week_start: date
    status: TimesheetStatus = Field(
        default=TimesheetStatus.DRAFT,
        sa_type=enum_column(TimesheetStatus),  # type: ignore[arg-type]
    )
    submitted_at: datetime | None = None
    approved_by: PersonId | None = None
    approved_at: datetime | None = None
    rejected_by: PersonId | None = None
    rejected_at: datetime | None = None
    rejection_reason: Reason = None

    __table_args__ = (
        UniqueConstraint("user_id", "week_start"),
        Index("ix_timesheet_week", "week_start", "id"),
    )


class TimeEntry(Versioned, Timestamped, Base, table=True):
    """Time that somebody has spent; without an end the person's timer, which runs.

    ``day`` is that of its start where the person lived then, and decides the week. What is of no
    project is on no timesheet.
    """

    __tablename__ = "time_entry"  # type: ignore[assignment]

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    user_id: PersonId
    project_id: UUID | None = Field(default=None, foreign_key="project.id")
    task_id: UUID | None = None
    timesheet_id: UUID | None = Field(default=None, foreign_key="timesheet.id", index=True)
    day: date
    description: Description = None
    started_at: datetime
    ended_at: datetime | None = None
    duration_minutes: int | None = None
    billable: bool
    hourly_rate: Decimal | None = Field(default=None, sa_type=Money)
    currency: Currency = None

    __table_args__ = (
        # The rule of one timer for each person, whoever else forgets it.
        Index(
            "uq_time_entry_running",
            "user_id",
            unique=True,
            sqlite_where=_RUNS,
            postgresql_where=_RUNS,
        ),
        CheckConstraint("ended_at > started_at", name="ends_after_start"),
        CheckConstraint("duration_minutes >= 0", name="duration"),
        CheckConstraint("(ended_at IS NULL) = (duration_minutes IS NULL)", name="ended"),
        CheckConstraint("(project_id IS NULL) = (timesheet_id IS NULL)", name="on_a_sheet"),
        CheckConstraint("hourly_rate >= 0", name="rate"),
        CheckConstraint("(hourly_rate IS NULL) = (currency IS NULL)", name="rate_in_currency"),
        Index("ix_time_entry_of_user", "user_id", "started_at", "id"),
        Index("ix_time_entry_of_project", "project_id", "started_at", "id"),
        Index("ix_time_entry_of_task", "task_id", "started_at", "id"),
        Index("ix_time_entry_started", "started_at", "id"),
    )
