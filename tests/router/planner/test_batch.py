"""What is asked of one subgraph in one round is one request, as long as each object gets the values
that are its own."""

import pytest

from tests.support.planning import federated_graph, normalized, plan_lines, sound_plan
from trellis.router.errors import PlanningLimit
from trellis.router.planner.batch import MAX_STEPS
from trellis.router.planner.planner import Planner
from trellis.router.planner.tables import FederatedGraph

TWICE = "_e0: _entities(representations: $r0) @include(if: $c0)"
AND = "_e1: _entities(representations: $r1) @include(if: $c1)"


@pytest.fixture(scope="module")
def things() -> FederatedGraph:
    """Subgraph b knows the things only as interface objects, of which a film is two."""
    return federated_graph(
        a="""
            type Query { things: [Named] }
            interface Named @key(fields: "id") { id: ID! }
            interface Priced @key(fields: "id") { id: ID! }
            type Film implements Named & Priced @key(fields: "id") { id: ID! }
            type Hall implements Named @key(fields: "id") { id: ID! }
        """,
        b="""
            type Named @key(fields: "id") @interfaceObject { id: ID! name: String seats: Int }
            type Priced @key(fields: "id") @interfaceObject { id: ID! cents: Int }
        """,
        c="""
            type Query { best: Named } type Named @key(fields: "id") @interfaceObject { id: ID! }
        """,
    )


@pytest.mark.parametrize(
    ("selection", "asked"),
    [
        (
            "... on Film { name } ... on Hall { name }",
            "@things Named(id) {... on Named {name}}",
        ),
        (
            "... on Film { cents } ... on Hall { name }",
            "@things Priced(id), things Named(id) {... on Priced {cents} ... on Named {name}}",
        ),
        (
            "... on Film { name } ... on Hall { seats }",
            "@things Named(id), things Named(id)"
            f" {{{TWICE} {{... on Named {{name}}}} {AND} {{... on Named {{seats}}}}",
        ),
        (
            "... on Film { name cents }",
            "@things Named(id), things Priced(id)"
            f" {{{TWICE} {{... on Named {{name}}}} {AND} {{... on Priced {{cents}}}}",
        ),
        (
            "name ... on Film { cents }",
            "@things Named(id), things Priced(id)"
            f" {{{TWICE} {{... on Named {{name}}}} {AND} {{... on Priced {{cents}}}}",
        ),
    ],
    ids=["equal", "of different types", "differently", "of one type", "of all and of one type"],
)
def test_objects_of_different_types_are_asked_together_and_those_of_one_type_apart(
    things: FederatedGraph, selection: str, asked: str
) -> None:
    _, step = plan_lines(things, f"{{ things {{ {selection} }} }}")

    assert step == f"1 b <0 {asked}"


def test_what_is_asked_of_objects_of_any_type_is_asked_apart_from_what_depends_on_it(
    things: FederatedGraph,
) -> None:
    *_, step = plan_lines(things, "{ best { name ... on Film { cents } } }")

    assert step == (
        "2 b <1 @best Named(id), best Priced(id)"
        f" {{{TWICE} {{... on Named {{name}}}} {AND} {{... on Priced {{cents}}}}"
    )


@pytest.fixture(scope="module")
def requiring() -> FederatedGraph:
    """Fields of b that require the same and that require different values of one field."""
    abstract = "interface I { id: ID! } type A implements I"
    return federated_graph(
        a=f"""
            type Query {{ t: T }}
            type T @key(fields: "id") {{ id: ID! part: I price(in: String): Int }}
            {abstract} {{ id: ID! x: Int }} type B implements I {{ id: ID! x: Int! }}
        """,
        b=f"""
            type T @key(fields: "id") {{
              id: ID! part: I @external price(in: String): Int @external
              one: Int @requires(fields: "part {{ ... on A {{ x }} ... on B {{ x }} }}")
              two: Int @requires(fields: "part {{ ... on A {{ x }} ... on B {{ x }} }}")
              tax: Int @requires(fields: "price(in: \\"EUR\\")")
              vat: Int @requires(fields: "price(in: \\"EUR\\")")
              duty: Int @requires(fields: "price(in: \\"USD\\")") }}
            {abstract} {{ id: ID! @external x: Int @external }}
            type B implements I {{ id: ID! @external x: Int! @external }}
        """,
    )


def test_fields_that_require_the_same_share_a_representation(requiring: FederatedGraph) -> None:
    """The two types have keys of their own for x, as its types cannot share one."""
    assert plan_lines(requiring, "{ t { one two } }") == [
        "0 a {t {id part {__typename ... on A {x} ... on B {x_1: x}}}}",
        "1 b <0 @t T(id part {__typename x x=x_1}) {... on T {one two}}",
    ]


def test_each_value_that_is_required_of_one_field_has_its_own_representation(
    requiring: FederatedGraph,
) -> None:
    assert plan_lines(requiring, "{ t { tax duty vat } }") == [
        '0 a {t {id price(in: "EUR") price_1: price(in: "USD")}}',
        "1 b <0 @t T(id price), t T(id price=price_1)"
        f" {{{TWICE} {{... on T {{tax vat}}}} {AND} {{... on T {{duty}}}}",
    ]


def test_without_its_key_an_object_is_not_asked_about_while_a_required_value_may_be_null(
    requiring: FederatedGraph,
) -> None:
    (target,) = sound_plan(requiring, "{ t { tax } }").steps[1].entities[0].targets

    assert [(need.name, need.is_key) for need in target.needs] == [("id", True), ("price", False)]


def test_fields_that_read_different_contexts_are_asked_apart() -> None:
    graph = federated_graph(
        a="""
            type Query { box: Box }
            type Box @key(fields: "id") @context(name: "box") {
              id: ID! label: String size: Int item: Item }
            type Item @key(fields: "id") {
              id: ID! price(in: String @fromContext(field: "$box { label }")): Int
              tax(of: Int @fromContext(field: "$box { size }")): Int
              vat(of: Int @fromContext(field: "$box { size }")): Int }
        """
    )

    assert plan_lines(graph, "{ box { item { tax price vat } } }") == [
        "0 a {box {size item {id} label}}",
        "1 a <0 @box.item Item(id) {... on Item {tax(of: $context0) vat(of: $context0)}}",
        "2 a <0 @box.item Item(id) {... on Item {price(in: $context1)}}",
    ]
    first, second = sound_plan(graph, "{ box { item { tax price } } }").steps[1:]
    assert [c.variable for c in first.entities[0].targets[0].contexts] == ["context0"]
    assert [c.variable for c in second.entities[0].targets[0].contexts] == ["context1"]


def test_a_plan_may_have_so_many_requests_and_not_one_more() -> None:
    graph = federated_graph(
        a="type Query { q: Int } type Mutation { a: Int }", b="type Mutation { b: Int }"
    )

    def plan(requests: int) -> int:
        fields = " ".join(f"f{n}: {'ab'[n % 2]}" for n in range(requests))
        return Planner(graph).plan(normalized(graph, f"mutation {{ {fields} }}")).fetch_count

    assert plan(MAX_STEPS) == MAX_STEPS
    with pytest.raises(PlanningLimit, match=f"has {MAX_STEPS + 1} requests, more than"):
        plan(MAX_STEPS + 1)


def test_a_request_is_explained_by_its_first_eight_fields() -> None:
    fields = [f"f{n}" for n in range(9)]
    graph = federated_graph(a=f"type Query {{ {': Int '.join(fields)}: Int }}")

    first = ", ".join(fields[:8])
    for count, shown in ((8, first), (9, f"{first}, …")):
        (step,) = sound_plan(graph, f"{{ {' '.join(fields[:count])} }}").steps
        assert step.why == (f"Query: {shown}",)
