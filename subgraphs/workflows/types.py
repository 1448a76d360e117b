"""The types of workflows in the graph, and what workflows add to projects and issues."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self
from uuid import UUID

import strawberry
import strawberry.federation
from strawberry import ID, Info
from strawberry.federation.schema_directives import Cost

from trellis.db.caller_context import CallerContext
from trellis.schema.events.workflows import (
    RuleDefinition,
    StateDefinition,
    StateType,
    TransitionDefinition,
)
from trellis.schema.inputs import as_uuid
from trellis.schema.list_sizes import FORWARD, list_size
from trellis.schema.paging import Connection, PageRequest
from trellis.schema.references import Reference, load_by_id
from trellis.schema.scalars import JSON
from trellis.subgraphs.workflow_scope.definition import offered, read_states, read_transitions
from trellis.subgraphs.workflows import models
from trellis.subgraphs.workflows.inputs import (
    MAX_ISSUE_TYPES,
    MAX_RULES,
    MAX_STATES,
    MAX_TRANSITIONS,
    WorkflowFiltersInput,
)
from trellis.subgraphs.workflows.loaders import Loaders
from trellis.subgraphs.workflows.queries import HistoryOf, WorkflowFilters

READ = [["read:workflows"]]
WRITE = [["write:workflows"]]
ITS_ISSUE = ["status", "issueType", "project { id }"]
"""The fields of an issue that determine its workflow: callers must be allowed to read them."""
READ_OF_ISSUE = [["read:workflows", "read:issues", "read:projects"]]

# Parts of a workflow come with its row: only the workflow is paid for.
_FREE = [Cost(weight=0)]
_RULES = list_size(MAX_RULES)
_TRANSITIONS = list_size(MAX_TRANSITIONS)

Ctx = Info[CallerContext[Loaders], None]


@strawberry.federation.type(keys=["id"])
class User:
    id: ID


@strawberry.type(description="A condition or validator by its name.", directives=_FREE)
class WorkflowRule:
    name: str
    parameters: JSON

    @classmethod
    def of(cls, rule: RuleDefinition) -> Self:
        return cls(name=rule.name, parameters=JSON(dict(rule.parameters)))


@strawberry.type(directives=_FREE)
class WorkflowState:
    id: ID
    name: str
    type: StateType

    @classmethod
    def of(cls, state: StateDefinition) -> Self:
        return cls(id=ID(str(state.id)), name=state.name, type=state.type)


@strawberry.type(directives=_FREE)
class WorkflowTransition:
    id: ID
    name: str
    from_state: str = strawberry.field(description="The name of a state, or * for every state")
    to_state: str
    conditions: list[WorkflowRule] = strawberry.field(directives=[_RULES])
    validators: list[WorkflowRule] = strawberry.field(directives=[_RULES])

    @classmethod
    def of(cls, transition: TransitionDefinition) -> Self:
        return cls(
            id=ID(str(transition.id)),
            name=transition.name,
            from_state=transition.from_state,
            to_state=transition.to_state,
            conditions=[WorkflowRule.of(rule) for rule in transition.conditions],
            validators=[WorkflowRule.of(rule) for rule in transition.validators],
        )


@strawberry.federation.type(keys=["id"])
class TransitionExecution:
    id: ID
    issue_id: ID = strawberry.federation.field(shareable=True)
    issue: "Issue | None"
    workflow_id: strawberry.Private[UUID]
    transition_id: ID = strawberry.federation.field(shareable=True)
    transition_name: str = strawberry.federation.field(shareable=True)
    from_state: str = strawberry.federation.field(shareable=True)
    to_state: str = strawberry.federation.field(shareable=True)
    executed_at: datetime = strawberry.federation.field(shareable=True)
    executed_by: User | None = strawberry.federation.field(shareable=True)

    @strawberry.field
    async def workflow(self, info: Ctx) -> "Workflow | None":
        row = await info.context.loaders.workflow.load(self.workflow_id)
        return Workflow.of(row) if row else None

    @classmethod
    def of(cls, row: models.TransitionExecution) -> Self:
        return cls(
            id=ID(str(row.id)),
            issue_id=ID(str(row.issue_id)),
            issue=Issue(id=ID(str(row.issue_id))),
            workflow_id=row.workflow_id,
            transition_id=ID(str(row.transition_id)),
            transition_name=row.transition_name,
            from_state=row.from_state,
            to_state=row.to_state,
            executed_at=row.executed_at,
            executed_by=User(id=ID(str(row.executed_by))),
        )

    @classmethod
    async def resolve_references(cls, info: Ctx, references: list[Reference]) -> list[Self | None]:
        rows = await load_by_id(info.context.loaders.execution, references)
        return [cls.of(row) if row else None for row in rows]


@strawberry.federation.type(keys=["id"], requires_scopes=READ)
class Workflow:
    id: ID
    name: str
    description: str | None
    project_id: ID
    project: "Project | None"
    issue_types: list[str] = strawberry.field(directives=[list_size(MAX_ISSUE_TYPES)])
    is_active: bool = strawberry.field(
        description="While it is active, issues of its types can only take its transitions."
    )
    states: list[WorkflowState] = strawberry.field(directives=[list_size(MAX_STATES)])
    transitions: list[WorkflowTransition] = strawberry.field(directives=[_TRANSITIONS])
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

    @strawberry.field(directives=[FORWARD], description="Latest first.")
    async def executions(
        self, info: Ctx, first: int | None = None, after: str | None = None
    ) -> Connection[TransitionExecution] | None:
        return await _history(info, "workflow_id", self.id, PageRequest.of(first, after))

    @classmethod
    def of(cls, row: models.Workflow, *, event_cursor: str | None = None) -> Self:
        return cls(
            id=ID(str(row.id)),
            name=row.name,
            description=row.description,
            project_id=ID(str(row.project_id)),
            project=Project(id=ID(str(row.project_id))),
            issue_types=row.issue_types,
            is_active=row.is_active,
            states=[WorkflowState.of(state) for state in read_states(row.states)],
            transitions=[WorkflowTransition.of(one) for one in read_transitions(row.transitions)],
            created_at=row.created_at,
            updated_at=row.updated_at,
            version=row.version,
            event_cursor=event_cursor,
        )

    @classmethod
    async def resolve_references(cls, info: Ctx, references: list[Reference]) -> list[Self | None]:
        rows = await load_by_id(info.context.loaders.workflow, references)
        return [cls.of(row) if row else None for row in rows]


@strawberry.federation.type(keys=["id"])
class Project:
    id: ID

    @strawberry.federation.field(
        directives=[FORWARD], requires_scopes=READ, description="Newest first."
    )
    async def workflows(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        filters: WorkflowFiltersInput | None = None,
    ) -> Connection[Workflow] | None:
        page = PageRequest.of(first, after)
        wanted = filters.checked() if filters else WorkflowFilters()
        found = await info.context.loaders.workflows.load_for(wanted, self.id, page)
        return Connection.of(Workflow.of, found)


@strawberry.federation.type(keys=["id"])
class Issue:
    id: ID
    status: str = strawberry.federation.field(external=True, default="")
    issue_type: str = strawberry.federation.field(external=True, default="")
    project: Project = strawberry.federation.field(
        external=True, default_factory=lambda: Project(id=ID(""))
    )

    @strawberry.federation.field(
        requires=ITS_ISSUE,
        requires_scopes=READ_OF_ISSUE,
        description="The workflow that is active for issues of its type in its project.",
    )
    async def workflow(self, info: Ctx) -> Workflow | None:
        row = await self._in_force(info)
        return Workflow.of(row) if row else None

    @strawberry.federation.field(
        directives=[_TRANSITIONS],
        requires=ITS_ISSUE,
        requires_scopes=READ_OF_ISSUE,
        description="The transitions from its status whose conditions the caller meets. "
        "Validators are checked on execution. Empty without an active workflow.",
    )
    async def available_transitions(self, info: Ctx) -> list[WorkflowTransition] | None:
        row = await self._in_force(info)
        mover = await info.context.loaders.mover.load(row.project_id) if row else None
        if row is None or mover is None:
            return []
        transitions = offered(read_transitions(row.transitions), self.status, mover)
        return [WorkflowTransition.of(one) for one in transitions]

    @strawberry.federation.field(
        directives=[FORWARD], requires_scopes=READ, description="Latest first."
    )
    async def transition_executions(
        self, info: Ctx, first: int | None = None, after: str | None = None
    ) -> Connection[TransitionExecution] | None:
        return await _history(info, "issue_id", self.id, PageRequest.of(first, after))

    async def _in_force(self, info: Ctx) -> models.Workflow | None:
        project_id = as_uuid(self.project.id)
        if project_id is None:
            return None
        return await info.context.loaders.in_force.load((project_id, self.issue_type))

    @classmethod
    async def resolve_references(cls, info: Ctx, references: list[Reference]) -> list[Self | None]:
        return [cls._read(reference) for reference in references]

    @classmethod
    def _read(cls, reference: Mapping[str, Any]) -> Self:
        project: Mapping[str, Any] = reference.get("project") or {}
        return cls(
            id=ID(reference["id"]),
            status=reference.get("status", ""),
            issue_type=reference.get("issue_type", ""),
            project=Project(id=ID(project.get("id", ""))),
        )


async def _history(
    info: Ctx, parent: HistoryOf, id: str, page: PageRequest
) -> Connection[TransitionExecution]:
    """The executions of a workflow or an issue, loaded together with those of its siblings."""
    found = await info.context.loaders.executions.load_for(parent, id, page)
    return Connection.of(TransitionExecution.of, found)
