"""What happened to projects.

Each event carries the project's whole state beside the news, so that a reader which missed one
is right again with the next: keep the state with the greatest ``version``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from trellis.db.outbox import Event
from trellis.subgraphs.projects.models import Milestone, Project, ProjectMember


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectEvent(Event):
    project_id: UUID
    version: int
    state: Mapping[str, Any]

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
class MilestoneCreated(Event):
    topic: ClassVar[str] = "milestone.created"
    milestone_id: UUID
    project_id: UUID
    title: str

    @property
    def key(self) -> str:
        return str(self.project_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneUpdated(Event):
    topic: ClassVar[str] = "milestone.updated"
    milestone_id: UUID
    project_id: UUID
    changed: tuple[str, ...]

    @property
    def key(self) -> str:
        return str(self.project_id)


def state_of(project: Project, members: Sequence[ProjectMember]) -> dict[str, Any]:
    """What other subgraphs may keep of a project."""
    return {
        "key": project.key,
        "name": project.name,
        "status": project.status,
        "organization_id": project.organization_id,
        "lead_id": project.lead_id,
        "settings": project.settings,
        "members": {str(member.user_id): member.role for member in members},
    }


def milestone_created(milestone: Milestone) -> MilestoneCreated:
    return MilestoneCreated(
        milestone_id=milestone.id, project_id=milestone.project_id, title=milestone.title
    )
