"""The tables of projects."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID, uuid4

import pydantic
from sqlmodel import Field, SQLModel

from trellis.db.models import JsonB, Timestamped, Versioned, enum_column, new_metadata, utc_now
from trellis.db.personal_data import PersonId
from trellis.subgraphs.people_scope.people import PersonCopy
from trellis.subgraphs.people_scope.teams import TeamCopy

# How long texts may be, for columns and inputs alike.
Name = Annotated[str, pydantic.Field(max_length=200)]
Description = Annotated[str | None, pydantic.Field(max_length=10_000)]
ProjectType = Annotated[str, pydantic.Field(max_length=50)]


class ProjectStatus(StrEnum):
    ACTIVE = "active"
    ON_HOLD = "on_hold"
    COMPLETED = "completed"
    ARCHIVED = "archived"


class ProjectRole(StrEnum):
    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"


class MilestoneStatus(StrEnum):
    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"


class Base(SQLModel):
    metadata = new_metadata()


class Project(Versioned, Timestamped, Base, table=True):
    __tablename__ = "project"  # type: ignore[assignment]

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    key: str = Field(max_length=10, unique=True)
    name: Name
    description: Description = None
    project_type: ProjectType = "software"
    status: ProjectStatus = Field(
        default=ProjectStatus.ACTIVE,
        sa_type=enum_column(ProjectStatus),  # type: ignore[arg-type]
    )
    lead_id: PersonId = Field(index=True)
    owner_id: PersonId
    organization_id: UUID | None = Field(default=None, index=True)
    team_id: UUID | None = Field(default=None, index=True)
    start_date: date | None = None
    end_date: date | None = None
    settings: dict[str, Any] = Field(default_factory=dict, sa_type=JsonB)


class ProjectMember(Base, table=True):
    __tablename__ = "project_member"  # type: ignore[assignment]

    project_id: UUID = Field(primary_key=True, foreign_key="project.id", ondelete="CASCADE")
    user_id: PersonId = Field(primary_key=True, index=True)
    role: ProjectRole = Field(sa_type=enum_column(ProjectRole))  # type: ignore[arg-type]
    joined_at: datetime = Field(default_factory=utc_now)


class Milestone(Versioned, Timestamped, Base, table=True):
    __tablename__ = "milestone"  # type: ignore[assignment]

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    project_id: UUID = Field(foreign_key="project.id", ondelete="CASCADE", index=True)
    title: Name
    description: Description = None
    due_date: date | None = None
    status: MilestoneStatus = Field(
        default=MilestoneStatus.PLANNED,
        sa_type=enum_column(MilestoneStatus),  # type: ignore[arg-type]
    )
    created_by: PersonId
    completed_at: datetime | None = None


class Person(PersonCopy, Base, table=True):
    pass


class Team(TeamCopy, Base, table=True):
    pass
