"""Explanations of what was removed, from rules and verdicts alone."""

from typing import Any
from uuid import UUID

from graphql import OperationDefinitionNode, build_schema, parse

from trellis.router.authorization.explain import Case, Explainer
from trellis.router.authorization.policies.footprint import find_footprint
from trellis.router.authorization.policies.outcome import NOTHING_DECIDED
from trellis.router.authorization.rules.read import read_rules
from trellis.router.operation.normalize import normalize
from trellis.schema.identity import ANONYMOUS, Identity

SDL = """
directive @authenticated on FIELD_DEFINITION | SCALAR | ARGUMENT_DEFINITION
directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION | ARGUMENT_DEFINITION
directive @policy(policies: [[String!]!]!) on FIELD_DEFINITION
type Query {
  open: String
  task(id: ID @requiresScopes(scopes: [["tasks", "read"], ["all"]])): Int
  tasks: Int @requiresScopes(scopes: [["tasks", "read"], ["all"]])
  taskList: Int @requiresScopes(scopes: [["tasks", "read"], ["all"]])
  made: Date
  drawer: Int @authenticated @policy(policies: [["key"]])
}
scalar Date @authenticated
"""
SCHEMA, RULES = build_schema(SDL), read_rules(parse(SDL))
SOMEBODY = Identity(id=UUID(int=1), scopes=frozenset({"read"}))


def removed(query: str, identity: Identity) -> list[dict[str, Any]]:
    (node,) = parse(query).definitions
    assert isinstance(node, OperationDefinitionNode)
    operation = normalize(node, SCHEMA, {}, {})
    case = Case(operation, identity, NOTHING_DECIDED, {})
    footprint = find_footprint(operation, RULES, frozenset({"Query"}))
    return [one.to_json() for one in Explainer(RULES, SCHEMA).explain(case, footprint)]


def test_a_rule_is_named_with_the_places_that_the_field_has_of_it():
    scopes = '@requiresScopes(scopes: [["all"], ["read", "tasks"]])'
    found = removed("{ open task(id: 1) tasks made }", SOMEBODY)
    assert [(one["path"], one["place"], one["rules"], one["policies"]) for one in found] == [
        (
            ["task"],
            "Query.task",
            [{"directive": scopes, "at": ["Query.task(id:)"], "isMet": False}],
            [],
        ),
        (
            ["tasks"],
            "Query.tasks",
            [{"directive": scopes, "at": ["Query.tasks"], "isMet": False}],
            [],
        ),
    ]


def test_a_rule_of_the_type_is_named_where_it_stands():
    (date,) = removed("{ open made }", ANONYMOUS)
    assert date["rules"] == [{"directive": "@authenticated", "at": ["Date"], "isMet": False}]


def test_each_part_of_a_rule_says_whether_it_is_met():
    (drawer,) = removed("{ open drawer }", SOMEBODY)
    key = '@policy(policies: [["key"]])'
    assert drawer["rules"] == [
        {"directive": "@authenticated", "at": ["Query.drawer"], "isMet": True},
        {"directive": key, "at": ["Query.drawer"], "isMet": False},
    ]
    assert drawer["policies"] == [{"policy": "key", "verdict": "was not evaluated"}]
