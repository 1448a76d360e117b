"""Plans as text and JSON."""

import pytest

from tests.support.planning import federated_graph, sound_plan
from trellis.router.planner.explain import lines, to_json, tree
from trellis.router.planner.query_plan import QueryPlan


@pytest.fixture(scope="module")
def plan() -> QueryPlan:
    graph = federated_graph(
        a='type Query { item: Item } type Item @key(fields: "id") { id: ID! }',
        b='type Item @key(fields: "id") { id: ID! size: Int }',
        c='type Item @key(fields: "id") { id: ID! name: String }',
    )
    return sound_plan(graph, "{ item { size name } }")


def test_each_step_says_when_where_and_why(plan) -> None:
    assert lines(plan).splitlines() == [
        "0: round 1, a",
        "  {item {id}}",
        "  for Query: item",
        "1: round 2, b after 0 at item by id",
        "  query($representations: [_Any!]!) {_entities(representations: $representations)"
        " {... on Item {size}}}",
        "  for Item: size",
        "2: round 2, c after 0 at item by id",
        "  query($representations: [_Any!]!) {_entities(representations: $representations)"
        " {... on Item {name}}}",
        "  for Item: name",
    ]


def test_the_tree_shows_what_runs_after_what(plan) -> None:
    nodes = ("QueryPlan", "Sequence", "Parallel", "Flatten", "Fetch")
    lines = [line for line in tree(plan).splitlines() if line.strip().startswith(nodes)]

    assert lines == [
        "QueryPlan {",
        "  Sequence {",
        '    Fetch(service: "a") {',
        "    Parallel {",
        '      Flatten(path: "item") {',
        '        Fetch(service: "b") {',
        '      Flatten(path: "item") {',
        '        Fetch(service: "c") {',
    ]


def test_json_carries_the_measures_and_each_step(plan) -> None:
    data = to_json(plan)

    assert (data["format"], data["kind"], data["fetchCount"], data["depth"]) == (
        "trellis.plan/1",
        "query",
        3,
        2,
    )
    assert data["steps"][1] == {
        "id": 1,
        "round": 2,
        "service": "b",
        "kind": "query",
        "after": [0],
        "path": None,
        "operation": plan.steps[1].operation,
        "variables": [],
        "entities": [{"alias": "_entities", "path": "item", "types": None, "needs": "id"}],
        "why": ["Item: size"],
    }


def test_a_plan_without_steps_is_explained_too() -> None:
    graph = federated_graph(a="type Query { x: Int }")
    nothing = sound_plan(graph, "{ __typename }")

    assert nothing.steps == ()
    assert (lines(nothing), tree(nothing)) == ("No subgraph is queried.", "QueryPlan {}")


def test_a_single_request_needs_no_sequence() -> None:
    graph = federated_graph(a="type Query { x: Int }")

    assert tree(sound_plan(graph, "{ x }")).splitlines()[:2] == [
        "QueryPlan {",
        '  Fetch(service: "a") {',
    ]


def test_a_plan_tells_the_same_itself(plan) -> None:
    assert plan.to_json() == to_json(plan)
