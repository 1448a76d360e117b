"""What sources cost: a request counts in the round in which it is really sent, and of equally many
requests those are best that fetch less and bring more of the answer early."""

import pytest

from tests.support.planning import federated_graph, plan_lines, sound_plan
from trellis.router.planner.planner import SPARING_SIZE


def test_what_a_field_requires_delays_it() -> None:
    """Stock is asked anyway, but a round earlier than it could give the shipping."""
    graph = federated_graph(
        top='type Query { item: Item } type Item @key(fields: "id") { id: ID! }',
        prices='type Item @key(fields: "id") { id: ID! price: Int }',
        stock="""
            type Item @key(fields: "id") {
              id: ID! count: Int price: Int @external
              shipping: Int @shareable @requires(fields: "price") }
        """,
        transport='type Item @key(fields: "id") { id: ID! shipping: Int @shareable }',
    )

    assert plan_lines(graph, "{ item { price count shipping } }") == [
        "0 top {item {id}}",
        "1 prices <0 @item Item(id) {... on Item {price}}",
        "2 stock <0 @item Item(id) {... on Item {count}}",
        "3 transport <0 @item Item(id) {... on Item {shipping}}",
    ]


def test_what_lies_below_a_later_request_comes_later_still() -> None:
    """Stock is asked anyway about the item, but about its maker it could be asked only once the
    maker is known."""
    graph = federated_graph(
        top='type Query { item: Item } type Item @key(fields: "id") { id: ID! }',
        prices="""
            type Item @key(fields: "id") { id: ID! price: Int maker: Maker @shareable }
            type Maker @key(fields: "id") { id: ID! @shareable }
        """,
        stock="""
            type Item @key(fields: "id") { id: ID! count: Int }
            type Maker @key(fields: "id") { id: ID! name: String @shareable }
        """,
        brands="""
            type Item @key(fields: "id") { id: ID! maker: Maker @shareable }
            type Maker @key(fields: "id", resolvable: false) {
              id: ID! name: String @shareable }
        """,
    )

    assert plan_lines(graph, "{ item { price count maker { name } } }") == [
        "0 top {item {id}}",
        "1 prices <0 @item Item(id) {... on Item {price}}",
        "2 stock <0 @item Item(id) {... on Item {count}}",
        "3 brands <0 @item Item(id) {... on Item {maker {name}}}",
    ]


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (
            "early late later",
            [
                "0 a {item {part {early id}}}",
                "1 b <0 @item.part Part(id) {... on Part {late later}}",
            ],
        ),
        (
            "early sub { x y z }",
            [
                "0 a {item {part {early} id}}",
                "1 b <0 @item Item(id) {... on Item {part {sub {x y z}}}}",
            ],
        ),
        (
            "late sub { x }",
            [
                "0 a {item {id}}",
                "1 b <0 @item Item(id) {... on Item {part {late sub {x}}}}",
            ],
        ),
    ],
)
def test_of_equally_many_requests_those_are_sent_that_bring_more_of_the_answer_early(
    selection: str, expected: list[str]
) -> None:
    """All of the part could be read from b below the item."""
    graph = federated_graph(
        a="""
            type Query { item: Item }
            type Item @key(fields: "id") { id: ID! part: Part @shareable }
            type Part @key(fields: "id") { id: ID! early: Int @shareable }
        """,
        b="""
            type Item @key(fields: "id") { id: ID! part: Part @shareable }
            type Part @key(fields: "id") {
              id: ID! early: Int @shareable late: Int later: Int sub: Sub }
            type Sub { x: Int y: Int z: Int }
        """,
    )

    assert plan_lines(graph, f"{{ item {{ part {{ {selection} }} }} }}") == expected


def test_a_value_made_of_required_fields_is_weighed_against_the_others_by_all_it_has() -> None:
    """All three leaves of sub come as late in either way, but early need not."""
    graph = federated_graph(
        a="""
            type Query { item: Item }
            type Item @key(fields: "id") { id: ID! w: Int part: Part @shareable }
            type Part @key(fields: "id") { id: ID! early: Int @shareable }
        """,
        b="""
            type Item @key(fields: "id") {
              id: ID! w: Int @external part: Part @shareable @requires(fields: "w") }
            type Part @key(fields: "id") { id: ID! early: Int @shareable sub: Sub }
            type Sub { x: Int y: Int z: Int }
        """,
    )

    assert plan_lines(graph, "{ item { part { early sub { x y z } } } }") == [
        "0 a {item {part {early id}}}",
        "1 b <0 @item.part Part(id) {... on Part {sub {x y z}}}",
    ]


def test_the_requests_for_required_values_count() -> None:
    """In b the field needs two more requests at first, in d one."""
    graph = federated_graph(
        a='type Query { t: T } type T @key(fields: "id") { id: ID! }',
        b="""
            type T @key(fields: "id") {
              id: ID! p: Int @external q: Int @external
              far: Int @shareable @requires(fields: "p q") }
        """,
        c='type T @key(fields: "id") { id: ID! code: ID! @shareable }',
        d='type T @key(fields: "code") { code: ID! @shareable far: Int @shareable }',
        p='type T @key(fields: "id") { id: ID! p: Int }',
        q='type T @key(fields: "id") { id: ID! q: Int }',
    )

    assert [step.service for step in sound_plan(graph, "{ t { far } }").steps] == ["a", "c", "d"]


@pytest.mark.parametrize("others", [1, SPARING_SIZE + 10], ids=["small", "large"])
def test_what_is_put_together_is_read_from_subgraphs_that_are_asked_anyway(others: int) -> None:
    """Of a large operation, too, for which less is tried."""
    box = "type Query {{ box: Box @shareable {} }} type Box {{ {} }}"
    graph = federated_graph(
        a=box.format("x: Int", "p: Int"),
        b=box.format("y: Int", "r: Int @shareable"),
        c=box.format("one(n: Int): One", "r: Int @shareable") + " type One { k(n: Int): Int }",
    )
    fields = " ".join(f"one{n}: one(n: {n}) {{ k(n: {n}) }}" for n in range(others))

    plan = sound_plan(graph, f"{{ x {fields} box {{ p r }} }}")

    assert [step.service for step in plan.steps] == ["a", "c"]
