"""The tables of the copy: a domain declares its own two of them, over its own metadata."""

from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from trellis.db.models import JsonB


class ProjectCopy(SQLModel):
    """What a domain must know of a project, kept up to date by its events.

    A deleted project stays as a row without members, so that a late event cannot revive it.
    """

    __tablename__ = "project"  # type: ignore[assignment]

    id: UUID = Field(primary_key=True)
    key: str = Field(max_length=10)
    organization_id: UUID | None = Field(default=None, index=True)
    settings: dict[str, Any] = Field(default_factory=dict, sa_type=JsonB)
    version: int
    is_deleted: bool = False


class ProjectMemberCopy(SQLModel):
    """Who is in the project, and as what."""

    __tablename__ = "project_member"  # type: ignore[assignment]

    project_id: UUID = Field(primary_key=True, foreign_key="project.id")
    user_id: UUID = Field(primary_key=True, index=True)
    role: str = Field(max_length=32)
