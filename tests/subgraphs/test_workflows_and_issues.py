"""What workflows announce is what issues move by, and how they have moved is the history of
workflows: at once for whoever asked, and after any crash."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Delete, delete
from sqlmodel import col, select

from tests.support.subgraphs import EmptyLog, Running, caller, running
from tests.support.whole_graph import WholeGraph, whole_graph
from trellis.db.bus import EventBus, MemoryBus
from trellis.db.seed.world import demo_id
from trellis.db.settings import DataSettings
from trellis.schema.events.workflows import TransitionExecuted
from trellis.subgraphs.issues.graph import make_subgraph as make_issues
from trellis.subgraphs.issues.models import Workflow
from trellis.subgraphs.workflows.graph import make_subgraph as make_workflows
from trellis.subgraphs.workflows.models import ActiveWorkflow, TransitionExecution
from trellis.subgraphs.workflows.models import Workflow as Original

ADA, ALAN = caller("ada"), caller("alan")
ENG = str(demo_id("project", "ENG"))
NEW = {
    "projectId": ENG,
    "name": "Tasks",
    "issueTypes": ["Task"],
    "states": [{"name": "To Do", "type": "INITIAL"}, {"name": "Done", "type": "FINAL"}],
    "transitions": [{"name": "Complete", "fromState": "To Do", "toState": "Done"}],
}
CREATE = """mutation($i: CreateWorkflowInput!) { createWorkflow(input: $i) { workflow {
  id isActive transitions { id } } } }"""
ACTIVE = """mutation($id: ID!) { %sWorkflow(id: $id) { workflow { isActive } } }"""
ISSUE = """mutation($i: CreateIssueInput!) { createIssue(input: $i) { issue {
  id status workflow { name } availableTransitions { id name toState } } } }"""
MOVE = """mutation($id: ID!, $s: String!) { updateIssue(id: $id, input: {status: $s}) {
  issue { status transitionExecutions { totalCount } availableTransitions { name } } } }"""
EXECUTE = """mutation($i: ExecuteTransitionInput!) { executeTransition(input: $i) {
  execution { id issueId fromState toState transitionName executedBy { username }
    workflow { name executions { totalCount } } issue { id status } }
  issue { status transitionExecutions { totalCount } } } }"""


async def new_workflow(graph: Any, **members: Any) -> dict[str, Any]:
    made = await graph.ask(CREATE, ADA, i={**NEW, **members})
    return made["createWorkflow"]["workflow"]


async def new_issue(graph: Any) -> dict[str, Any]:
    wish = {"projectId": ENG, "summary": "x", "issueType": "Task"}
    return (await graph.ask(ISSUE, ALAN, i=wish))["createIssue"]["issue"]


@pytest.fixture(params=["one process", "apart"])
async def graph(
    request: pytest.FixtureRequest, data_settings: DataSettings
) -> AsyncIterator[WholeGraph]:
    redis_url = request.getfixturevalue("redis_url") if request.param == "apart" else None
    async with whole_graph(data_settings, redis_url=redis_url) as graph:
        yield graph


async def test_a_workflow_holds_and_a_move_is_history_at_once(graph: WholeGraph):
    workflow = await new_workflow(graph)
    issue = await new_issue(graph)
    [transition] = workflow["transitions"]
    assert issue == {
        "id": issue["id"],
        "status": "To Do",
        "workflow": {"name": "Tasks"},
        "availableTransitions": [{**transition, "name": "Complete", "toState": "Done"}],
    }

    refused = await graph.answer(MOVE, ALAN, id=issue["id"], s="Open")
    assert refused.errors[0]["extensions"]["reason"] == "WORKFLOW_TRANSITION_INVALID"
    wish = {"workflowId": workflow["id"], "issueId": issue["id"], "transitionId": transition["id"]}
    done = (await graph.ask(EXECUTE, ALAN, i=wish))["executeTransition"]
    assert done == {
        "execution": {
            "id": done["execution"]["id"],
            "issueId": issue["id"],
            "fromState": "To Do",
            "toState": "Done",
            "transitionName": "Complete",
            "executedBy": {"username": "alan"},
            "workflow": {"name": "Tasks", "executions": {"totalCount": 1}},
            "issue": {"id": issue["id"], "status": "Done"},
        },
        "issue": {"status": "Done", "transitionExecutions": {"totalCount": 1}},
    }


async def test_to_deactivate_frees_and_to_activate_binds_at_once(graph: WholeGraph):
    workflow = await new_workflow(graph)
    for status in ("Open", "Closed"):
        issue = await new_issue(graph)
        await graph.ask(ACTIVE % "deactivate", ADA, id=workflow["id"])
        moved = await graph.ask(MOVE, ALAN, id=issue["id"], s=status)
        assert moved["updateIssue"]["issue"] == {
            "status": status,
            "transitionExecutions": {"totalCount": 0},
            "availableTransitions": [],
        }
        await graph.ask(ACTIVE % "activate", ADA, id=workflow["id"])
        refused = await graph.answer(MOVE, ALAN, id=issue["id"], s="Done")
        assert refused.errors[0]["extensions"]["reason"] == "WORKFLOW_TRANSITION_INVALID"


@pytest.fixture
async def bus() -> AsyncIterator[EventBus]:
    bus = MemoryBus()
    await bus.connect()
    for absent in ("accounts", "projects"):
        bus.attach(absent, EmptyLog())
    yield bus
    await bus.close()


@pytest.fixture
async def workflows(data_settings: DataSettings, bus: EventBus) -> AsyncIterator[Running]:
    async with running(make_workflows, data_settings, bus=bus) as part:
        yield part


@pytest.fixture
async def issues(workflows: Running) -> AsyncIterator[Running]:
    async with running(make_issues, workflows.settings, bus=workflows.bus) as part:
        yield part


CREATE_ISSUE = "mutation($i: CreateIssueInput!) { createIssue(input: $i) { issue { id } } }"
EXECUTE_ONE = """mutation($i: ExecuteTransitionInput!) {
  executeTransition(input: $i) { execution { id } } }"""


async def move_one(workflows: Running, issues: Running, workflow: dict[str, Any]) -> str:
    """Make an issue and move it; its id."""
    wish = {"projectId": ENG, "summary": "x", "issueType": "Task"}
    issue = (await issues.ask(CREATE_ISSUE, ALAN, i=wish))["createIssue"]["issue"]["id"]
    ids = {"workflowId": workflow["id"], "transitionId": workflow["transitions"][0]["id"]}
    await issues.ask(EXECUTE_ONE, ALAN, i={**ids, "issueId": issue})
    return issue


async def rows(part: Running, table: Any) -> list[str]:
    async with part.context().storage.read() as session:
        return sorted(str(row.model_dump()) for row in await session.scalars(select(table)))


async def read_again(part: Running, stream: str, *statements: Delete) -> None:
    """Restart it as if its reader had never read the stream; what it kept is deleted first."""
    storage = part.context().storage
    async with storage.begin() as uow:
        for statement in statements:
            await uow.session.execute(statement)
        for name in ("inbox", "consumer_position"):
            table = storage.metadata.tables[name]
            mine = table.c.consumer == f"from-{stream}"
            await uow.session.execute(delete(table).where(mine))
    await part.subgraph.stop()
    await part.subgraph.start()


async def until_same(part: Running, table: Any, wanted: list[str]) -> None:
    for _ in range(200):
        if await rows(part, table) == wanted:
            return
        await asyncio.sleep(0.02)
    assert await rows(part, table) == wanted


async def told(workflows: Running) -> list[tuple[str, str, str]]:
    """The moves that workflows have announced."""
    events = await workflows.bus.read_after("workflows", "0", 100)
    return [
        (event.payload["issue_id"], event.payload["from_state"], event.payload["to_state"])
        for event in events
        if event.topic == TransitionExecuted.topic
    ]


async def test_an_executed_transition_is_announced_once(workflows: Running, issues: Running):
    workflow = await new_workflow(workflows)
    issue = await move_one(workflows, issues, workflow)
    assert await told(workflows) == [(issue, "To Do", "Done")]

    await read_again(workflows, "issues")
    another = await move_one(workflows, issues, workflow)
    assert await told(workflows) == [(issue, "To Do", "Done"), (another, "To Do", "Done")]


async def test_the_history_is_the_same_when_it_is_read_again(workflows: Running, issues: Running):
    workflow = await new_workflow(workflows)
    for _ in range(3):
        await move_one(workflows, issues, workflow)
    before = await rows(workflows, TransitionExecution)

    of_workflow = col(TransitionExecution.workflow_id) == UUID(workflow["id"])
    await read_again(workflows, "issues", delete(TransitionExecution).where(of_workflow))
    await until_same(workflows, TransitionExecution, before)


async def test_issues_know_the_same_workflows_when_they_read_again(
    workflows: Running, issues: Running
):
    made = [await new_workflow(workflows, isActive=n == 0, name=f"n{n}") for n in range(3)]
    await workflows.ask(ACTIVE % "deactivate", ADA, id=made[0]["id"])
    await workflows.ask(ACTIVE % "activate", ADA, id=made[1]["id"])
    before = await rows(issues, Workflow)
    assert len(before) == 4 + 3

    ids = [UUID(one["id"]) for one in made]
    await read_again(issues, "workflows", delete(Workflow).where(col(Workflow.id).in_(ids)))
    await until_same(issues, Workflow, before)


async def test_a_history_without_its_workflow_is_not_kept(workflows: Running, issues: Running):
    """The project was deleted, and the news of an earlier move comes later."""
    workflow = await new_workflow(workflows)
    await move_one(workflows, issues, workflow)
    kept = await rows(workflows, TransitionExecution)
    gone = [
        delete(table).where(col(table.project_id) == UUID(ENG))
        for table in (ActiveWorkflow, TransitionExecution, Original)
    ]
    await read_again(workflows, "issues", *gone)
    await workflows.context().storage.catch_up("issues")
    left = await rows(workflows, TransitionExecution)
    assert left and all(row in kept and ENG not in row for row in left)
