"""Every SELECT of workflows. What the caller may not see does not exist."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from trellis.db.batching import rows_by
from trellis.db.paging import NEWEST_FIRST, ChildRows, SortColumn, instant
from trellis.schema.identity import Identity
from trellis.subgraphs.project_scope.scope import ProjectScope
from trellis.subgraphs.workflow_scope.definition import mover_of
from trellis.subgraphs.workflow_scope.rules import Mover
from trellis.subgraphs.workflows.models import (
    ActiveWorkflow,
    Project,
    ProjectMember,
    TransitionExecution,
    Workflow,
)

PROJECTS = ProjectScope(Project, ProjectMember, "admin:workflows")
LATEST_FIRST = (SortColumn("executed_at", instant, descending=True), SortColumn("id", UUID))

HistoryOf = Literal["workflow_id", "issue_id"]
"""Whose history a list of executions is."""


@dataclass(frozen=True, slots=True)
class WorkflowFilters:
    project_id: UUID | None = None
    is_active: bool | None = None


def visible_to(caller: Identity) -> Select[Workflow]:
    return PROJECTS.within(select(Workflow), Workflow.project_id, caller)


def matching(caller: Identity, filters: WorkflowFilters) -> Select[Workflow]:
    """The visible workflows that match all filters."""
    conditions: list[ColumnElement[bool]] = []
    if filters.project_id is not None:
        conditions.append(col(Workflow.project_id) == filters.project_id)
    if filters.is_active is not None:
        conditions.append(col(Workflow.is_active).is_(filters.is_active))
    return visible_to(caller).where(*conditions)


async def workflows_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Workflow | None]:
    return await rows_by(session, visible_to(caller), Workflow.id, ids)


async def workflow_for_update(session: AsyncSession, caller: Identity, id: UUID) -> Workflow | None:
    """The workflow, held against other writers until the transaction ends."""
    statement = visible_to(caller).where(col(Workflow.id) == id).with_for_update(of=Workflow)
    return (await session.scalars(statement)).one_or_none()


def workflows_of(caller: Identity, filters: WorkflowFilters) -> ChildRows[Workflow]:
    """The workflows of projects."""
    return ChildRows(matching(caller, filters), Workflow, col(Workflow.project_id), NEWEST_FIRST)


async def workflows_in_force(
    session: AsyncSession, caller: Identity, places: Sequence[tuple[UUID, str]]
) -> list[Workflow | None]:
    """By project and issue type the active workflow."""
    statement = visible_to(caller).join(
        ActiveWorkflow, col(ActiveWorkflow.workflow_id) == col(Workflow.id)
    )
    statement = statement.add_columns(col(ActiveWorkflow.issue_type)).where(
        col(ActiveWorkflow.project_id).in_({project_id for project_id, _ in places}),
        col(ActiveWorkflow.issue_type).in_({issue_type for _, issue_type in places}),
    )
    rows = await session.execute(statement)
    found = {(row.project_id, issue_type): row for row, issue_type in rows}
    return [found.get(place) for place in places]


async def movers_by_project(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Mover | None]:
    """The caller as each project knows them; None for projects that they do not see."""
    seen = select(Project).where(PROJECTS.may_see(caller), col(Project.id).in_(ids))
    projects = {row.id: row for row in await session.scalars(seen)}
    mine = select(ProjectMember).where(
        col(ProjectMember.project_id).in_(ids), col(ProjectMember.user_id) == caller.id
    )
    roles = {row.project_id: row.role for row in await session.scalars(mine)}
    movers = {id: mover_of(caller, row, roles.get(id)) for id, row in projects.items()}
    return [movers.get(id) for id in ids]


def visible_executions(caller: Identity) -> Select[TransitionExecution]:
    statement = select(TransitionExecution)
    return PROJECTS.within(statement, TransitionExecution.project_id, caller)


async def executions_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[TransitionExecution | None]:
    return await rows_by(session, visible_executions(caller), TransitionExecution.id, ids)


def executions_of(caller: Identity, parent: HistoryOf) -> ChildRows[TransitionExecution]:
    """The history of workflows or of issues, as the parent says."""
    column = col(getattr(TransitionExecution, parent))
    return ChildRows(visible_executions(caller), TransitionExecution, column, LATEST_FIRST)


async def count_of_project(session: AsyncSession, project_id: UUID) -> int:
    """How many workflows the project has, seen or not."""
    of_project = col(Workflow.project_id) == project_id
    counted = await session.execute(select(func.count()).select_from(Workflow).where(of_project))
    return counted.scalar_one()


async def taken_types(
    session: AsyncSession, project_id: UUID, issue_types: Sequence[str], but: UUID
) -> list[str]:
    """The issue types for which another workflow of the project is active."""
    statement = select(ActiveWorkflow.issue_type).where(
        col(ActiveWorkflow.project_id) == project_id,
        col(ActiveWorkflow.issue_type).in_(issue_types),
        col(ActiveWorkflow.workflow_id) != but,
    )
    return list(await session.scalars(statement))
