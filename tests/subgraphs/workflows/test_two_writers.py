"""Who changes the workflows of a project at the same time as somebody else: one of them waits, and
then finds it changed."""

import asyncio
from uuid import UUID, uuid4

import pytest

from tests.subgraphs.workflows.making import (
    ACTIVATE,
    ENG,
    GRACE,
    UPDATE,
    create,
    events,
    state,
    step,
)
from tests.support.postgres_locks import somebody_waits
from tests.support.subgraphs import Running
from trellis.db.models import utc_now
from trellis.db.outbox import Envelope
from trellis.schema.events.projects import ProjectDeleted, ProjectState
from trellis.schema.events.workflows import StateDefinition, StateType
from trellis.subgraphs.project_scope.scope import ProjectNotFound
from trellis.subgraphs.workflows import service
from trellis.subgraphs.workflows.models import Workflow
from trellis.subgraphs.workflows.queries import PROJECTS
from trellis.subgraphs.workflows.service import NewWorkflow


def new_workflow() -> NewWorkflow:
    kinds = (StateType.INITIAL, StateType.FINAL)
    states = tuple(StateDefinition(id=uuid4(), name=kind, type=kind) for kind in kinds)
    return NewWorkflow(
        project_id=UUID(ENG), name="x", issue_types=("Task",), states=states, transitions=()
    )


async def test_of_twenty_that_want_to_be_active_one_is(workflows: Running):
    made = [await create(workflows, isActive=False) for _ in range(20)]
    answers = await asyncio.gather(
        *(workflows.answer(ACTIVATE, GRACE, id=one["id"]) for one in made)
    )

    assert sum(not answer.errors for answer in answers) == 1
    codes = {error.extensions["code"] for one in answers for error in one.errors or ()}
    assert codes == {"CONFLICT"}
    topics = [event.topic for event in await events(workflows)]
    assert topics.count("workflow.updated") == 1


async def test_who_activates_second_waits_and_is_refused(workflows: Running):
    storage = workflows.context().storage
    other = await create(workflows, isActive=False)

    async with storage.begin() as uow:
        await service.create_workflow(uow, GRACE, new_workflow())
        activation = asyncio.create_task(workflows.answer(ACTIVATE, GRACE, id=other["id"]))
        await somebody_waits(storage.database)

    refused = await activation
    assert [error.extensions["code"] for error in refused.errors] == ["CONFLICT"]


async def test_states_and_transitions_that_change_apart_always_fit(workflows: Running):
    """Each change fits what was there; of both together the second one does not."""
    made = await create(
        workflows,
        states=[state("To Do", "INITIAL"), state("Doing", "INTERMEDIATE"), state("Done", "FINAL")],
    )
    removed = {"states": [state("To Do", "INITIAL"), state("Done", "FINAL")]}
    used = {"transitions": [step("Start", "To Do", "Doing")]}
    answers = await asyncio.gather(
        *(workflows.answer(UPDATE, GRACE, id=made["id"], i=change) for change in (removed, used))
    )

    refused = [one for one in answers if one.errors]
    assert len(refused) == 1
    assert refused[0].errors[0].extensions["code"] in ("CONFLICT", "BAD_USER_INPUT")


def news_that_it_is_gone() -> Envelope:
    state = ProjectState(
        key="ENG",
        name="Engine",
        status="active",
        organization_id=GRACE.tenant_id,
        lead_id=uuid4(),
        settings={},
        members={},
    )
    event = ProjectDeleted(project_id=UUID(ENG), version=99, state=state)
    return Envelope(uuid4(), event.topic, event.key, event.payload(), utc_now(), cursor="1")


GONE = PROJECTS.replica(deleted=service.delete_workflows_of)


async def test_a_workflow_made_while_its_project_is_deleted_goes_with_it(workflows: Running):
    storage = workflows.context().storage

    async def take_the_news() -> None:
        async with storage.begin() as uow:
            await GONE.handle(uow, news_that_it_is_gone())

    async with storage.begin() as uow:
        made = await service.create_workflow(uow, GRACE, new_workflow())
        taking = asyncio.create_task(take_the_news())
        await somebody_waits(storage.database)

    await taking
    async with storage.read() as session:
        assert await session.get(Workflow, made.id) is None


async def test_in_a_project_that_is_being_deleted_no_workflow_is_made(workflows: Running):
    storage = workflows.context().storage

    async def make() -> None:
        async with storage.begin() as uow:
            await service.create_workflow(uow, GRACE, new_workflow())

    async with storage.begin() as uow:
        await GONE.handle(uow, news_that_it_is_gone())
        making = asyncio.create_task(make())
        await somebody_waits(storage.database)

    with pytest.raises(ProjectNotFound):
        await making
