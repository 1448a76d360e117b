"""Where the objects of a request are, which of them it concerns, and what it waits for."""

import pytest

from tests.support.planning import federated_graph, plan_lines, sound_plan
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


KEYED = 'implements Media @key(fields: "id") { id: ID! maker:'
BEST = {
    "a": """
        type Query { best: Media @shareable }
        type Media @key(fields: "id") @interfaceObject { id: ID! maker: Maker @shareable }
        type Maker @shareable { x: Int }
    """,
    "b": f"""
        type Query {{ best: Media @shareable }}
        interface Media {{ id: ID! maker: Maker }}
        type Book {KEYED} Maker @shareable }} type Maker @shareable {{ y: Int }}
    """,
    "c": f"""
        interface Media @key(fields: "id") {{ id: ID! }}
        type Book {KEYED} Maker @shareable }} type Film {KEYED} Maker! @shareable }}
        type Maker @shareable {{ x: Int y: Int }}
    """,
}
BOTH = "{ best { maker { x y } } }"


def test_a_shared_object_is_selected_under_the_keys_of_the_types_that_occur() -> None:
    """In c a film's maker is never null, so that films have a key of their own for it; but b, which
    returns the best medium, too, knows books only."""
    assert plan_lines(federated_graph(**BEST), BOTH) == [
        "0 b {best {__typename maker {y}}}",
        "1 a {best {maker {x}}}",
    ]


def test_a_key_that_no_request_selects_is_not_looked_at_in_the_answer() -> None:
    """To clients, the maker of a film may be null as well."""
    nullable = """
        type Film @key(fields: "id") { id: ID! maker: Maker @shareable }
        type Maker @shareable { x: Int }
    """
    plan = sound_plan(federated_graph(**BEST, d=nullable), BOTH)

    assert [step.operation for step in plan.steps] == ["{best {maker {x}}}", "{best {maker {y}}}"]
    best = plan.output.fields[0].selection
    assert best is not None
    assert [(field.source, field.types) for field in best.fields] == [("maker", None)]


def test_what_all_types_are_asked_is_asked_once_on_the_interface() -> None:
    graph = federated_graph(
        a="""
            type Query { nodes: [Node] } interface Node { id: ID! }
            type Book implements Node @key(fields: "id") { id: ID! pages: Int }
            type Film implements Node @key(fields: "id") { id: ID! length: Int }
        """,
        b="""
            type Book @key(fields: "id") { id: ID! title: String }
            type Film @key(fields: "id") { id: ID! title: String }
        """,
    )

    assert plan_lines(graph, "{ nodes { ... on Book { pages title } ... on Film { title } } }") == [
        "0 a {nodes {__typename id ... on Book {pages}}}",
        "1 b <0 @nodes Book|Film(id) {... on Book {title} ... on Film {title}}",
    ]


def test_one_field_under_two_response_keys_is_asked_once() -> None:
    graph = federated_graph(a="type Query { size: Int part: Part } type Part { x: Int y: Int }")

    assert plan_lines(graph, "{ a: size b: size c: part { x } d: part { y } }") == [
        "0 a {size part {x y}}"
    ]
