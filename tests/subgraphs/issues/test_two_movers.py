"""Fifty who move one issue at once: each transition is taken once."""

import asyncio
from itertools import pairwise
from uuid import UUID

from tests.subgraphs.issues.moving import EXECUTE, MOVED, definition, learn, news, step
from tests.subgraphs.issues.test_moves import PLAIN, story
from tests.support.postgres_locks import somebody_waits
from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import demo_id
from trellis.subgraphs.issues import service
from trellis.subgraphs.issues.models import Issue
from trellis.subgraphs.issues.queries import WORKFLOWS

ALAN = caller("alan")
START = str(demo_id("step", "Start"))


async def moves(issues: Running) -> list[tuple[str, str]]:
    events = await issues.bus.read_after("issues", "0", 500)
    told = [event.payload for event in events if event.topic == "issue.transitioned"]
    return [(one["from_state"], one["to_state"]) for one in told]


async def test_of_fifty_movers_one_succeeds(issues: Running):
    workflow = await learn(issues, definition(*PLAIN))
    new = await story(issues)
    wanted = {"workflowId": workflow, "issueId": new, "transitionId": START}
    doors = [
        *([(EXECUTE, {"i": wanted})] * 25),
        *([(MOVED, {"id": new, "i": {"status": "In Progress"}})] * 25),
    ]
    answers = await asyncio.gather(
        *(issues.answer_of_many(door, ALAN, **given) for door, given in doors)
    )

    executed = [answer for answer in answers[:25] if not answer.errors]
    refused = [error.extensions for one in answers for error in one.errors or ()]
    assert {one["reason"] for one in refused} <= {"WORKFLOW_TRANSITION_INVALID"}
    # To set the status that is there already changes nothing and is no move.
    assert len(executed) <= 1
    assert await moves(issues) == [("Open", "In Progress")]
    async with issues.context().storage.read() as session:
        issue = await session.get_one(Issue, UUID(new))
    assert (issue.status, issue.version) == ("In Progress", 2)


async def test_sixty_movers_along_a_circle_never_skip_a_state(issues: Running):
    circle = (
        step("Start", "Open", "In Progress"),
        step("Finish", "In Progress", "Done"),
        step("Back", "Done", "Open"),
    )
    workflow = await learn(issues, definition(*circle))
    new = await story(issues)
    names = [("Start", "Finish", "Back")[n % 3] for n in range(60)]
    wanted = {"workflowId": workflow, "issueId": new}
    answers = await asyncio.gather(
        *(
            issues.answer(EXECUTE, ALAN, i={**wanted, "transitionId": str(demo_id("step", name))})
            for name in names
        )
    )

    taken = await moves(issues)
    assert len(taken) == sum(not answer.errors for answer in answers) > 0
    assert all(one[1] == following[0] for one, following in pairwise(taken))
    assert taken[0][0] == "Open"


async def test_of_many_who_change_type_and_status_at_once_nobody_skips_a_transition(
    issues: Running,
):
    """A story has a state that a transition led to, or the one that stories begin in."""
    await learn(issues, definition(*PLAIN[:1]))  # no transition leads to Done
    new = await story(issues)
    wishes = [
        {"issueType": "Task"},
        {"status": "Done"},
        {"issueType": "Story"},
        {"issueType": "Story", "status": "Done"},
        {"issueType": "Task", "status": "Done"},
        {"issueType": "Story", "status": "Open"},
    ]
    answers = await asyncio.gather(
        *(issues.answer_of_many(MOVED, ALAN, id=new, i=wishes[n % len(wishes)]) for n in range(48))
    )

    refused = [error.extensions for one in answers for error in one.errors or ()]
    assert {one["reason"] for one in refused} <= {"WORKFLOW_TRANSITION_INVALID"}
    events = await issues.bus.read_after("issues", "0", 500)
    states = [
        one.payload["state"] for one in events if one.topic in ("issue.created", "issue.updated")
    ]
    assert len(states) > 1
    of_stories = {one["status"] for one in states if one["issue_type"] == "Story"}
    assert of_stories == {"Open"}


async def test_a_move_waits_for_a_workflow_that_is_being_taken_in(issues: Running):
    storage, new = issues.context().storage, await story(issues)

    async with storage.begin() as uow:
        await WORKFLOWS.replica().handle(uow, news(definition(*PLAIN)))
        moving = asyncio.create_task(issues.answer(MOVED, ALAN, id=new, i={"status": "Done"}))
        await somebody_waits(storage.database)

    refused = await moving
    assert [error.extensions["code"] for error in refused.errors] == ["CONFLICT"]


async def test_a_workflow_waits_for_the_moves_that_began_before_it(issues: Running):
    storage, new = issues.context().storage, UUID(await story(issues))

    async def take_in() -> None:
        async with storage.begin() as uow:
            await WORKFLOWS.replica().handle(uow, news(definition(*PLAIN)))

    async with storage.begin() as uow:
        await service.update_issue(uow, ALAN, new, {"status": "Done"})
        taking = asyncio.create_task(take_in())
        await somebody_waits(storage.database)
        assert not taking.done()
    await taking
