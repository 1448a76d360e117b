"""Events about workflows, in the stream of the subgraph ``workflows``.

The events that make or change a workflow carry its definition: keep that with the greatest
``version``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from trellis.schema.events.event import Event

STREAM = "workflows"


class StateType(StrEnum):
    INITIAL = "initial"
    INTERMEDIATE = "intermediate"
    FINAL = "final"


@dataclass(frozen=True, slots=True, kw_only=True)
class StateDefinition:
    id: UUID
    name: str
    type: StateType


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDefinition:
    """A condition or validator by its registered name."""

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionDefinition:
    """``from_state`` and ``to_state`` are names of states; ``*`` leads from every state."""

    id: UUID
    name: str
    from_state: str
    to_state: str
    conditions: tuple[RuleDefinition, ...] = ()
    validators: tuple[RuleDefinition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowDefinition:
    """What other subgraphs may keep of a workflow."""

    name: str
    issue_types: tuple[str, ...]
    is_active: bool
    states: tuple[StateDefinition, ...]
    transitions: tuple[TransitionDefinition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowEvent(Event):
    workflow_id: UUID
    project_id: UUID
    version: int
    state: WorkflowDefinition

    @property
    def key(self) -> str:
        return str(self.workflow_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowCreated(WorkflowEvent):
    topic: ClassVar[str] = "workflow.created"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowUpdated(WorkflowEvent):
    topic: ClassVar[str] = "workflow.updated"
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionExecuted(Event):
    """An issue was moved along a transition, and the move is in the history."""

    topic: ClassVar[str] = "workflow.transition_executed"
    project_id: UUID
    issue_id: UUID
    issue_key: str
    execution_id: UUID
    workflow_id: UUID
    transition_id: UUID
    transition_name: str
    from_state: str
    to_state: str
    executed_by: UUID
    executed_at: datetime

    @property
    def key(self) -> str:
        return str(self.issue_id)


WORKFLOW_STATES: tuple[type[WorkflowEvent], ...] = (WorkflowCreated, WorkflowUpdated)
"""Every event that carries the definition of a workflow."""
