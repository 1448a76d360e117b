"""Where the objects of a request are, which of them it concerns, and what it waits for."""

import pytest

from tests.support.planning import federated_graph, plan_lines
from trellis.router.planner.tables import FederatedGraph


@pytest.fixture(scope="module")
def parts() -> FederatedGraph:
    return federated_graph(
        a="""
            type Query { nodes: [Node] } interface Node { id: ID! }
            type Book implements Node { id: ID! part: Part }
            type Film implements Node { id: ID! part: Part }
            type Hall implements Node { id: ID! part: Part }
            type Part @key(fields: "id") { id: ID! }
        """,
        b='type Part @key(fields: "id") { id: ID! size: Int width: Int }',
    )


@pytest.mark.parametrize(
    ("selection", "place"),
    [
        ("... on Book { part { size } }", "@nodes.Book:part Part(id)"),
        (
            "... on Book { part { size } } ... on Film { part { size } }",
            "@nodes.Book|Film:part Part(id)",
        ),
        (
            "... on Book { part { size } } ... on Film { part { width } }",
            "@nodes.Book:part Part(id), nodes.Film:part Part(id)",
        ),
        (
            "... on Book { part { size } } ... on Film { part { size } }"
            " ... on Hall { part { size } }",
            "@nodes.part Part(id)",
        ),
    ],
)
def test_a_path_names_the_types_whose_objects_are_asked_about(
    parts: FederatedGraph, selection: str, place: str
) -> None:
    _, step = plan_lines(parts, f"{{ nodes {{ {selection} }} }}")

    assert step.split(" {")[0] == f"1 b <0 {place}"


def test_a_request_waits_for_its_key_alone() -> None:
    """The box is returned by a, too."""
    graph = federated_graph(
        a="type Query { box: Box @shareable } type Box { x: Int }",
        b="""
            type Query { box: Box @shareable } type Box @key(fields: "k") { k: ID! y: Int }
        """,
        c='type Box @key(fields: "k") { k: ID! far: Int }',
    )

    assert plan_lines(graph, "{ box { x y far } }") == [
        "0 a {box {x}}",
        "1 b {box {y k}}",
        "2 c <1 @box Box(k) {... on Box {far}}",
    ]


def test_a_key_that_is_asked_of_all_types_is_not_asked_again_of_one() -> None:
    graph = federated_graph(
        a="""
            type Query { nodes: [Node] } interface Node { id: ID! }
            type Book implements Node @key(fields: "id") { id: ID! pages: Int }
            type Film implements Node { id: ID! }
        """,
        b='type Book @key(fields: "id") { id: ID! title: String }',
    )

    assert plan_lines(graph, "{ nodes { id ... on Book { title pages } } }") == [
        "0 a {nodes {__typename id ... on Book {pages}}}",
        "1 b <0 @nodes Book(id) {... on Book {title}}",
    ]
