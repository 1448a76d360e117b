"""A domain's copy of workflows: how it is kept, and which one holds for an issue."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col, select

from trellis.db.locks import hold
from trellis.db.models import JsonB
from trellis.db.replica import Replica, keep
from trellis.db.seed.workflows import DemoWorkflow, demo_workflows
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.workflows import (
    STREAM,
    WORKFLOW_STATES,
    StateDefinition,
    StateType,
    TransitionDefinition,
    WorkflowDefinition,
    WorkflowEvent,
)
from trellis.subgraphs.project_scope.tables import ProjectCopy
from trellis.subgraphs.workflow_scope.definition import (
    read_states,
    read_transitions,
    stored_states,
    stored_transitions,
)
from trellis.subgraphs.workflow_scope.vocabulary import (
    CATEGORY_OF,
    Categories,
    StatusCategory,
    Vocabulary,
)

_FIRST_VERSION = 1  # what the workflows subgraph gives the workflows of the demo world


class WorkflowCopy(SQLModel):
    """What a domain must know of a workflow, kept up to date by its events.

    No foreign key to the project: the news of it may come later.
    """

    __tablename__ = "workflow"  # type: ignore[assignment]

    id: UUID = Field(primary_key=True)
    project_id: UUID = Field(index=True)
    name: str = Field(max_length=200)
    issue_types: list[str] = Field(default_factory=list, sa_type=JsonB)
    is_active: bool
    states: list[Any] = Field(default_factory=list, sa_type=JsonB)
    transitions: list[Any] = Field(default_factory=list, sa_type=JsonB)
    version: int

    @property
    def definition(self) -> WorkflowDefinition:
        states: tuple[StateDefinition, ...] = read_states(self.states)
        transitions: tuple[TransitionDefinition, ...] = read_transitions(self.transitions)
        return WorkflowDefinition(
            name=self.name,
            issue_types=tuple(self.issue_types),
            is_active=self.is_active,
            states=states,
            transitions=transitions,
        )


Copy = TypeVar("Copy", bound=WorkflowCopy)


class WorkflowScope(Generic[Copy]):
    """The table of the copy, as a value with what is done with it."""

    def __init__(self, workflow: type[Copy]) -> None:
        self.workflow = workflow

    async def in_force(
        self, session: AsyncSession, project_id: UUID, issue_type: str
    ) -> Copy | None:
        """The workflow that is active for issues of the type; the ``workflows`` subgraph sees to
        it that there is one at most."""
        active = col(self.workflow.is_active).is_(True)
        of_project = col(self.workflow.project_id) == project_id
        rows = await session.scalars(select(self.workflow).where(of_project, active))
        return next((row for row in rows if issue_type in row.issue_types), None)

    async def categories(
        self, session: AsyncSession, projects: Iterable[ProjectCopy]
    ) -> dict[UUID, Categories]:
        """By the id of each project what the statuses of its issues mean now."""
        settings = {project.id: project.settings for project in projects}
        here = col(self.workflow.project_id).in_(list(settings))
        active = select(self.workflow).where(here, col(self.workflow.is_active).is_(True))
        states: dict[UUID, dict[tuple[str, str], StatusCategory]] = defaultdict(dict)
        for workflow in await session.scalars(active):
            for issue_type in workflow.issue_types:
                for state in workflow.states:
                    category = CATEGORY_OF[StateType(state["type"])]
                    states[workflow.project_id][issue_type, state["name"]] = category
        return {
            id: Categories(Vocabulary.read(words), states[id]) for id, words in settings.items()
        }

    async def wait_for_changes(self, session: AsyncSession, project_id: UUID) -> None:
        """Let nobody change the project's workflows until the transaction ends: an answer by one
        that was replaced in between would be wrong."""
        await hold(session, _lock_of(project_id), shared=True)

    def replica(self) -> Replica[WorkflowEvent]:
        """Keeps the table."""

        async def take(uow: UnitOfWork, event: WorkflowEvent) -> None:
            await hold(uow.session, _lock_of(event.project_id))
            await keep(uow, self._copy(event.workflow_id, event.project_id, event.version, event))

        return Replica(STREAM, WORKFLOW_STATES, take)

    def _copy(self, id: UUID, project_id: UUID, version: int, event: WorkflowEvent) -> Copy:
        state = event.state
        return self.workflow(
            id=id,
            project_id=project_id,
            version=version,
            name=state.name,
            issue_types=list(state.issue_types),
            is_active=state.is_active,
            states=stored_states(state.states),
            transitions=stored_transitions(state.transitions),
        )

    async def forget(self, uow: UnitOfWork, project_id: UUID) -> None:
        """Remove the workflows of a project that was deleted."""
        of_project = col(self.workflow.project_id) == project_id
        await uow.session.execute(delete(self.workflow).where(of_project))

    async def write_demo_copies(self, uow: UnitOfWork) -> None:
        """The workflows of the demo world, which come without events; apart from other demo data,
        since older databases have that without them."""
        if await uow.session.get(self.workflow, demo_workflows()[0].id) is not None:
            return
        uow.session.add_all(
            self.workflow(
                id=demo.id,
                project_id=demo.project_id,
                version=_FIRST_VERSION,
                name=demo.name,
                is_active=demo.is_active,
                **demo_columns(demo),
            )
            for demo in demo_workflows()
        )


def demo_columns(demo: DemoWorkflow) -> dict[str, Any]:
    """The columns that a workflow of the demo world and its copies have alike."""
    states = read_states([asdict(state) for state in demo.states])
    transitions = read_transitions([asdict(transition) for transition in demo.transitions])
    return {
        "issue_types": list(demo.issue_types),
        "states": stored_states(states),
        "transitions": stored_transitions(transitions),
    }


def _lock_of(project_id: UUID) -> str:
    return f"workflows-of:{project_id}"
