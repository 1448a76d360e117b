"""Issues with workflows, without the subgraph of workflows."""

from typing import Any
from uuid import UUID, uuid4

from tests.support.subgraphs import Running
from trellis.db.models import utc_now
from trellis.db.outbox import Envelope
from trellis.db.seed.world import demo_id
from trellis.schema.events.workflows import (
    RuleDefinition,
    StateDefinition,
    StateType,
    TransitionDefinition,
    WorkflowCreated,
    WorkflowDefinition,
)
from trellis.subgraphs.issues.queries import WORKFLOWS

ENG = demo_id("project", "ENG")
MOVED = """mutation($id: ID!, $i: UpdateIssueInput!) {
  updateIssue(id: $id, input: $i) { issue { status issueType version } } }"""
EXECUTE = """mutation($i: ExecuteTransitionInput!) { executeTransition(input: $i) {
  execution { id issueId fromState toState executedBy { id } } issue { status version }
  comment { content } } }"""


def rule(name: str, **parameters: Any) -> RuleDefinition:
    return RuleDefinition(name=name, parameters=parameters)


def step(name: str, start: str, end: str, **rules: Any) -> TransitionDefinition:
    """Its id follows from its name."""
    return TransitionDefinition(
        id=demo_id("step", name), name=name, from_state=start, to_state=end, **rules
    )


def definition(*steps: TransitionDefinition, **members: Any) -> WorkflowDefinition:
    states = {
        "Open": StateType.INITIAL,
        "In Progress": StateType.INTERMEDIATE,
        "Done": StateType.FINAL,
    }
    given: dict[str, Any] = {
        "name": "Stories",
        "issue_types": ("Story",),
        "is_active": True,
        "states": tuple(
            StateDefinition(id=demo_id("state", name), name=name, type=kind)
            for name, kind in states.items()
        ),
        "transitions": steps,
    }
    return WorkflowDefinition(**given | members)


def news(
    state: WorkflowDefinition, *, id: UUID | None = None, version: int = 1, project: UUID = ENG
) -> Envelope:
    """A workflow as the owner announces it."""
    made = WorkflowCreated(
        workflow_id=id or uuid4(), project_id=project, version=version, state=state
    )
    return Envelope(uuid4(), made.topic, made.key, made.payload(), utc_now(), cursor="1")


async def learn(issues: Running, state: WorkflowDefinition, **members: Any) -> str:
    """Let issues know a workflow; the id of it."""
    told = news(state, **members)
    async with issues.context().storage.begin() as uow:
        await WORKFLOWS.replica().handle(uow, told)
    return told.key
