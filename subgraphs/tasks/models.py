"""The tables of tasks."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID, uuid4

import pydantic
from sqlalchemy import ColumnElement, Index, UniqueConstraint, func
from sqlalchemy.ext.hybrid import hybrid_property
from sqlmodel import Field, SQLModel, col

from trellis.db.models import JsonB, Timestamped, Versioned, enum_column, new_metadata, utc_now
from trellis.db.personal_data import PersonId
from trellis.subgraphs.project_scope.tables import ProjectCopy, ProjectMemberCopy

# How long texts may be, for columns and inputs alike.
Title = Annotated[str, pydantic.Field(max_length=255)]
Description = Annotated[str | None, pydantic.Field(max_length=10_000)]

_NEVER = datetime(9999, 12, 31, tzinfo=UTC)


class TaskStatus(StrEnum):
    TODO = "todo"
    IN_PROGRESS = "in_progress"
    REVIEW = "review"
    DONE = "done"


class TaskPriority(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    URGENT = "urgent"


class DependencyType(StrEnum):
    """What the task must wait with, and for what: to start until the other one is finished, ..."""

    FINISH_TO_START = "finish_to_start"
    START_TO_START = "start_to_start"
    FINISH_TO_FINISH = "finish_to_finish"
    START_TO_FINISH = "start_to_finish"


class Base(SQLModel):
    metadata = new_metadata()


class Project(ProjectCopy, Base, table=True):
    pass


class ProjectMember(ProjectMemberCopy, Base, table=True):
    pass


class Milestone(Base, table=True):
    """Which milestones there are in which project, kept up to date by events of projects.

    No foreign key: its reader may be ahead of the one that keeps projects.
    """

    __tablename__ = "milestone"  # type: ignore[assignment]

    id: UUID = Field(primary_key=True)
    project_id: UUID = Field(index=True)


class Task(Versioned, Timestamped, Base, table=True):
    """A task of a project, or without one a personal task, which its maker alone sees."""

    __tablename__ = "task"  # type: ignore[assignment]
    model_config = pydantic.ConfigDict(ignored_types=(hybrid_property,))  # type: ignore[assignment]

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    project_id: UUID | None = Field(default=None, foreign_key="project.id")
    milestone_id: UUID | None = None
    created_by: PersonId
    assignee_id: PersonId | None = None
    title: Title
    description: Description = None
    status: TaskStatus = Field(
        default=TaskStatus.TODO,
        sa_type=enum_column(TaskStatus),  # type: ignore[arg-type]
    )
    priority: TaskPriority = Field(
        default=TaskPriority.MEDIUM,
        sa_type=enum_column(TaskPriority),  # type: ignore[arg-type]
    )
    due_date: datetime | None = None
    estimated_hours: float | None = None
    tags: list[str] = Field(default_factory=list, sa_type=JsonB)

    @hybrid_property
    def due_or_never(self) -> datetime:
        """What tasks are sorted by: one without a due date comes after all others."""
        return self.due_date or _NEVER

    @due_or_never.inplace.expression
    @classmethod
    def _due_or_never(cls) -> ColumnElement[datetime]:
        return func.coalesce(col(cls.due_date), _NEVER)

    __table_args__ = (
        Index("ix_task_of_project", "project_id", "created_at", "id"),
        Index("ix_task_of_milestone", "milestone_id", "created_at", "id"),
        Index("ix_task_of_assignee", "assignee_id", "created_at", "id"),
        Index("ix_task_of_creator", "created_by", "created_at", "id"),
        Index("ix_task_of_status", "status", "created_at", "id"),
        Index("ix_task_created", "created_at", "id"),
        Index("ix_task_updated", "updated_at"),
    )


class TaskDependency(Base, table=True):
    """``task_id`` waits for ``depends_on_id``, a task of the same project or person."""

    __tablename__ = "task_dependency"  # type: ignore[assignment]

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    task_id: UUID = Field(foreign_key="task.id", ondelete="CASCADE")
    depends_on_id: UUID = Field(foreign_key="task.id", ondelete="CASCADE", index=True)
    type: DependencyType = Field(sa_type=enum_column(DependencyType))  # type: ignore[arg-type]
    created_at: datetime = Field(default_factory=utc_now)

    __table_args__ = (UniqueConstraint("task_id", "depends_on_id"),)
