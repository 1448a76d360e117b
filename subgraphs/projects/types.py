"""The types of projects in the graph, and what projects add to people and organizations."""

from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

import strawberry
import strawberry.federation
from strawberry import ID, Info

from trellis.db.caller_context import CallerContext
from trellis.schema.list_sizes import FORWARD, list_size
from trellis.schema.paging import DEFAULT_PAGE, Connection, PageRequest
from trellis.schema.references import Reference, load_by_id, load_by_id_or
from trellis.subgraphs.projects import models, queries
from trellis.subgraphs.projects.errors import ProjectNotFound
from trellis.subgraphs.projects.loaders import Loaders
from trellis.subgraphs.projects.models import MilestoneStatus, ProjectRole, ProjectStatus
from trellis.subgraphs.projects.policies import MEMBER
from trellis.subgraphs.projects.queries import ListOf
from trellis.subgraphs.projects.settings import MAX_WORDS
from trellis.subgraphs.projects.settings import ProjectSettings as Settings

READ = [["read:projects"]]
WRITE = [["write:projects"]]
DELETE = [["delete:projects"], ["admin:projects"]]
READ_MEMBERS = [["read:project_members"]]
WRITE_MEMBERS = [["write:project_members"]]
_WORDS = list_size(MAX_WORDS)
# The usual length: with the upper bound no list of projects could show its members.
_AS_LONG_AS_A_PAGE = list_size(DEFAULT_PAGE)

Ctx = Info[CallerContext[Loaders], None]


@strawberry.federation.type(keys=["id"])
class User:
    id: ID

    @strawberry.federation.field(
        directives=[FORWARD],
        requires_scopes=READ,
        description="Projects this person is a member of.",
    )
    async def projects(
        self, info: Ctx, first: int | None = None, after: str | None = None
    ) -> "Connection[Project] | None":
        return await _project_list(info, queries.OF_MEMBER, self.id, first, after)

    @strawberry.federation.field(
        directives=[FORWARD], requires_scopes=READ, description="Projects this person leads."
    )
    async def led_projects(
        self, info: Ctx, first: int | None = None, after: str | None = None
    ) -> "Connection[Project] | None":
        return await _project_list(info, queries.OF_LEAD, self.id, first, after)


@strawberry.federation.type(keys=["id"])
class Organization:
    id: ID

    @strawberry.federation.field(directives=[FORWARD], requires_scopes=READ)
    async def projects(
        self, info: Ctx, first: int | None = None, after: str | None = None
    ) -> "Connection[Project] | None":
        return await _project_list(info, queries.OF_ORGANIZATION, self.id, first, after)


@strawberry.federation.type(keys=["id"])
class Team:
    id: ID

    @strawberry.federation.field(directives=[FORWARD], requires_scopes=READ)
    async def projects(
        self, info: Ctx, first: int | None = None, after: str | None = None
    ) -> "Connection[Project] | None":
        return await _project_list(info, queries.OF_TEAM, self.id, first, after)


@strawberry.type(
    description="The types, priorities and statuses of the issues of a project, and the features "
    "it uses."
)
class ProjectSettings:
    issue_types: list[str] = strawberry.field(directives=[_WORDS])
    priorities: list[str] = strawberry.field(directives=[_WORDS])
    statuses: list[str] = strawberry.field(directives=[_WORDS])
    time_tracking: bool
    file_attachments: bool


@strawberry.federation.type(requires_scopes=READ_MEMBERS)
class ProjectMember:
    user: User | None
    role: ProjectRole
    joined_at: datetime

    @classmethod
    def of(cls, row: models.ProjectMember) -> Self:
        return cls(user=User(id=ID(str(row.user_id))), role=row.role, joined_at=row.joined_at)


@strawberry.federation.type(keys=["id"], requires_scopes=READ)
class Milestone:
    id: ID
    title: str
    description: str | None
    due_date: date | None
    status: MilestoneStatus
    completed_at: datetime | None
    created_by: User | None
    created_at: datetime
    updated_at: datetime
    version: int
    project_id: strawberry.Private[UUID]

    @strawberry.field
    async def project(self, info: Ctx) -> "Project | None":
        row = await info.context.loaders.project.load(self.project_id)
        if row is None:
            raise ProjectNotFound(self.project_id)
        return Project.of(row)

    @classmethod
    def of(cls, row: models.Milestone) -> Self:
        return cls(
            id=ID(str(row.id)),
            title=row.title,
            description=row.description,
            due_date=row.due_date,
            status=row.status,
            completed_at=row.completed_at,
            created_by=User(id=ID(str(row.created_by))),
            created_at=row.created_at,
            updated_at=row.updated_at,
            version=row.version,
            project_id=row.project_id,
        )

    @classmethod
    async def resolve_references(cls, info: Ctx, references: list[Reference]) -> list[Self | None]:
        rows = await load_by_id(info.context.loaders.milestone, references)
        return [cls.of(row) if row else None for row in rows]


@strawberry.federation.type(keys=["id", "key"], requires_scopes=READ)
class Project:
    id: ID
    key: str
    name: str
    description: str | None
    project_type: str
    status: ProjectStatus
    lead: User
    owner: User | None
    organization: Organization | None
    team: Team | None
    start_date: date | None
    end_date: date | None
    created_at: datetime
    updated_at: datetime
    version: int = strawberry.field(
        description="Send it with an update to detect concurrent changes."
    )
    event_cursor: str | None = strawberry.field(
        default=None,
        description="The position of this event in the stream; only in subscriptions. Pass it as "
        "`after` to resume without missing events.",
    )
    stored_settings: strawberry.Private[dict[str, Any]]

    @strawberry.federation.field(policy=[[MEMBER]])
    def settings(self) -> ProjectSettings:
        read = Settings.read(self.stored_settings)
        return ProjectSettings(
            issue_types=list(read.issue_types),
            priorities=list(read.priorities),
            statuses=list(read.statuses),
            time_tracking=read.time_tracking,
            file_attachments=read.file_attachments,
        )

    @strawberry.federation.field(directives=[_AS_LONG_AS_A_PAGE], requires_scopes=READ_MEMBERS)
    async def members(self, info: Ctx) -> list[ProjectMember]:
        rows = await info.context.loaders.members.load(UUID(self.id))
        return [ProjectMember.of(row) for row in rows]

    @strawberry.field(directives=[_AS_LONG_AS_A_PAGE])
    async def milestones(self, info: Ctx) -> list[Milestone]:
        rows = await info.context.loaders.milestones.load(UUID(self.id))
        return [Milestone.of(row) for row in rows]

    @classmethod
    def of(cls, row: models.Project, *, event_cursor: str | None = None) -> Self:
        organization, team = row.organization_id, row.team_id
        return cls(
            id=ID(str(row.id)),
            key=row.key,
            name=row.name,
            description=row.description,
            project_type=row.project_type,
            status=row.status,
            lead=User(id=ID(str(row.lead_id))),
            owner=User(id=ID(str(row.owner_id))),
            organization=Organization(id=ID(str(organization))) if organization else None,
            team=Team(id=ID(str(team))) if team else None,
            start_date=row.start_date,
            end_date=row.end_date,
            created_at=row.created_at,
            updated_at=row.updated_at,
            version=row.version,
            event_cursor=event_cursor,
            stored_settings=row.settings,
        )

    @classmethod
    async def resolve_references(cls, info: Ctx, references: list[Reference]) -> list[Self | None]:
        loaders = info.context.loaders
        rows = await load_by_id_or("key", references, loaders.project, loaders.project_by_key)
        return [cls.of(row) if row else None for row in rows]


async def _project_list(
    info: Ctx, kind: ListOf, id: str, first: int | None, after: str | None
) -> Connection[Project]:
    page = PageRequest.of(first, after)
    return Connection.of(Project.of, await info.context.loaders.projects.load_for(kind, id, page))
