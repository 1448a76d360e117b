"""What is refused, with the reason and without a trace."""

from typing import Any

import pytest

from tests.subgraphs.workflows.making import (
    ACTIVATE,
    CREATE,
    ENG,
    GRACE,
    UPDATE,
    create,
    events,
    state,
    step,
    wish,
)
from tests.support.kept import kept
from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import demo_id
from trellis.schema.identity import ANONYMOUS
from trellis.subgraphs.workflows import service

ALAN = caller("alan")


def with_rule(kind: str, name: str, **parameters: Any) -> dict[str, Any]:
    rules = {kind: [{"name": name, "parameters": parameters}]}
    return {"transitions": [step("Complete", "To Do", "Done", **rules)]}


@pytest.mark.parametrize(
    ("members", "problems"),
    [
        ({"name": " "}, [("name", "REQUIRED_FIELD_MISSING")]),
        ({"name": "x" * 201}, [("name", "VALUE_TOO_LONG")]),
        ({"projectId": "ENG"}, [("projectId", "INVALID_FORMAT")]),
        ({"issueTypes": []}, [("issueTypes", "REQUIRED_FIELD_MISSING")]),
        ({"issueTypes": ["Bug", " Bug"]}, [("issueTypes", "INVALID_FORMAT")]),
        ({"issueTypes": ["x" * 51]}, [("issueTypes.0", "VALUE_TOO_LONG")]),
        (
            {"issueTypes": ["Chore", "Bug", "bug"]},
            [("issueTypes.0", "INVALID_ENUM_VALUE"), ("issueTypes.2", "INVALID_ENUM_VALUE")],
        ),
        ({"issueTypes": [f"t{n}" for n in range(51)]}, [("issueTypes", "VALUE_TOO_LONG")]),
        (
            {"states": [state("To Do", "FINAL"), state("Done", "FINAL")]},
            [("states", "INVALID_FORMAT")],
        ),
        (
            {"states": [state("To Do", "INITIAL"), state("Done", "INITIAL")]},
            [("states", "INVALID_FORMAT")] * 2,
        ),
        (
            {"states": [state(n, t) for n, t in (("To Do", "INITIAL"), *[("Done", "FINAL")] * 2)]},
            [("states", "INVALID_FORMAT")],
        ),
        (
            {
                "states": [
                    state(n, t)
                    for n, t in (("To Do", "INITIAL"), ("Done", "FINAL"), ("*", "FINAL"))
                ]
            },
            [("states.2.name", "INVALID_FORMAT")],
        ),
        (
            {"transitions": [step("Complete", "Begun", "Done")]},
            [("transitions.0.fromState", "INVALID_ENUM_VALUE")],
        ),
        (
            {"transitions": [step("Complete", "To Do", "Ended")]},
            [("transitions.0.toState", "INVALID_ENUM_VALUE")],
        ),
        (
            {"transitions": [step("Stay", "Done", "Done")]},
            [("transitions.0.toState", "INVALID_FORMAT")],
        ),
        ({"transitions": [step("Go", "To Do", "Done")] * 2}, [("transitions", "INVALID_FORMAT")]),
        (
            with_rule("conditions", "moon"),
            [("transitions.0.conditions.0.name", "INVALID_ENUM_VALUE")],
        ),
        (
            with_rule("conditions", "has_assignee"),
            [("transitions.0.conditions.0.name", "INVALID_ENUM_VALUE")],
        ),
        (
            with_rule("conditions", "role", roles=["king"]),
            [("transitions.0.conditions.0.name", "INVALID_FORMAT")],
        ),
        (
            with_rule("validators", "role", roles=["owner"]),
            [("transitions.0.validators.0.name", "INVALID_ENUM_VALUE")],
        ),
        (
            with_rule("validators", "field_required"),
            [("transitions.0.validators.0.name", "INVALID_FORMAT")],
        ),
        (
            with_rule("validators", "has_assignee", why="not"),
            [("transitions.0.validators.0.name", "INVALID_FORMAT")],
        ),
        (
            with_rule("validators", "all_links_closed", types=["is_liked_by"]),
            [("transitions.0.validators.0.name", "INVALID_FORMAT")],
        ),
        (
            {
                "transitions": [
                    step("Go", "To Do", "Done", validators=[{"name": "x", "parameters": [1]}])
                ]
            },
            [("transitions.0.validators.0.parameters", "INVALID_FORMAT")],
        ),
    ],
)
async def test_an_unacceptable_workflow_names_what_is_wrong(
    workflows: Running, members: dict[str, Any], problems: list[tuple[str, str]]
):
    refusal = await workflows.refusal(CREATE, GRACE, i=wish(**members))

    assert refusal["code"] == "BAD_USER_INPUT"
    assert [(one["field"], one["code"]) for one in refusal["fields"]] == problems
    assert await events(workflows) == []


async def test_lists_have_limits(workflows: Running):
    states = [state(f"s{n}", "FINAL") for n in range(50)]
    rule = {"name": "has_assignee"}
    steps = [step(f"n{n}", "To Do", "Done") for n in range(200)]
    many = wish(
        states=[state("To Do", "INITIAL"), state("Done", "FINAL"), *states],
        transitions=[*steps, step("More", "To Do", "Done", validators=[rule] * 11)],
    )
    refusal = await workflows.refusal(CREATE, GRACE, i=many)
    fields = {(one["field"], one["code"]) for one in refusal["fields"]}
    assert fields == {("states", "VALUE_TOO_LONG"), ("transitions", "VALUE_TOO_LONG")}

    many["transitions"] = [step("Go", "To Do", "Done", validators=[rule] * 11)]
    many["states"] = many["states"][:50]
    refusal = await workflows.refusal(CREATE, GRACE, i=many)
    assert [one["field"] for one in refusal["fields"]] == ["transitions.0.validators"]


async def test_a_project_has_a_limited_number_of_workflows(
    workflows: Running, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(service, "MAX_WORKFLOWS", 3)
    await create(workflows, isActive=False)
    refusal = await workflows.refusal(CREATE, GRACE, i=wish(isActive=False))
    assert refusal == {"code": "CONFLICT", "limit": 3}


async def test_only_those_who_manage_the_project_change_its_workflows(workflows: Running):
    made = await create(workflows)
    before = await kept(workflows)
    forbidden = {"code": "FORBIDDEN", "required_permission": "admin:workflows"}

    assert await workflows.refusal(CREATE, ALAN, i=wish(isActive=False)) == forbidden
    assert await workflows.refusal(UPDATE, ALAN, id=made["id"], i={"name": "x"}) == forbidden
    assert await workflows.refusal(ACTIVATE, ALAN, id=made["id"]) == forbidden
    assert (await workflows.refusal(CREATE, ANONYMOUS, i=wish()))["code"] == "UNAUTHENTICATED"
    assert await kept(workflows) == before


async def test_what_is_not_seen_does_not_exist(workflows: Running):
    foreign = str(demo_id("workflow", "HOP/Bug Workflow"))
    hop = str(demo_id("project", "HOP"))

    refusal = await workflows.refusal(CREATE, GRACE, i=wish(projectId=hop))
    assert refusal == {"code": "NOT_FOUND", "id": hop}
    refusal = await workflows.refusal(UPDATE, GRACE, id=foreign, i={"name": "x"})
    assert refusal == {"code": "NOT_FOUND", "id": foreign}
    assert (await workflows.refusal(ACTIVATE, GRACE, id=foreign))["code"] == "NOT_FOUND"


async def test_an_update_is_checked_with_what_it_does_not_replace(workflows: Running):
    made = await create(workflows)
    only_states = {"states": [state("Begin", "INITIAL"), state("Done", "FINAL")]}
    refusal = await workflows.refusal(UPDATE, GRACE, id=made["id"], i=only_states)
    assert [one["field"] for one in refusal["fields"]] == ["transitions.0.fromState"]

    for member in ("name", "issueTypes", "states", "transitions"):
        refusal = await workflows.refusal(UPDATE, GRACE, id=made["id"], i={member: None})
        assert [one["field"] for one in refusal["fields"]] == [member]
    for member in ("issueTypes", "states"):
        refusal = await workflows.refusal(UPDATE, GRACE, id=made["id"], i={member: []})
        assert member in {one["field"] for one in refusal["fields"]}
    assert len(await events(workflows)) == 1
    await workflows.ask(UPDATE, GRACE, id=made["id"], i={"transitions": []})


async def test_an_update_based_on_an_old_version_is_refused(workflows: Running):
    made = await create(workflows)
    await workflows.ask(UPDATE, GRACE, id=made["id"], i={"name": "x", "version": 1})
    refusal = await workflows.refusal(UPDATE, GRACE, id=made["id"], i={"name": "y", "version": 1})
    assert refusal == {"code": "CONFLICT", "currentVersion": 2}


async def test_workflows_of_a_project_are_counted_by_project(workflows: Running):
    query = "query($f: WorkflowFilters) { workflows(filters: $f) { totalCount } }"
    data = await workflows.ask(query, GRACE, f={"projectId": ENG})
    assert data == {"workflows": {"totalCount": 2}}
    data = await workflows.ask(query, GRACE, f={"projectId": ENG, "isActive": False})
    assert data == {"workflows": {"totalCount": 1}}
