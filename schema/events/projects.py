"""Events about projects, in the stream of the subgraph ``projects``.

Each event about a project carries its whole state in addition to the change, so that a reader that
missed one recovers with the next: keep the state with the greatest ``version``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from trellis.schema.events.event import Event

STREAM = "projects"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectState:
    """What other subgraphs may keep of a project; ``members`` are roles by user."""

    key: str
    name: str
    status: str
    organization_id: UUID | None
    lead_id: UUID
    settings: Mapping[str, Any]
    members: Mapping[UUID, str]
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectEvent(Event):
    project_id: UUID
    version: int
    state: ProjectState

    @property
    def key(self) -> str:
        return str(self.project_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectCreated(ProjectEvent):
    topic: ClassVar[str] = "project.created"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectUpdated(ProjectEvent):
    topic: ClassVar[str] = "project.updated"
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectDeleted(ProjectEvent):
    topic: ClassVar[str] = "project.deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectMemberAdded(ProjectEvent):
    topic: ClassVar[str] = "project.member_added"
    user_id: UUID
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectMemberRemoved(ProjectEvent):
    topic: ClassVar[str] = "project.member_removed"
    user_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneEvent(Event):
    milestone_id: UUID
    project_id: UUID

    @property
    def key(self) -> str:
        return str(self.project_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneCreated(MilestoneEvent):
    topic: ClassVar[str] = "milestone.created"
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneUpdated(MilestoneEvent):
    topic: ClassVar[str] = "milestone.updated"
    changed: tuple[str, ...]


PROJECT_STATES: tuple[type[ProjectEvent], ...] = (
    ProjectCreated,
    ProjectUpdated,
    ProjectDeleted,
    ProjectMemberAdded,
    ProjectMemberRemoved,
)
"""Every event that carries the state of a project."""
