"""The workflows of the demo world, and how its issues have moved along them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from trellis.db.seed.world import DemoIssue, DemoProject, demo_id, demo_world

Rules = tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class DemoState:
    id: UUID
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class DemoTransition:
    id: UUID
    name: str
    from_state: str
    to_state: str
    conditions: Rules
    validators: Rules


@dataclass(frozen=True, slots=True)
class DemoWorkflow:
    id: UUID
    project_id: UUID
    name: str
    description: str
    issue_types: tuple[str, ...]
    is_active: bool
    states: tuple[DemoState, ...]
    transitions: tuple[DemoTransition, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DemoExecution:
    id: UUID
    workflow_id: UUID
    project_id: UUID
    issue_id: UUID
    issue_key: str
    transition: DemoTransition
    executed_by: UUID
    executed_at: datetime


_STATES = (
    ("Open", "initial"),
    ("In Progress", "intermediate"),
    ("Done", "final"),
    ("Closed", "final"),
)
_MANAGERS: Rules = ({"name": "role", "parameters": {"roles": ["owner", "admin"]}},)
_READY: Rules = (
    {"name": "has_assignee", "parameters": {}},
    {"name": "all_links_closed", "parameters": {"types": ["is_blocked_by"]}},
)
_TRANSITIONS: tuple[tuple[str, str, str, Rules, Rules], ...] = (
    ("Start Progress", "Open", "In Progress", (), ()),
    ("Stop Progress", "In Progress", "Open", (), ()),
    ("Resolve", "In Progress", "Done", (), _READY),
    ("Close", "Done", "Closed", _MANAGERS, ()),
    ("Reopen", "Done", "Open", (), ()),
    ("Reopen", "Closed", "Open", _MANAGERS, ()),
)
# Project, name, issue types, whether it is active.
_WORKFLOWS: tuple[tuple[str, str, tuple[str, ...], bool], ...] = (
    ("ENG", "Epic Workflow", ("Epic",), True),
    ("ENG", "Bug Workflow", ("Bug",), False),
    ("ORBIT", "Bug Workflow", ("Bug",), True),
    ("HOP", "Bug Workflow", ("Bug",), True),
)
_WAY = {"Open": 0, "In Progress": 1, "Done": 2, "Closed": 3}
"""How many transitions lead to a state on the straight way."""


@cache
def demo_workflows() -> tuple[DemoWorkflow, ...]:
    """Made once per process."""
    projects = {project.key: project for project in demo_world().projects}
    return tuple(
        _workflow(projects[key], name, issue_types, is_active)
        for key, name, issue_types, is_active in _WORKFLOWS
    )


@cache
def demo_executions() -> tuple[DemoExecution, ...]:
    """The transitions that issues with a workflow have behind them, in no special order."""
    active = {
        (one.project_id, issue_type): one
        for one in demo_workflows()
        if one.is_active
        for issue_type in one.issue_types
    }
    keys = {project.id: project.key for project in demo_world().projects}
    return tuple(
        execution
        for issue in demo_world().issues
        if (workflow := active.get((issue.project_id, issue.issue_type)))
        for execution in _executions(workflow, issue, f"{keys[issue.project_id]}-{issue.number}")
    )


def _workflow(
    project: DemoProject, name: str, issue_types: tuple[str, ...], is_active: bool
) -> DemoWorkflow:
    here = f"{project.key}/{name}"
    return DemoWorkflow(
        id=demo_id("workflow", here),
        project_id=project.id,
        name=name,
        description=f"Workflow for {', '.join(issue_types).lower()} issues",
        issue_types=issue_types,
        is_active=is_active,
        states=tuple(
            DemoState(demo_id("workflow_state", f"{here}/{state}"), state, type_)
            for state, type_ in _STATES
        ),
        transitions=tuple(
            DemoTransition(demo_id("workflow_transition", f"{here}/{one[0]}/{one[1]}"), *one)
            for one in _TRANSITIONS
        ),
        created_at=project.created_at + timedelta(hours=3),
    )


def _executions(workflow: DemoWorkflow, issue: DemoIssue, key: str) -> Iterator[DemoExecution]:
    straight = [workflow.transitions[place] for place in (0, 2, 3)]
    for place, transition in enumerate(straight[: _WAY[issue.status]]):
        yield DemoExecution(
            id=demo_id("execution", f"{issue.id}/{place}"),
            workflow_id=workflow.id,
            project_id=issue.project_id,
            issue_id=issue.id,
            issue_key=key,
            transition=transition,
            executed_by=issue.assignee_id or issue.reporter_id,
            executed_at=issue.created_at + timedelta(minutes=10 * (place + 1)),
        )
