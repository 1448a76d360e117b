"""The registry of conditions and validators."""

from typing import Any
from uuid import UUID

import pytest

from tests.support.subgraphs import caller
from trellis.schema.events.workflows import RuleDefinition, TransitionDefinition
from trellis.subgraphs.project_scope.tables import ProjectCopy
from trellis.subgraphs.workflow_scope.definition import leads_from, mover_of, offered
from trellis.subgraphs.workflow_scope.rules import (
    CONDITIONS,
    VALIDATORS,
    IssueFacts,
    Mover,
    misused,
    problems_of,
    unmet_conditions,
)

GRACE, ALAN = caller("grace"), caller("alan")
OWNER, MEMBER, NOBODY = (Mover(frozenset(roles)) for roles in ({"owner"}, {"member"}, set[str]()))
BARE = IssueFacts(has_assignee=False, filled=frozenset(), open_links=frozenset({"blocks"}))
FULL = IssueFacts(has_assignee=True, filled=frozenset({"resolution"}), open_links=frozenset[str]())


def rule(name: str, **parameters: Any) -> RuleDefinition:
    return RuleDefinition(name=name, parameters=parameters)


def step(*conditions: RuleDefinition, start: str = "Open", end: str = "Done") -> Any:
    return TransitionDefinition(
        id=UUID(int=1), name="x", from_state=start, to_state=end, conditions=conditions
    )


@pytest.mark.parametrize("mover", [OWNER, MEMBER, NOBODY])
def test_a_role_is_one_of_those_that_are_named(mover: Mover):
    wanted = rule("role", roles=["owner", "admin"])
    assert unmet_conditions([wanted], mover) == ([] if mover is OWNER else ["role"])


@pytest.mark.parametrize(
    ("wanted", "bare"),
    [
        (rule("has_assignee"), True),
        (rule("field_required", field="resolution"), True),
        (rule("all_links_closed"), True),
        (rule("all_links_closed", types=["blocks", "duplicates"]), True),
        (rule("all_links_closed", types=["is_blocked_by"]), False),
    ],
)
def test_a_validator_says_what_the_issue_lacks(wanted: RuleDefinition, bare: bool):
    assert list(problems_of([wanted], BARE)) == ([wanted.name] if bare else [])
    assert problems_of([wanted], FULL) == {}


def test_all_problems_are_told_at_once():
    fields = [rule("field_required", field=name) for name in ("cause", "effect")]
    found = problems_of([*fields, rule("has_assignee")], BARE)
    assert list(found) == ["field_required", "has_assignee"]
    assert "cause" in found["field_required"] and "effect" in found["field_required"]


def test_a_rule_that_is_not_known_here_lets_nobody_pass():
    assert unmet_conditions([rule("of_a_later_release")], OWNER) == ["of_a_later_release"]
    assert list(problems_of([rule("of_a_later_release")], FULL)) == ["of_a_later_release"]


@pytest.mark.parametrize(
    ("wanted", "known", "is_misused"),
    [
        (rule("role", roles=["owner"]), CONDITIONS, False),
        (rule("role"), CONDITIONS, True),
        (rule("role", roles=[]), CONDITIONS, True),
        (rule("role", roles="owner"), CONDITIONS, True),
        (rule("role", roles=[{}]), CONDITIONS, True),
        (rule("role", roles=["owner"], also=1), CONDITIONS, True),
        (rule("has_assignee"), CONDITIONS, True),
        (rule("has_assignee"), VALIDATORS, False),
        (rule("has_assignee", x=1), VALIDATORS, True),
        (rule("field_required", field="x"), VALIDATORS, False),
        (rule("field_required", field=" "), VALIDATORS, True),
        (rule("field_required", field="x" * 101), VALIDATORS, True),
        (rule("field_required", field=1), VALIDATORS, True),
        (rule("all_links_closed"), VALIDATORS, False),
        (rule("all_links_closed", types=[]), VALIDATORS, True),
        (rule("all_links_closed", kinds=["blocks"]), VALIDATORS, True),
    ],
)
def test_only_known_rules_with_their_parameters_can_be_used(
    wanted: RuleDefinition, known: Any, is_misused: bool
):
    assert bool(misused(wanted, known)) is is_misused


def test_who_administers_the_organization_counts_as_an_admin_of_its_projects():
    project = ProjectCopy(id=UUID(int=1), key="P", organization_id=GRACE.tenant_id, version=1)
    elsewhere = ProjectCopy(id=UUID(int=2), key="Q", organization_id=UUID(int=3), version=1)

    assert mover_of(GRACE, project, None).roles == {"admin"}
    assert mover_of(GRACE, project, "owner").roles == {"admin", "owner"}
    assert mover_of(GRACE, elsewhere, "member").roles == {"member"}
    assert mover_of(ALAN, project, None).roles == set()


def test_transitions_are_offered_from_their_state_and_to_another_one():
    every = step(start="*")
    assert [leads_from(one, "Open") for one in (step(), every)] == [True, True]
    assert [leads_from(one, "Done") for one in (step(), every)] == [False, False]
    guarded = step(rule("role", roles=["owner"]))
    assert offered([guarded, every], "Open", MEMBER) == [every]
    assert offered([guarded, every], "Open", OWNER) == [guarded, every]
