"""What can be done with workflows: one function per use case, each inside one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col

from trellis.db.locks import hold
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.issues import IssueTransitioned
from trellis.schema.events.workflows import (
    StateDefinition,
    TransitionDefinition,
    TransitionExecuted,
    WorkflowCreated,
    WorkflowDefinition,
    WorkflowUpdated,
)
from trellis.schema.identity import Identity
from trellis.subgraphs.project_scope.scope import ProjectNotFound
from trellis.subgraphs.project_scope.words import issue_types_of
from trellis.subgraphs.workflow_scope.definition import (
    read_states,
    read_transitions,
    stored_states,
    stored_transitions,
)
from trellis.subgraphs.workflows import queries
from trellis.subgraphs.workflows.errors import (
    AnotherIsActive,
    TooManyWorkflows,
    UnknownIssueTypes,
    WorkflowChanged,
    WorkflowNotFound,
    WorkflowsNotYours,
)
from trellis.subgraphs.workflows.models import ActiveWorkflow, TransitionExecution, Workflow
from trellis.subgraphs.workflows.queries import PROJECTS

MAX_WORKFLOWS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWorkflow:
    """A checked request for a workflow: its states and transitions fit together."""

    project_id: UUID
    name: str
    description: str | None = None
    issue_types: tuple[str, ...]
    states: tuple[StateDefinition, ...]
    transitions: tuple[TransitionDefinition, ...]
    is_active: bool = True


async def create_workflow(uow: UnitOfWork, caller: Identity, new: NewWorkflow) -> Workflow:
    """Make a workflow of a project that the caller manages."""
    project = await PROJECTS.require(uow.session, caller, new.project_id)
    await _require_manager(uow, caller, project.id)
    await _hold_workflows_of(uow, project.id)
    await uow.session.refresh(project)
    if project.is_deleted:  # a moment ago
        raise ProjectNotFound(project.id)
    _check_issue_types(project.settings, new.issue_types)
    if await queries.count_of_project(uow.session, project.id) >= MAX_WORKFLOWS:
        raise TooManyWorkflows(MAX_WORKFLOWS)
    workflow = Workflow(
        project_id=project.id,
        name=new.name,
        description=new.description,
        issue_types=list(new.issue_types),
        is_active=new.is_active,
        states=stored_states(new.states),
        transitions=stored_transitions(new.transitions),
    )
    uow.session.add(workflow)
    await uow.session.flush()
    if workflow.is_active:
        await _claim(uow, workflow)
    uow.emit(WorkflowCreated(**_about(workflow)))
    return workflow


async def update_workflow(
    uow: UnitOfWork,
    caller: Identity,
    id: UUID,
    changes: Mapping[str, Any],
    *,
    version: int | None = None,
) -> Workflow:
    """Set the given members. With ``version``, the workflow must still have that version.

    ``changes`` has definitions for ``states`` and ``transitions``; ``is_active`` is one of the
    members.
    """
    workflow = await queries.workflow_for_update(uow.session, caller, id)
    if workflow is None:
        raise WorkflowNotFound(id)
    await _require_manager(uow, caller, workflow.project_id)
    if version is not None and workflow.version != version:
        raise WorkflowChanged(workflow.version)
    if "issue_types" in changes:
        project = await PROJECTS.require(uow.session, caller, workflow.project_id)
        # A type that the project had once may stay.
        _check_issue_types(project.settings, changes["issue_types"], known=workflow.issue_types)
    wanted = {name: _stored(name, value) for name, value in changes.items()}
    changed = tuple(name for name, value in wanted.items() if getattr(workflow, name) != value)
    if not changed:
        return workflow
    for name in changed:
        setattr(workflow, name, wanted[name])
    await uow.session.flush()
    if {"is_active", "issue_types"}.intersection(changed):
        await _hold_workflows_of(uow, workflow.project_id)
        await _release(uow, workflow)
        if workflow.is_active:
            await _claim(uow, workflow)
    uow.emit(WorkflowUpdated(**_about(workflow), changed=changed))
    return workflow


async def record_execution(uow: UnitOfWork, move: IssueTransitioned) -> None:
    """Add a move to the history, once, unless its workflow went with its project."""
    if await uow.session.get(TransitionExecution, move.execution_id) is not None:
        return
    if await uow.session.get(Workflow, move.workflow_id) is None:
        return
    move_data: dict[str, Any] = {
        "project_id": move.project_id,
        "issue_id": move.issue_id,
        "issue_key": move.issue_key,
        "workflow_id": move.workflow_id,
        "transition_id": move.transition_id,
        "transition_name": move.transition_name,
        "from_state": move.from_state,
        "to_state": move.to_state,
        "executed_by": move.executed_by,
        "executed_at": move.executed_at,
    }
    uow.session.add(TransitionExecution(id=move.execution_id, **move_data))
    uow.emit(TransitionExecuted(execution_id=move.execution_id, **move_data))


async def delete_workflows_of(uow: UnitOfWork, project_id: UUID) -> None:
    """Remove all workflows of a project that was deleted. No event: readers take the project's."""
    await _hold_workflows_of(uow, project_id)
    for table in (ActiveWorkflow, TransitionExecution, Workflow):
        await uow.session.execute(delete(table).where(col(table.project_id) == project_id))


def _check_issue_types(
    settings: Mapping[str, Any], issue_types: Sequence[str], *, known: Sequence[str] = ()
) -> None:
    allowed = issue_types_of(settings)
    places = [
        place for place, word in enumerate(issue_types) if word not in allowed and word not in known
    ]
    if places:
        raise UnknownIssueTypes(places, allowed)


async def _require_manager(uow: UnitOfWork, caller: Identity, project_id: UUID) -> None:
    if not await PROJECTS.manages(uow.session, caller, project_id):
        raise WorkflowsNotYours


async def _hold_workflows_of(uow: UnitOfWork, project_id: UUID) -> None:
    """Keep others from adding or activating workflows of the project until the commit."""
    await hold(uow.session, f"workflows-of:{project_id}")


async def _claim(uow: UnitOfWork, workflow: Workflow) -> None:
    """Make it the one for its issue types, or raise ``AnotherIsActive``."""
    taken = await queries.taken_types(
        uow.session, workflow.project_id, workflow.issue_types, workflow.id
    )
    if taken:
        raise AnotherIsActive(taken)
    uow.session.add_all(
        ActiveWorkflow(
            project_id=workflow.project_id, issue_type=issue_type, workflow_id=workflow.id
        )
        for issue_type in workflow.issue_types
    )


async def _release(uow: UnitOfWork, workflow: Workflow) -> None:
    own = col(ActiveWorkflow.workflow_id) == workflow.id
    await uow.session.execute(delete(ActiveWorkflow).where(own))


def _stored(name: str, value: Any) -> Any:
    """A changed member as its column has it."""
    if name == "states":
        return stored_states(value)
    if name == "transitions":
        return stored_transitions(value)
    return list(value) if name == "issue_types" else value


class _About(TypedDict):
    """The fields of ``WorkflowEvent``."""

    workflow_id: UUID
    project_id: UUID
    version: int
    state: WorkflowDefinition


def _about(workflow: Workflow) -> _About:
    state = WorkflowDefinition(
        name=workflow.name,
        issue_types=tuple(workflow.issue_types),
        is_active=workflow.is_active,
        states=read_states(workflow.states),
        transitions=read_transitions(workflow.transitions),
    )
    return {
        "workflow_id": workflow.id,
        "project_id": workflow.project_id,
        "version": workflow.version,
        "state": state,
    }
