"""The demo world's workflows and their history, written once and without events."""

from trellis.db.seed.workflows import (
    DemoExecution,
    DemoWorkflow,
    demo_executions,
    demo_workflows,
)
from trellis.db.seed.world import demo_world
from trellis.db.unit_of_work import UnitOfWork
from trellis.subgraphs.workflow_scope.scope import demo_columns
from trellis.subgraphs.workflows.models import (
    ActiveWorkflow,
    Project,
    TransitionExecution,
    Workflow,
)
from trellis.subgraphs.workflows.queries import PROJECTS


async def write_demo_data(uow: UnitOfWork) -> None:
    """Does nothing when the first demo project is here: it was done before."""
    if await uow.session.get(Project, demo_world().projects[0].id) is not None:
        return
    await PROJECTS.write_demo_copies(uow)
    uow.session.add_all(_workflow(demo) for demo in demo_workflows())
    await uow.session.flush()
    uow.session.add_all(
        ActiveWorkflow(project_id=demo.project_id, issue_type=issue_type, workflow_id=demo.id)
        for demo in demo_workflows()
        if demo.is_active
        for issue_type in demo.issue_types
    )
    uow.session.add_all(_execution(demo) for demo in demo_executions())


def _workflow(demo: DemoWorkflow) -> Workflow:
    return Workflow(
        id=demo.id,
        project_id=demo.project_id,
        name=demo.name,
        description=demo.description,
        is_active=demo.is_active,
        created_at=demo.created_at,
        updated_at=demo.created_at,
        **demo_columns(demo),
    )


def _execution(demo: DemoExecution) -> TransitionExecution:
    return TransitionExecution(
        id=demo.id,
        workflow_id=demo.workflow_id,
        project_id=demo.project_id,
        issue_id=demo.issue_id,
        issue_key=demo.issue_key,
        transition_id=demo.transition.id,
        transition_name=demo.transition.name,
        from_state=demo.transition.from_state,
        to_state=demo.transition.to_state,
        executed_by=demo.executed_by,
        executed_at=demo.executed_at,
    )
