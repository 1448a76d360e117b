"""Executable directives that all subgraphs define are told to the subgraphs they concern."""

import pytest

from tests.support.planning import federated_graph, plan_lines, sound_plan

DIRECTIVES = """
    directive @mark(as: String, at: Int) repeatable on FIELD | INLINE_FRAGMENT | FRAGMENT_SPREAD
    directive @once on FIELD
    directive @spread on FRAGMENT_SPREAD
    directive @cached(for: Int) on QUERY | MUTATION
    directive @slowly on MUTATION
    directive @checked on VARIABLE_DEFINITION
"""


@pytest.fixture(scope="module")
def graph():
    return federated_graph(
        a=DIRECTIVES
        + """
            type Query { item(n: Int): Item all: [Named] }
            type Mutation { add: Item }
            interface Named { id: ID! }
            type Item implements Named @key(fields: "id") { id: ID! size: Int }
            type Other implements Named { id: ID! }
        """,
        b=DIRECTIVES + 'type Item @key(fields: "id") { id: ID! name(n: Int): String owner: User }'
        " type User { name: String }",
    )


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ('{ item { size @mark(as: "x", at: 1) } }', ['0 a {item {size @mark(as: "x", at: 1)}}']),
        (
            "{ item @once { size name @once } }",
            [
                "0 a {item @once {size id}}",
                "1 b <0 @item Item(id) {... on Item {name @once}}",
            ],
        ),
        (
            "query ($n: Int) { item { name(n: 1) @mark(at: $n) } }",
            [
                "0 a {item {id}}",
                "1 b <0 @item Item(id) {... on Item {name(n: 1) @mark(at: $n)}}",
            ],
        ),
        (
            "mutation @slowly @cached(for: 1) { add { name } }",
            [
                "0 a mutation @slowly @cached(for: 1) {add {id}}",
                "1 b <0 @add Item(id) {... on Item {name}}",
            ],
        ),
        (
            "{ item { a: size b: size @once c: size @once } }",
            ["0 a {item {size size_1: size @once}}"],
        ),
        (
            "{ item { size size @mark(at: 1) ... { size @mark(at: 2) } size @mark(at: 1) } }",
            ["0 a {item {size @mark(at: 1) size @mark(at: 2)}}"],
        ),
        (
            "{ item { owner @once { name } owner { name } } }",
            [
                "0 a {item {id}}",
                "1 b <0 @item Item(id) {... on Item {owner @once {name}}}",
            ],
        ),
    ],
)
def test_they_stand_on_their_fields(graph, document: str, expected: list[str]) -> None:
    assert plan_lines(graph, document) == expected


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            "{ item { ... @mark(at: 1) { size name } } }",
            [
                "0 a {item {... @mark(at: 1) {size} id}}",
                "1 b <0 @item Item(id) {... on Item {... @mark(at: 1) {name}}}",
            ],
        ),
        (
            "{ item { ...F @mark(at: 1) ...F @spread } } fragment F on Item { size @once }",
            ["0 a {item {... @mark(at: 1) {size @once} size @once}}"],
        ),
        (
            "{ all { ... on Item @mark(at: 1) { ... @mark(at: 2) @skip(if: false) { size } } } }",
            ["0 a {all {__typename ... on Item {... @mark(at: 1) {... @mark(at: 2) {size}}}}}"],
        ),
    ],
)
def test_those_of_fragments_stay_around_what_each_subgraph_is_asked(
    graph, document: str, expected: list[str]
) -> None:
    assert plan_lines(graph, document) == expected


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            "query ($n: Int @checked, $m: Int) @cached(for: $m) { item(n: $n) { name } }",
            [
                "0 a query($n: Int @checked, $m: Int) @cached(for: $m) {item(n: $n) {id}}",
                "1 b <0 @item Item(id) {... on Item {name}}",
            ],
        ),
        ("query @cached { item { size } }", ["0 a query @cached {item {size}}"]),
        ("mutation @slowly { add { size } }", ["0 a mutation @slowly {add {size}}"]),
    ],
)
def test_those_of_the_operation_go_with_every_request_that_may_have_them(
    graph, document: str, expected: list[str]
) -> None:
    assert plan_lines(graph, document) == expected


def test_those_that_are_for_mutations_only_do_not_go_with_the_queries_that_follow(graph) -> None:
    _, entities = sound_plan(graph, "mutation @slowly @cached(for: 1) { add { name } }").steps

    assert entities.operation.startswith("query($representations: [_Any!]!) @cached(for: 1) {")
