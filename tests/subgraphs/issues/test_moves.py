"""While a workflow is active for project and issue type, a status changes along its transitions
only, whichever door it comes through."""

from typing import Any

import pytest

from tests.subgraphs.issues.moving import (
    EXECUTE,
    MOVED,
    definition,
    learn,
    rule,
    step,
)
from tests.support.kept import kept
from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import demo_id
from trellis.schema.identity import ANONYMOUS

ALAN, ADA, HEDY = caller("alan"), caller("ada"), caller("hedy")
STORY = "ENG-2"
START, FINISH = step("Start", "Open", "In Progress"), step("Finish", "In Progress", "Done")
PLAIN = (START, FINISH, step("Back", "Done", "Open"))
CREATE = """mutation($i: CreateIssueInput!) { createIssue(input: $i) { issue {
  id status issueType } } }"""


def id_of(key: str) -> str:
    return str(demo_id("issue", key))


def put(key: str, **members: Any) -> dict[str, Any]:
    return {"id": id_of(key), "i": members}


def along(workflow: str, name: str, key: str = STORY, **members: Any) -> dict[str, Any]:
    wanted = {"workflowId": workflow, "issueId": id_of(key), "transitionId": step_id(name)}
    return {"i": {**wanted, **members}}


def step_id(name: str) -> str:
    return str(demo_id("step", name))


async def story(issues: Running, **members: Any) -> str:
    """The id of a new story in ENG."""
    wish = {"projectId": str(demo_id("project", "ENG")), "summary": "x", "issueType": "Story"}
    made = await issues.ask(CREATE, ALAN, i={**wish, **members})
    return made["createIssue"]["issue"]["id"]


async def topics(issues: Running) -> list[str]:
    return [event.topic for event in await issues.bus.read_after("issues", "0", 100)]


async def test_without_an_active_workflow_every_configured_status_is_allowed(issues: Running):
    await learn(issues, definition(*PLAIN, is_active=False))
    await learn(issues, definition(*PLAIN, issue_types=("Spike",)))
    await learn(issues, definition(*PLAIN), project=demo_id("project", "COMP"))
    new = await story(issues)
    await issues.ask(MOVED, ALAN, id=new, i={"status": "Closed"})
    assert "issue.transitioned" not in await topics(issues)


async def test_a_status_changes_along_transitions_only(issues: Running):
    await learn(issues, definition(*PLAIN))
    new = await story(issues)

    for status in ("Done", "Closed"):
        refusal = await issues.refusal(MOVED, ALAN, id=new, i={"status": status})
        assert refusal == {
            "code": "CONFLICT",
            "reason": "WORKFLOW_TRANSITION_INVALID",
            "fromState": "Open",
            "toState": status,
        }
    refusal = await issues.refusal(MOVED, ALAN, id=new, i={"status": "Nowhere"})
    assert [one["field"] for one in refusal["fields"]] == ["status"]
    for status in ("In Progress", "Done", "Open"):
        data = await issues.ask(MOVED, ALAN, id=new, i={"status": status})
        assert data["updateIssue"]["issue"]["status"] == status


async def test_a_move_is_announced_with_its_transition(issues: Running):
    workflow = await learn(issues, definition(*PLAIN))
    new = await story(issues)
    await issues.ask(MOVED, ALAN, id=new, i={"status": "In Progress", "summary": "y"})

    events = list(await issues.bus.read_after("issues", "0", 100))
    assert [event.topic for event in events] == [
        "issue.created",
        "issue.updated",
        "issue.status_changed",
        "issue.transitioned",
    ]
    told = events[-1].payload
    assert (told["workflow_id"], told["transition_id"]) == (workflow, step_id("Start"))
    assert (told["from_state"], told["to_state"]) == ("Open", "In Progress")
    assert told["executed_by"] == str(ALAN.id)


async def test_a_new_issue_begins_in_the_initial_state_of_its_workflow(issues: Running):
    states = definition().states
    renamed = (*states[1:], type(states[0])(id=states[0].id, name="Draft", type=states[0].type))
    await learn(issues, definition(step("Go", "Draft", "Done"), states=renamed))
    wish = {"projectId": str(demo_id("project", "ENG")), "summary": "x"}
    for issue_type, status in (("Story", "Draft"), ("Task", "Open")):
        made = await issues.ask(CREATE, ALAN, i={**wish, "issueType": issue_type})
        assert made["createIssue"]["issue"]["status"] == status


async def test_executing_a_transition_moves_the_issue_and_keeps_the_comment(issues: Running):
    workflow = await learn(issues, definition(*PLAIN))
    new = await story(issues)
    wanted = {"workflowId": workflow, "issueId": new, "transitionId": step_id("Start")}
    data = await issues.ask(EXECUTE, ALAN, i={**wanted, "comment": "Moving to next state"})

    done = data["executeTransition"]
    assert done == {
        "execution": {
            "id": done["execution"]["id"],
            "issueId": new,
            "fromState": "Open",
            "toState": "In Progress",
            "executedBy": {"id": str(ALAN.id)},
        },
        "issue": {"status": "In Progress", "version": 2},
        "comment": {"content": "Moving to next state"},
    }
    assert (await topics(issues))[1:] == [
        "issue.updated",
        "issue.status_changed",
        "issue.transitioned",
        "comment.added",
    ]
    refusal = await issues.refusal(EXECUTE, ALAN, i=wanted)
    assert (refusal["code"], refusal["reason"]) == ("CONFLICT", "WORKFLOW_TRANSITION_INVALID")


async def test_only_the_workflow_that_is_active_for_the_issue_moves_it(issues: Running):
    old = await learn(issues, definition(*PLAIN, is_active=False))
    other_type = await learn(issues, definition(*PLAIN, issue_types=("Spike",)))
    elsewhere = await learn(issues, definition(*PLAIN), project=demo_id("project", "COMP"))
    new = await story(issues)
    before = await kept(issues)
    for workflow in (old, other_type, elsewhere):
        wanted = {"workflowId": workflow, "issueId": new, "transitionId": step_id("Start")}
        refusal = await issues.refusal(EXECUTE, ADA, i=wanted)
        assert refusal["reason"] == "WORKFLOW_TRANSITION_INVALID"
    assert await kept(issues) == before


async def test_what_is_not_there_or_not_seen_is_not_found(issues: Running):
    workflow = await learn(issues, definition(*PLAIN))
    foreign = await learn(issues, definition(*PLAIN), project=demo_id("project", "HOP"))
    nowhere = str(demo_id("nothing", 1))

    for wanted in (
        along(foreign, "Start"),
        along(nowhere, "Start"),
        along(workflow, "Unknown"),
        along(workflow, "Start", "HOP-2"),
    ):
        assert (await issues.refusal(EXECUTE, ALAN, **wanted))["code"] == "NOT_FOUND"
    refusal = await issues.refusal(EXECUTE, HEDY, **along(workflow, "Start"))
    assert refusal == {"code": "NOT_FOUND", "id": id_of(STORY)}
    refusal = await issues.refusal(EXECUTE, ANONYMOUS, **along(workflow, "Start"))
    assert refusal["code"] == "UNAUTHENTICATED"
    wrong = {"workflowId": "x", "issueId": "y", "transitionId": "z", "comment": "x" * 10_001}
    refusal = await issues.refusal(EXECUTE, ALAN, i=wrong)
    assert [one["field"] for one in refusal["fields"]] == list(wrong)


async def test_conditions_are_about_the_caller_at_both_doors(issues: Running):
    managers = rule("role", roles=["owner", "admin"])
    guarded = step("Start", "Open", "In Progress", conditions=(managers,))
    workflow = await learn(issues, definition(guarded))
    new = await story(issues)
    wanted = {"workflowId": workflow, "issueId": new, "transitionId": step_id("Start")}

    for refusal in (
        await issues.refusal(MOVED, ALAN, id=new, i={"status": "In Progress"}),
        await issues.refusal(EXECUTE, ALAN, i=wanted),
    ):
        assert refusal["reason"] == "WORKFLOW_TRANSITION_INVALID"
        assert refusal["conditions"] == ["role"]
    await issues.ask(EXECUTE, ADA, i=wanted)


async def test_of_two_transitions_to_one_state_either_may_be_taken(issues: Running):
    owner, ready = rule("role", roles=["owner"]), rule("has_assignee")
    await learn(
        issues,
        definition(
            step("Force", "Open", "Done", conditions=(owner,)),
            step("Finish", "Open", "Done", validators=(ready,)),
        ),
    )
    new, other = await story(issues), await story(issues)
    refusal = await issues.refusal(MOVED, ALAN, id=new, i={"status": "Done"})
    assert "conditions" not in refusal
    assert [one["name"] for one in refusal["validators"]] == ["has_assignee"]
    await issues.ask(MOVED, ADA, id=new, i={"status": "Done"})
    assigned = {"status": "Done", "assigneeId": str(ALAN.id)}
    await issues.ask(MOVED, ALAN, id=other, i=assigned)


@pytest.mark.parametrize(
    ("ready", "mend"),
    [
        (rule("has_assignee"), {"assigneeId": str(ALAN.id)}),
        (rule("field_required", field="assignee"), {"assigneeId": str(ALAN.id)}),
        (rule("field_required", field="description"), {"description": "y"}),
        (rule("field_required", field="resolution"), {"customFields": {"resolution": "Fixed"}}),
    ],
)
async def test_a_validator_says_why_not(issues: Running, ready: Any, mend: dict[str, Any]):
    workflow = await learn(
        issues, definition(step("Start", "Open", "In Progress", validators=(ready,)))
    )
    new, other = await story(issues), await story(issues)
    wanted = {"workflowId": workflow, "issueId": new, "transitionId": step_id("Start")}

    refusal = await issues.refusal(EXECUTE, ALAN, i=wanted)
    assert refusal["reason"] == "WORKFLOW_TRANSITION_INVALID"
    assert [one["name"] for one in refusal["validators"]] == [ready.name]
    await issues.ask(MOVED, ALAN, id=new, i=mend)
    await issues.ask(EXECUTE, ALAN, i=wanted)
    # What the same update brings counts.
    await issues.ask(MOVED, ALAN, id=other, i={"status": "In Progress", **mend})


async def test_all_links_closed_goes_by_the_state_of_linked_issues(issues: Running):
    """Also by that of one that the caller does not see, without telling which."""
    blocked = rule("all_links_closed", types=["is_blocked_by"])
    await learn(
        issues, definition(*PLAIN[:1], step("Finish", "Open", "Done", validators=(blocked,)))
    )
    new = await story(issues)
    task = {"projectId": str(demo_id("project", "ENG")), "summary": "x", "issueType": "Task"}
    other = (await issues.ask(CREATE, ALAN, i=task))["createIssue"]["issue"]["id"]
    link = "mutation($i: LinkIssuesInput!) { linkIssues(input: $i) { linkId } }"
    follower = await story(issues)
    await issues.ask(link, ALAN, i={"sourceId": new, "targetId": follower, "type": "BLOCKS"})
    await issues.ask(link, ALAN, i={"sourceId": other, "targetId": new, "type": "BLOCKS"})

    refusal = await issues.refusal(MOVED, ALAN, id=new, i={"status": "Done"})
    assert [one["name"] for one in refusal["validators"]] == ["all_links_closed"]
    await issues.ask(MOVED, ALAN, id=other, i={"status": "Closed"})
    await issues.ask(MOVED, ALAN, id=new, i={"status": "Done"})
    await issues.ask(MOVED, ALAN, id=follower, i={"status": "Done"})


async def test_a_type_does_not_change_into_the_middle_of_a_workflow(issues: Running):
    """Whether or not the workflow has the status: no transition has led there."""
    await learn(issues, definition(*PLAIN))
    for status in ("Closed", "Done", "In Progress"):
        new = await story(issues, issueType="Task")
        await issues.ask(MOVED, ALAN, id=new, i={"status": status})
        before = await kept(issues)
        for wish in ({}, {"status": status}, {"status": "Done"}, {"status": "In Progress"}):
            refusal = await issues.refusal(MOVED, ALAN, id=new, i={"issueType": "Story", **wish})
            told = (refusal["code"], refusal["reason"], refusal["fromState"], refusal["toState"])
            wanted = ("CONFLICT", "WORKFLOW_TRANSITION_INVALID", status, wish.get("status", status))
            assert told == wanted
        assert await kept(issues) == before
        # It begins anew, as a new issue does.
        both = {"issueType": "Story", "status": "Open"}
        data = await issues.ask(MOVED, ALAN, id=new, i=both)
        assert data["updateIssue"]["issue"] == {
            "status": "Open",
            "issueType": "Story",
            "version": 3,
        }
    assert "issue.transitioned" not in await topics(issues)


async def test_from_its_initial_state_an_issue_moves_on_with_its_new_type(issues: Running):
    await learn(issues, definition(*PLAIN))
    new = await story(issues, issueType="Task")
    both = {"issueType": "Story", "status": "Done"}
    assert (await issues.refusal(MOVED, ALAN, id=new, i=both))["fromState"] == "Open"
    await issues.ask(MOVED, ALAN, id=new, i={"issueType": "Story", "status": "In Progress"})
    assert (await topics(issues))[-1] == "issue.transitioned"


async def test_types_of_one_workflow_change_without_a_move(issues: Running):
    await learn(issues, definition(*PLAIN, issue_types=("Story", "Bug")))
    new = await story(issues)
    await issues.ask(MOVED, ALAN, id=new, i={"status": "In Progress"})
    data = await issues.ask(MOVED, ALAN, id=new, i={"issueType": "Bug"})
    assert data["updateIssue"]["issue"]["status"] == "In Progress"


async def test_nobody_gets_around_a_workflow_by_another_type(issues: Running):
    """Out of the workflow, to any status, and back in."""
    only_owners = rule("role", roles=["owner"])
    close = step("Close", "Open", "Done", conditions=(only_owners,))
    await learn(issues, definition(close))
    new = await story(issues)
    await issues.refusal(MOVED, ALAN, id=new, i={"status": "Done"})

    await issues.ask(MOVED, ALAN, id=new, i={"issueType": "Task"})
    await issues.ask(MOVED, ALAN, id=new, i={"status": "Done"})
    refusal = await issues.refusal(MOVED, ALAN, id=new, i={"issueType": "Story"})
    assert refusal["reason"] == "WORKFLOW_TRANSITION_INVALID"
    refusal = await issues.refusal(MOVED, ALAN, id=new, i={"issueType": "Story", "status": "Done"})
    assert refusal["reason"] == "WORKFLOW_TRANSITION_INVALID"


async def test_from_every_state_an_issue_gets_into_a_workflow_that_has_not_its_status(
    issues: Running,
):
    new = await story(issues)
    await issues.ask(MOVED, ALAN, id=new, i={"status": "Closed"})
    await learn(issues, definition(*PLAIN, step("Restart", "*", "Open")))

    await issues.refusal(MOVED, ALAN, id=new, i={"status": "Done"})
    await issues.ask(MOVED, ALAN, id=new, i={"status": "Open"})


async def test_final_states_count_as_closed(issues: Running):
    query = """query($id: ID!) { _entities(representations: [{__typename: "Project", id: $id}]) {
      ... on Project { statistics { totalIssues openIssues inProgressIssues closedIssues } } } }"""
    eng = str(demo_id("project", "ENG"))
    [before] = (await issues.ask(query, ALAN, id=eng))["_entities"]
    states = definition().states
    shipped = (*states[:2], type(states[2])(id=states[2].id, name="Shipped", type=states[2].type))
    await learn(issues, definition(step("Ship", "Open", "Shipped"), states=shipped))
    new = await story(issues)
    await issues.ask(MOVED, ALAN, id=new, i={"status": "Shipped"})

    [after] = (await issues.ask(query, ALAN, id=eng))["_entities"]
    grown = {name: after["statistics"][name] - n for name, n in before["statistics"].items()}
    assert grown == {
        "totalIssues": 1,
        "openIssues": 0,
        "inProgressIssues": 0,
        "closedIssues": 1,
    }


async def test_an_older_state_of_a_workflow_does_not_come_back(issues: Running):
    id = demo_id("workflow", "x")
    await learn(issues, definition(START), id=id, version=3)
    await learn(issues, definition(START, step("Skip", "Open", "Done")), id=id, version=2)
    new = await story(issues)
    assert (await issues.refusal(MOVED, ALAN, id=new, i={"status": "Done"}))["code"] == "CONFLICT"
