"""A domain's copy of projects: how it is kept, and what the caller sees by it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from trellis.db.replica import MissingInReplica, Replica, keep
from trellis.db.seed.world import demo_world
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.errors import NotFound
from trellis.schema.events.projects import PROJECT_STATES, STREAM, ProjectDeleted, ProjectEvent
from trellis.schema.identity import Identity
from trellis.subgraphs.project_scope.tables import ProjectCopy, ProjectMemberCopy
from trellis.subgraphs.project_scope.visibility import administers, may_see_project

Row = TypeVar("Row")
AfterNews = Callable[[UnitOfWork, UUID], Awaitable[None]]

MANAGING_ROLES = ("owner", "admin")
_FIRST_VERSION = 1  # what the projects subgraph gives the projects of the demo world


async def _nothing(_uow: UnitOfWork, _project_id: UUID) -> None:
    return None


class ProjectNotFound(MissingInReplica, NotFound):
    """Also the answer for a project that the caller may not know of."""

    stream = STREAM

    def __init__(self, id: UUID | str) -> None:
        super().__init__("There is no such project.", id=str(id))


class ProjectScope:
    """The two tables of the copy and the scopes that administer the domain, as one value."""

    def __init__(
        self, project: type[ProjectCopy], member: type[ProjectMemberCopy], *admin_scopes: str
    ) -> None:
        self.project = project
        self.member = member
        self._admin_scopes = admin_scopes

    def may_see(self, caller: Identity) -> ColumnElement[bool]:
        """The condition on ``project`` that it exists for the caller."""
        alive = col(self.project.is_deleted).is_(False)
        seen = may_see_project(caller, self.project, self.member, *self._admin_scopes)
        return and_(alive, seen)

    def may_manage(self, caller: Identity) -> ColumnElement[bool]:
        """The condition on ``project`` that the caller administers it, by role or for the whole
        organization. It holds of deleted projects, too, which have no members any more: what
        outlives them is left to the administrators of the organization."""
        return may_see_project(
            caller, self.project, self.member, *self._admin_scopes, roles=MANAGING_ROLES
        )

    def within(self, statement: Select[Row], project_id: Any, caller: Identity) -> Select[Row]:
        """``statement`` without what belongs to projects that the caller does not see.

        ``project_id`` is a column of what is selected, such as ``Issue.project_id``.
        """
        joined = statement.join(self.project, col(self.project.id) == col(project_id))
        return joined.where(self.may_see(caller))

    async def require(self, session: AsyncSession, caller: Identity, id: UUID) -> ProjectCopy:
        """Raises ``ProjectNotFound`` unless the caller sees the project."""
        statement = select(self.project).where(self.may_see(caller), col(self.project.id) == id)
        project = (await session.scalars(statement)).one_or_none()
        if project is None:
            raise ProjectNotFound(id)
        return project

    async def role_of(self, session: AsyncSession, project_id: UUID, user_id: UUID) -> str | None:
        """The user's role in the project; None for others than members."""
        member = await session.get(self.member, (project_id, user_id))
        return member.role if member is not None else None

    async def manages(self, session: AsyncSession, caller: Identity, project_id: UUID) -> bool:
        """Whether the caller administers the project, by role or for the whole organization."""
        assert caller.id is not None
        project = await session.get(self.project, project_id)
        organization_id = project.organization_id if project is not None else None
        if administers(caller, organization_id, *self._admin_scopes):
            return True
        return await self.role_of(session, project_id, caller.id) in MANAGING_ROLES

    def replica(
        self, *, changed: AfterNews = _nothing, deleted: AfterNews = _nothing
    ) -> Replica[ProjectEvent]:
        """Keeps the two tables. ``changed`` is called after a project was stored, ``deleted``
        after it was marked as gone, both with its id and in the same transaction."""

        async def take(uow: UnitOfWork, event: ProjectEvent) -> None:
            is_deleted = isinstance(event, ProjectDeleted)
            copy = self.project(
                id=event.project_id,
                key=event.state.key,
                organization_id=event.state.organization_id,
                settings=dict(event.state.settings),
                version=event.version,
                is_deleted=is_deleted,
            )
            if await keep(uow, copy):
                await uow.session.flush()
                await self._set_members(uow, copy.id, {} if is_deleted else event.state.members)
                await (deleted if is_deleted else changed)(uow, copy.id)

        return Replica(STREAM, PROJECT_STATES, take)

    async def _set_members(
        self, uow: UnitOfWork, project_id: UUID, members: Mapping[UUID, str]
    ) -> None:
        of_project = col(self.member.project_id) == project_id
        await uow.session.execute(delete(self.member).where(of_project))
        uow.session.add_all(
            self.member(project_id=project_id, user_id=user_id, role=role)
            for user_id, role in members.items()
        )

    async def write_demo_copies(self, uow: UnitOfWork) -> None:
        """The projects of the demo world, which come without events."""
        projects = demo_world().projects
        uow.session.add_all(
            self.project(
                id=demo.id,
                key=demo.key,
                organization_id=demo.organization_id,
                version=_FIRST_VERSION,
            )
            for demo in projects
        )
        await uow.session.flush()
        uow.session.add_all(
            self.member(project_id=demo.id, user_id=member.user_id, role=member.role)
            for demo in projects
            for member in demo.members
        )
