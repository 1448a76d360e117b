"""The states and transitions of a workflow as they stand in rows, and what leads where."""

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import TypeAdapter

from trellis.schema.events.workflows import (
    StateDefinition,
    StateType,
    TransitionDefinition,
    WorkflowDefinition,
)
from trellis.schema.identity import Identity
from trellis.subgraphs.project_scope.tables import ProjectCopy
from trellis.subgraphs.project_scope.visibility import administers
from trellis.subgraphs.workflow_scope.rules import Mover, unmet_conditions

ANY_STATE = "*"
"""As the state that a transition leads from."""

_STATES = TypeAdapter(tuple[StateDefinition, ...])
_TRANSITIONS = TypeAdapter(tuple[TransitionDefinition, ...])


def read_states(stored: Sequence[Any]) -> tuple[StateDefinition, ...]:
    return _STATES.validate_python(stored)


def read_transitions(stored: Sequence[Any]) -> tuple[TransitionDefinition, ...]:
    return _TRANSITIONS.validate_python(stored)


def stored_states(states: Iterable[StateDefinition]) -> list[Any]:
    """As JSON, for a column."""
    return _STATES.dump_python(tuple(states), mode="json")


def stored_transitions(transitions: Iterable[TransitionDefinition]) -> list[Any]:
    """As JSON, for a column."""
    return _TRANSITIONS.dump_python(tuple(transitions), mode="json")


def initial_state(definition: WorkflowDefinition) -> str:
    """Where new issues begin."""
    return next(state.name for state in definition.states if state.type is StateType.INITIAL)


def leads_from(transition: TransitionDefinition, status: str) -> bool:
    """Whether the transition takes an issue of that status to another one."""
    starts = transition.from_state in (status, ANY_STATE)
    return starts and transition.to_state != status


def offered(
    transitions: Iterable[TransitionDefinition], status: str, mover: Mover
) -> list[TransitionDefinition]:
    """The transitions from ``status`` whose conditions the caller meets."""
    return [
        one
        for one in transitions
        if leads_from(one, status) and not unmet_conditions(one.conditions, mover)
    ]


def mover_of(caller: Identity, project: ProjectCopy, role: str | None) -> Mover:
    """The caller with their role in the project; who administers all projects counts as admin."""
    roles = {role} if role else set[str]()
    if administers(caller, project.organization_id, "admin:workflows"):
        roles.add("admin")
    return Mover(frozenset(roles))
