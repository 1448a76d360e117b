"""Positions whose type only the data tells: which subgraph tells it, and what that costs."""

import pytest

from tests.support.planning import federated_graph, plan_lines, sound_plan
from trellis.router.planner.tables import FederatedGraph


@pytest.fixture(scope="module")
def halves() -> FederatedGraph:
    """Each subgraph knows some of the nodes as an interface object, which is silent about their
    types; it is the other one that tells those."""
    return federated_graph(
        a="""
            type Query { nodes: [Node] @shareable }
            interface Node { id: ID! }
            interface Media implements Node @key(fields: "id") { id: ID! }
            type Book implements Media & Node @key(fields: "id") { id: ID! }
            type Paper implements Node @key(fields: "id") @interfaceObject { id: ID! size: Int }
            type Page implements Node { id: ID! @shareable }
        """,
        b="""
            type Query { nodes: [Node] @shareable }
            interface Node { id: ID! }
            interface Paper implements Node @key(fields: "id") { id: ID! }
            type Map implements Paper & Node @key(fields: "id") { id: ID! }
            type Media implements Node @key(fields: "id") @interfaceObject { id: ID! stars: Int }
            type Page implements Node { id: ID! @shareable }
        """,
    )


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("{ nodes { id } }", ["0 a {nodes {id}}"]),
        ("{ nodes { __typename } }", ["0 a {nodes {__typename}}", "1 b {nodes {__typename}}"]),
        (
            "{ nodes { __typename ... on Book { stars } } }",
            ["0 b {nodes {__typename ... on Media {stars}}}", "1 a {nodes {__typename}}"],
        ),
    ],
)
def test_all_subgraphs_that_together_tell_every_type_are_asked_for_it(
    halves: FederatedGraph, document: str, expected: list[str]
) -> None:
    assert plan_lines(halves, document) == expected


def test_a_subgraph_that_never_learns_the_type_is_asked_beside_one_that_tells_it() -> None:
    """The media of b cannot be fetched from a, but a returns the same nodes."""
    graph = federated_graph(
        a="""
            type Query { nodes: [Node] @shareable }
            interface Node { id: ID! }
            interface Media implements Node @key(fields: "id", resolvable: false) { id: ID! }
            type Book implements Media & Node @key(fields: "id", resolvable: false) { id: ID! }
            type Page implements Node { id: ID! @shareable }
        """,
        b="""
            type Query { nodes: [Node] @shareable }
            interface Node { id: ID! }
            type Media implements Node @key(fields: "id") @interfaceObject { id: ID! stars: Int }
            type Page implements Node { id: ID! @shareable }
        """,
    )

    assert plan_lines(graph, "{ nodes { __typename } }") == ["0 a {nodes {__typename}}"]
    assert plan_lines(graph, "{ nodes { ... on Book { stars } } }") == [
        "0 b {nodes {__typename ... on Media {stars}}}",
        "1 a {nodes {__typename}}",
    ]


def test_the_type_of_objects_that_the_answer_leaves_empty_is_not_fetched() -> None:
    """A medium is no page, whatever it is."""
    graph = federated_graph(
        a="""
            type Query { media: [Media] }
            interface Media @key(fields: "id") { id: ID! }
            type Book implements Media @key(fields: "id") { id: ID! }
        """,
        b="""
            type Query { nodes: [Node] }
            interface Node { id: ID! }
            type Media implements Node @key(fields: "id") @interfaceObject { id: ID! stars: Int }
            type Page implements Node { id: ID! text: String }
        """,
    )

    assert plan_lines(graph, "{ nodes { ... on Page { text } } }") == [
        "0 b {nodes {__typename ... on Page {text}}}"
    ]


def test_the_type_is_told_by_a_subgraph_that_is_asked_about_the_object_anyway() -> None:
    interface = 'interface Media @key(fields: "id")'
    book, film = (f'type {name} implements Media @key(fields: "id")' for name in ("Book", "Film"))
    graph = federated_graph(
        best="""
            type Query { best: Media } type Media @key(fields: "id") @interfaceObject { id: ID! }
        """,
        near=f"""
            {interface} {{ id: ID! }} {film} {{ id: ID! }}
            {book} {{ id: ID! pages: Int @shareable }}
        """,
        titles=f"""
            {interface} {{ id: ID! title: String }} {film} {{ id: ID! title: String }}
            {book} {{ id: ID! title: String pages: Int @shareable }}
        """,
    )

    assert plan_lines(graph, "{ best { ... on Book { pages } } }") == [
        "0 best {best {id}}",
        "1 near <0 @best Media(id) {... on Media {__typename ... on Book {pages}}}",
    ]
    assert plan_lines(graph, "{ best { title ... on Book { pages } } }") == [
        "0 best {best {id}}",
        "1 titles <0 @best Media(id) {... on Media {__typename title ... on Book {pages}}}",
    ]


def test_of_equally_many_requests_those_are_sent_that_bring_more_of_the_answer_early() -> None:
    """The item's medium could be read from c as a whole, as late as the rest of it."""
    titled, plain = (
        f"interface Media @key(fields: {key}) {fields}"
        f" type Book implements Media @key(fields: {key}) {fields}"
        f" type Film implements Media @key(fields: {key}) {fields}"
        for key, fields in (
            ('"code"', "{ code: ID! title: String }"),
            ('"id"', "{ id: ID! }"),
        )
    )
    graph = federated_graph(
        a="""
            type Query { item: Item }
            type Item @key(fields: "id") { id: ID! media: Media @shareable }
            type Media @key(fields: "id") @interfaceObject { id: ID! name: String @shareable }
        """,
        c="""
            type Item @key(fields: "id") { id: ID! media: Media @shareable }
            type Media @key(fields: "id") @interfaceObject {
              id: ID! code: ID! @shareable name: String @shareable stars: Int }
        """,
        d=titled,
        e=plain,
    )

    assert plan_lines(graph, "{ item { media { name stars ... on Book { title } } } }") == [
        "0 a {item {media {name id}}}",
        "1 c <0 @item.media Media(id) {... on Media {stars code}}",
        "2 d <1 @item.media Media(code) {... on Media {__typename ... on Book {title}}}",
    ]


def test_of_equally_many_requests_those_are_sent_that_fetch_fewer_objects() -> None:
    """The medium of the item could be fetched from c by itself, too, for each of its types."""
    fields = "{ id: ID! stars: Int }"
    graph = federated_graph(
        a="""
            type Query { item: Item }
            type Item @key(fields: "id") { id: ID! media: Media @shareable }
            type Media @key(fields: "id") @interfaceObject { id: ID! }
        """,
        c=f"""
            type Item @key(fields: "id") {{ id: ID! media: Media @shareable }}
            interface Media @key(fields: "id") {fields}
            type Film implements Media @key(fields: "id") {fields}
            type Book implements Media @key(fields: "id") {{ id: ID! stars: Int pages: Int }}
        """,
    )

    assert plan_lines(graph, "{ item { media { stars ... on Book { pages } } } }") == [
        "0 a {item {id}}",
        "1 c <0 @item Item(id) {... on Item {media {__typename stars ... on Book {pages}}}}",
    ]


def test_objects_of_inaccessible_types_are_answered_as_null() -> None:
    graph = federated_graph(
        a="""
            type Query { nodes: [Node] } interface Node { id: ID! }
            type Page implements Node { id: ID! }
            type Secret implements Node @inaccessible { id: ID! }
        """
    )

    plan = sound_plan(graph, "{ nodes { id } }")

    assert [step.operation for step in plan.steps] == ["{nodes {__typename id}}"]
    nodes = plan.output.fields[0].selection
    assert nodes is not None
    assert nodes.possible == {"Page"}
