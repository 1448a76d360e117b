"""Whether an issue may be moved to another status: the one place where that is decided.

While a workflow is active for the issue's project and type, every change of status is one of its
transitions, whichever door it comes through (docs/decisions/0081). Whoever asks holds the issue
against other writers, so what is decided is still so at the commit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from trellis.db.models import utc_now
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.issues import IssueTransitioned
from trellis.schema.events.workflows import TransitionDefinition
from trellis.schema.identity import Identity
from trellis.subgraphs.issues import queries
from trellis.subgraphs.issues.errors import TransitionNotPossible
from trellis.subgraphs.issues.event_fields import about
from trellis.subgraphs.issues.models import Issue, Workflow
from trellis.subgraphs.issues.queries import PROJECTS, WORKFLOWS
from trellis.subgraphs.project_scope.tables import ProjectCopy
from trellis.subgraphs.workflow_scope.definition import initial_state, leads_from, mover_of
from trellis.subgraphs.workflow_scope.rules import IssueFacts, problems_of, unmet_conditions


@dataclass(frozen=True, slots=True)
class Move:
    """A change of status that is allowed: along which transition of which workflow."""

    workflow_id: UUID
    transition: TransitionDefinition
    from_state: str

    def news(self, issue: Issue, caller: Identity) -> IssueTransitioned:
        """The event of the move, when ``issue`` has its new status."""
        assert caller.id is not None
        return IssueTransitioned(
            **about(issue),
            execution_id=uuid4(),
            workflow_id=self.workflow_id,
            transition_id=self.transition.id,
            transition_name=self.transition.name,
            from_state=self.from_state,
            to_state=issue.status,
            executed_by=caller.id,
            executed_at=utc_now(),
        )


async def workflow_in_force(uow: UnitOfWork, project_id: UUID, issue_type: str) -> Workflow | None:
    """The workflow by which issues of that type move until this transaction ends."""
    await WORKFLOWS.wait_for_changes(uow.session, project_id)
    return await WORKFLOWS.in_force(uow.session, project_id, issue_type)


async def find_move(
    uow: UnitOfWork,
    caller: Identity,
    issue: Issue,
    workflow: Workflow,
    changes: Mapping[str, Any],
) -> Move | None:
    """The transition by which ``changes`` may be made to an issue with this workflow; None when
    the status stays, or when the issue enters the workflow by a change of its type.

    Raises ``TransitionNotPossible``, with the reasons of the transition that comes closest.
    """
    status = changes.get("status", issue.status)
    if issue.issue_type not in workflow.issue_types and _enters(issue, workflow, status):
        return None
    if status == issue.status:
        if status not in states_of(workflow):
            raise TransitionNotPossible(
                f"The workflow of the issue type has no state {status}.", status, status
            )
        return None
    transitions = workflow.definition.transitions
    leading = [
        one for one in transitions if one.to_state == status and leads_from(one, issue.status)
    ]
    if not leading:
        message = f"No transition leads from {issue.status} to {status}."
        raise TransitionNotPossible(message, issue.status, status)
    return await _first_that_passes(uow, caller, issue, workflow, leading, changes)


def _enters(issue: Issue, workflow: Workflow, status: str) -> bool:
    """Whether an issue of another type begins anew in the workflow; false if it has the initial
    state already and moves on. Any other state could be one that no transition has led to.

    Raises ``TransitionNotPossible``.
    """
    initial = initial_state(workflow.definition)
    if status != initial != issue.status:
        raise TransitionNotPossible(
            f"An issue that changes to this type begins in {initial}: set its status to that.",
            issue.status,
            status,
        )
    return status == initial


async def move_along(
    uow: UnitOfWork, caller: Identity, issue: Issue, workflow: Workflow, transition_id: UUID
) -> Move | None:
    """The move along a transition of the workflow, which was read after ``workflow_in_force`` or
    ``wait_for_changes``; None if it has no such transition.

    Raises ``TransitionNotPossible``.
    """
    transitions = workflow.definition.transitions
    transition = next((one for one in transitions if one.id == transition_id), None)
    if transition is None:
        return None
    status, to_state = issue.status, transition.to_state
    is_of_issue = workflow.project_id == issue.project_id
    if not (is_of_issue and workflow.is_active and issue.issue_type in workflow.issue_types):
        message = "This workflow is not active for the issue."
        raise TransitionNotPossible(message, status, to_state)
    if not leads_from(transition, status):
        message = f"The transition does not lead from {status}."
        raise TransitionNotPossible(message, status, to_state)
    changes = {"status": to_state}
    return await _first_that_passes(uow, caller, issue, workflow, [transition], changes)


def states_of(workflow: Workflow) -> list[str]:
    """The names of its states."""
    return [state["name"] for state in workflow.states]


async def _first_that_passes(
    uow: UnitOfWork,
    caller: Identity,
    issue: Issue,
    workflow: Workflow,
    transitions: Sequence[TransitionDefinition],
    changes: Mapping[str, Any],
) -> Move:
    assert caller.id is not None
    project: ProjectCopy = await PROJECTS.require(uow.session, caller, issue.project_id)
    role = await PROJECTS.role_of(uow.session, issue.project_id, caller.id)
    mover = mover_of(caller, project, role)
    facts: IssueFacts | None = None
    refusals: list[TransitionNotPossible] = []
    for one in transitions:
        unmet = unmet_conditions(one.conditions, mover)
        problems: Mapping[str, str] = {}
        if not unmet and one.validators:
            facts = facts or await _facts(uow, issue, changes)
            problems = problems_of(one.validators, facts)
        if not unmet and not problems:
            return Move(workflow.id, one, issue.status)
        refusals.append(TransitionNotPossible.by_rules(one, issue.status, unmet, problems))
    raise min(refusals, key=lambda refusal: len(refusal.unmet))


async def _facts(uow: UnitOfWork, issue: Issue, changes: Mapping[str, Any]) -> IssueFacts:
    """The issue as it will be after the changes."""
    after = {name: changes.get(name, getattr(issue, name)) for name in _FIELDS}
    filled = {field for name, field in _FIELDS.items() if after[name] not in _EMPTY}
    custom = changes.get("custom_fields", issue.custom_fields)
    filled |= {name for name, value in custom.items() if value not in _EMPTY}
    return IssueFacts(
        has_assignee=after["assignee_id"] is not None,
        filled=frozenset(filled),
        open_links=await queries.open_links(uow.session, issue.id),
    )


_FIELDS = {"summary": "summary", "description": "description", "assignee_id": "assignee"}
_EMPTY = (None, "", [], {})
