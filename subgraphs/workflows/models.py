"""The tables of workflows."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

import pydantic
from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from trellis.db.models import JsonB, Timestamped, Versioned, new_metadata, utc_now
from trellis.db.personal_data import PersonId
from trellis.subgraphs.project_scope.tables import ProjectCopy, ProjectMemberCopy

# How long texts may be, for columns and inputs alike.
Name = Annotated[str, pydantic.Field(max_length=200)]
Description = Annotated[str | None, pydantic.Field(max_length=10_000)]
Word = Annotated[str, pydantic.Field(max_length=50)]
"""A state or an issue type: as long as issues take it."""


class Base(SQLModel):
    metadata = new_metadata()


class Project(ProjectCopy, Base, table=True):
    pass


class ProjectMember(ProjectMemberCopy, Base, table=True):
    pass


class Workflow(Versioned, Timestamped, Base, table=True):
    """``states`` and ``transitions`` are read and written as a whole, see
    ``workflow_scope.definition``."""

    __tablename__ = "workflow"  # type: ignore[assignment]

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    project_id: UUID = Field(foreign_key="project.id")
    name: Name
    description: Description = None
    issue_types: list[str] = Field(sa_type=JsonB)
    is_active: bool
    states: list[Any] = Field(sa_type=JsonB)
    transitions: list[Any] = Field(sa_type=JsonB)

    __table_args__ = (
        Index("ix_workflow_of_project", "project_id", "created_at", "id"),
        Index("ix_workflow_created", "created_at", "id"),
    )


class ActiveWorkflow(Base, table=True):
    """One row for each issue type of an active workflow: there cannot be a second one."""

    __tablename__ = "active_workflow"  # type: ignore[assignment]

    project_id: UUID = Field(primary_key=True, foreign_key="project.id")
    issue_type: Word = Field(primary_key=True)
    workflow_id: UUID = Field(foreign_key="workflow.id", ondelete="CASCADE", index=True)


class TransitionExecution(Base, table=True):
    """A move of an issue, as the issues subgraph has announced it."""

    __tablename__ = "transition_execution"  # type: ignore[assignment]

    id: UUID = Field(primary_key=True)
    workflow_id: UUID = Field(foreign_key="workflow.id", ondelete="CASCADE")
    project_id: UUID = Field(foreign_key="project.id", index=True)
    issue_id: UUID
    issue_key: str = Field(max_length=24)
    transition_id: UUID
    transition_name: Name
    from_state: Word
    to_state: Word
    executed_by: PersonId
    executed_at: datetime = Field(default_factory=utc_now)

    __table_args__ = (
        Index("ix_execution_of_workflow", "workflow_id", "executed_at", "id"),
        Index("ix_execution_of_issue", "issue_id", "executed_at", "id"),
    )
