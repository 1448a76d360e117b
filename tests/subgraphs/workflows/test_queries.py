"""How workflows are listed, what an issue may do next, and what a list costs."""

from typing import Any

import pytest

from tests.subgraphs.workflows.making import GRACE, create, step
from tests.support.statements import statements
from tests.support.subgraphs import Running, caller
from trellis.db.models import utc_now
from trellis.db.seed.workflows import demo_workflows
from trellis.db.seed.world import demo_id
from trellis.schema.identity import ANONYMOUS
from trellis.subgraphs.workflows.models import TransitionExecution

ENG, ORBIT, HOP = (demo_id("project", key) for key in ("ENG", "ORBIT", "HOP"))
NEXT = "... on Issue { id workflow { name } availableTransitions { name toState } }"


def issue(key: str, status: str, issue_type: str = "Epic") -> dict[str, Any]:
    """What the router knows of an issue when it asks for its workflow."""
    return {
        "__typename": "Issue",
        "id": str(demo_id("issue", key)),
        "status": status,
        "issueType": issue_type,
        "project": {"id": str(demo_id("project", key.partition("-")[0]))},
    }


def names(entity: dict[str, Any]) -> list[str]:
    return [one["name"] for one in entity["availableTransitions"]]


@pytest.mark.parametrize(
    ("who", "count"), [("ada", 4), ("grace", 3), ("alan", 3), ("barbara", 2), ("hedy", 1)]
)
async def test_people_see_the_workflows_of_their_projects(workflows: Running, who: str, count: int):
    data = await workflows.ask("{ workflows { totalCount } }", caller(who))
    assert data == {"workflows": {"totalCount": count}}


async def test_nobody_sees_nothing(workflows: Running):
    data = await workflows.ask("{ workflows { totalCount edges { cursor } } }", ANONYMOUS)
    assert data == {"workflows": {"totalCount": 0, "edges": []}}


async def test_a_page_ends_where_the_next_one_begins(workflows: Running):
    for n in range(5):
        await create(workflows, name=f"n{n}", isActive=False)
    query = """query($a: String) { workflows(first: 3, after: $a) {
      edges { node { id } } pageInfo { hasNextPage endCursor } } }"""
    seen, page = [], {"pageInfo": {"endCursor": None, "hasNextPage": True}}
    for _ in range(3):
        page = (await workflows.ask(query, GRACE, a=page["pageInfo"]["endCursor"]))["workflows"]
        seen += [edge["node"]["id"] for edge in page["edges"]]
    assert len(seen) == len(set(seen)) == 8
    assert page["pageInfo"]["hasNextPage"] is False


async def test_the_transitions_of_an_issue_are_those_from_its_status(workflows: Running):
    found = await workflows.entities(
        caller("alan"),
        NEXT,
        issue("ENG-5", "Open"),
        issue("ENG-11", "In Progress"),
        issue("ENG-5", "Archived"),
        issue("ENG-2", "Open", "Story"),
        issue("ENG-1", "Open", "Bug"),
    )
    assert [names(one) for one in found] == [
        ["Start Progress"],
        ["Stop Progress", "Resolve"],
        [],
        [],
        [],
    ]
    assert [one["workflow"] for one in found] == [{"name": "Epic Workflow"}] * 3 + [None] * 2


@pytest.mark.parametrize(
    ("who", "is_offered"), [("ada", True), ("grace", True), ("alan", False), ("hedy", False)]
)
async def test_a_transition_is_offered_to_those_who_meet_its_conditions(
    workflows: Running, who: str, is_offered: bool
):
    """Ada owns the project, Grace administers it; Alan is a member; Hedy is not even that."""
    [found] = await workflows.entities(caller(who), NEXT, issue("ENG-5", "Done"))
    assert ("Close" in names(found)) is is_offered
    assert (found["workflow"] is None) is (who == "hedy")


async def test_a_transition_from_every_state_does_not_lead_where_one_is(workflows: Running):
    await create(
        workflows,
        issueTypes=["Story"],
        transitions=[step("Finish", "*", "Done"), step("Redo", "*", "To Do")],
    )
    found = await workflows.entities(
        GRACE, NEXT, *(issue("ENG-2", status, "Story") for status in ("To Do", "Done", "Lost"))
    )
    assert [names(one) for one in found] == [["Finish"], ["Redo"], ["Finish", "Redo"]]


async def test_references_that_lead_nowhere_are_empty(workflows: Running):
    lost = {**issue("ENG-5", "Open"), "project": {"id": "ENG"}}
    found = await workflows.entities(
        GRACE,
        "... on Issue { availableTransitions { id } transitionExecutions { totalCount } }"
        " ... on Project { workflows { totalCount } } ... on Workflow { name }"
        " ... on TransitionExecution { transitionName }",
        {**lost, "id": "x"},
        {"__typename": "Project", "id": "x"},
        {"__typename": "Workflow", "id": "x"},
        {"__typename": "TransitionExecution", "id": "x"},
    )
    assert found == [
        {"availableTransitions": [], "transitionExecutions": {"totalCount": 0}},
        {"workflows": {"totalCount": 0}},
        None,
        None,
    ]


async def test_the_history_of_an_issue_is_told_latest_first(workflows: Running):
    query = """... on Issue { transitionExecutions(first: 2) { totalCount
      edges { node { transitionName fromState toState executedBy { id } issue { id } } }
      pageInfo { hasNextPage } } }"""
    closed = next(number for number in range(1, 71) if number % 6 in (1, 4) and number % 8 == 4)
    [found] = await workflows.entities(
        caller("ada"), query, issue(f"ORBIT-{closed}", "Closed", "Bug")
    )
    history = found["transitionExecutions"]
    moves = [(e["node"]["transitionName"], e["node"]["toState"]) for e in history["edges"]]
    assert moves == [("Close", "Closed"), ("Resolve", "Done")]
    assert (history["totalCount"], history["pageInfo"]["hasNextPage"]) == (3, True)


async def test_many_issues_cost_the_statements_of_one(workflows: Running):
    query = f"""query($r: [_Any!]!) {{ _entities(representations: $r) {{ {NEXT}
      ... on Issue {{ transitionExecutions {{ totalCount edges {{ node {{
        transitionName workflow {{ name }} }} }} }} }}
      ... on Project {{ workflows {{ totalCount edges {{ node {{ name states {{ name }}
        executions {{ totalCount edges {{ node {{ id }} }} }} }} }} }} }} }} }}"""
    issues = [issue(f"ENG-{n}", "Open") for n in range(5, 120, 6)]
    issues += [issue(f"ORBIT-{n}", "Open", "Bug") for n in range(1, 40, 3)]
    projects = [{"__typename": "Project", "id": str(id)} for id in (ENG, ORBIT, HOP)]

    costs = []
    for asked in ([issues[0], projects[0]], [*issues, *projects]):
        with statements() as seen:
            data = await workflows.ask(query, caller("ada"), r=asked)
        costs.append(len(seen))
        assert all(data["_entities"])
    assert costs[0] == costs[1] <= 10


async def test_a_long_list_of_workflows_costs_the_statements_of_a_short_one(workflows: Running):
    async with workflows.context().storage.begin() as uow:
        first = demo_workflows()[0]
        uow.session.add_all(
            TransitionExecution(
                id=demo_id("more", n), workflow_id=first.id, project_id=first.project_id,
                issue_id=demo_id("issue", "ENG-5"), issue_key="ENG-5",
                transition_id=first.transitions[0].id, transition_name="x", from_state="a",
                to_state="b", executed_by=demo_id("user", "ada"), executed_at=utc_now(),
            )
            for n in range(100)
        )  # fmt: skip
    query = """query($n: Int) { workflows(first: $n) { totalCount edges { node { id
      project { id } executions(first: $n) { edges { node { id workflow { id } } } } } } } }"""
    costs = []
    for count in (1, 100):
        with statements() as seen:
            await workflows.ask(query, caller("ada"), n=count)
        costs.append(len(seen))
    assert costs[0] == costs[1] == 4


async def test_an_unknown_page_is_refused(workflows: Running):
    for arguments in ("first: 101", "first: 0", 'after: "x"', "skip: 10001"):
        refusal = await workflows.refusal(
            f"{{ workflows({arguments}) {{ totalCount edges {{ cursor }} }} }}", GRACE
        )
        assert refusal["code"] == "BAD_USER_INPUT"
