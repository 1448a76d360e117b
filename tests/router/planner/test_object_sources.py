"""Keys and required fields that need one another in a circle: what is cut short on the way round
is not all there is."""

from collections.abc import Mapping, Sequence

import pytest

from tests.support.planning import federated_graph, plan_lines

# Each entity's key needs a field of the other entity. The circle is entered by the plain key of d.
KEYS = {
    "a": """
        type Query { a: A }
        type A @key(fields: "id") { id: ID! b: B @shareable } type B { a: A @shareable }
    """,
    "b": """
        type A @key(fields: "b { x }") { b: B far: Int } type B { x: Int @shareable }
    """,
    "c": """
        type B @key(fields: "a { y }") { a: A x: Int @shareable } type A { y: Int @shareable }
    """,
    "d": 'type A @key(fields: "id") { id: ID! y: Int @shareable }',
}

# T.x requires T.y, which c gives only to who knows T.x; d gives a part of it to everyone.
FIELDS = {
    "a": 'type Query { t: T } type T @key(fields: "id") { id: ID! }',
    "b": """
        type T @key(fields: "id") {
          id: ID! y: V @external x: Int @requires(fields: "y { m }") }
        type V { m: Int @external }
    """,
    "c": """
        type T @key(fields: "id") {
          id: ID! x: Int @external y: V @shareable @requires(fields: "x") }
        type V { m: Int @shareable n: Int }
    """,
    "d": """
        type T @key(fields: "id") { id: ID! y: V @shareable } type V { m: Int @shareable }
    """,
}

# The same, but the required field belongs to another entity.
ENTITIES = {
    "a": """
        type Query { t: T }
        type T @key(fields: "id") { id: ID! o: O } type O @key(fields: "id") { id: ID! t: T }
    """,
    "b": """
        type T @key(fields: "id") {
          id: ID! o: O @external x: Int @requires(fields: "o { y { m } }") }
        type O { y: V @external } type V { m: Int @external }
    """,
    "c": """
        type O @key(fields: "id") {
          id: ID! t: T @external y: V @shareable @requires(fields: "t { x }") }
        type T { x: Int @external } type V { m: Int @shareable n: Int }
    """,
    "d": """
        type O @key(fields: "id") { id: ID! y: V @shareable } type V { m: Int @shareable }
    """,
}


@pytest.mark.parametrize(
    ("subgraphs", "document", "expected"),
    [
        (
            KEYS,
            "{ a { far } }",
            [
                "0 a {a {b {a {id}}}}",
                "1 d <0 @a.b.a A(id) {... on A {y}}",
                "2 c <1 @a.b B(a {y}) {... on B {x}}",
                "3 b <2 @a A(b {x}) {... on A {far}}",
            ],
        ),
        (
            FIELDS,
            "{ t { x y { n } } }",
            [
                "0 a {t {id}}",
                "1 d <0 @t T(id) {... on T {y {m}}}",
                "2 b <1 @t T(id y {m}) {... on T {x}}",
                "3 c <2 @t T(id x) {... on T {y {n}}}",
            ],
        ),
        (
            ENTITIES,
            "{ t { x o { y { n } } } }",
            [
                "0 a {t {id o {id t {id o {id}}}}}",
                "1 d <0 @t.o O(id), t.o.t.o O(id) {... on O {y {m}}}",
                "2 b <1 @t T(id o {y {m}}), t.o.t T(id o {y {m}}) {... on T {x}}",
                "3 c <2 @t.o O(id t {x}) {... on O {y {n}}}",
            ],
        ),
    ],
    ids=["keys", "required fields", "required fields of another entity"],
)
def test_a_circle_is_entered_where_something_else_leads_into_it(
    subgraphs: Mapping[str, str], document: str, expected: Sequence[str]
) -> None:
    assert plan_lines(federated_graph(**subgraphs), document) == expected


def test_what_a_circle_cut_short_for_one_operation_is_whole_for_the_next() -> None:
    graph = federated_graph(**FIELDS)
    both = plan_lines(graph, "{ t { x y { n } } }")

    assert plan_lines(graph, "{ t { x } }") == both[:3]
    assert plan_lines(graph, "{ t { y { n } } }") == both
    assert plan_lines(graph, "{ t { x y { n } } }") == both


def test_a_field_whose_type_differs_from_type_to_type_is_not_asked_on_the_interface() -> None:
    graph = federated_graph(
        a="""
            type Query { media: [Media] }
            interface Media @key(fields: "id") { id: ID! box: Box }
            type Book implements Media @key(fields: "id") { id: ID! box: Box }
            type Film implements Media @key(fields: "id") { id: ID! box: Box! }
            type Box { width: Int }
        """,
        b="""
            type Query { best: Media }
            type Media @key(fields: "id") @interfaceObject { id: ID! }
        """,
    )

    assert plan_lines(graph, "{ best { box { width } } }") == [
        "0 b {best {id}}",
        "1 a <0 @best Media(id) {... on Media"
        " {__typename ... on Book {box {width}} ... on Film {box_1: box {width}}}}",
    ]


def test_an_object_is_sent_back_by_the_key_that_is_known_first() -> None:
    graph = federated_graph(
        a="""
            type Query { t: T }
            type T @key(fields: "id") @key(fields: "zip") {
              id: ID! zip: ID! @external price: Int @external
              total: Int @requires(fields: "price") }
        """,
        b='type T @key(fields: "id") { id: ID! price: Int }',
        c='type T @key(fields: "id") { id: ID! zip: ID! }',
    )

    assert plan_lines(graph, "{ t { total } }") == [
        "0 a {t {id}}",
        "1 b <0 @t T(id) {... on T {price}}",
        "2 a <1 @t T(id price) {... on T {total}}",
    ]


def test_an_object_is_sent_by_the_key_that_takes_the_fewest_requests() -> None:
    """M and n together would be the simpler key, but they come from two subgraphs."""
    long_key = "p: ID! @shareable q: ID! @shareable r: ID! @shareable"
    graph = federated_graph(
        a='type Query { t: T } type T @key(fields: "id") { id: ID! }',
        b=f'type T @key(fields: "p q r") {{ {long_key} price: Int }}',
        c=f'type T @key(fields: "id") {{ id: ID! m: ID! @shareable {long_key} }}',
        d='type T @key(fields: "id") { id: ID! n: ID! @shareable }',
        e=f"""
            type T @key(fields: "m n") @key(fields: "p q r") {{
              m: ID! @shareable n: ID! @shareable {long_key}
              price: Int @external total: Int @requires(fields: "price") }}
        """,
    )

    assert plan_lines(graph, "{ t { total } }") == [
        "0 a {t {id}}",
        "1 c <0 @t T(id) {... on T {p q r}}",
        "2 b <1 @t T(p q r) {... on T {price}}",
        "3 e <2 @t T(p q r price) {... on T {total}}",
    ]
