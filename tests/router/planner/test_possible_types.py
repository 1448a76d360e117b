"""Types that one of the subgraphs of a shared field does not return: nothing is asked of them."""

import pytest

from tests.support.planning import federated_graph, plan_lines
from trellis.router.planner.tables import FederatedGraph


@pytest.fixture(scope="module")
def graph() -> FederatedGraph:
    def part(only: str) -> str:
        fields = "t: Int @shareable in: Node @shareable"
        return f"""
            type Query {{ all: [Node] @shareable }} interface Node {{ t: Int in: Node }}
            type Both implements Node {{ {fields} }}
            type Third implements Node {{ {fields} }}
            type {only} implements Node {{ own: Int {fields} }}
        """

    return federated_graph(a=part("OnlyA"), b=part("OnlyB"))


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("{ all { t } }", "{all {t}}"),
        ("{ all { ... on OnlyA { own } } }", "{all {__typename}}"),
        ("{ all { t ... on OnlyA { own } } }", "{all {__typename t}}"),
        (
            "{ all { ... on OnlyA { t } ... on Both { t } ... on OnlyB { t } } }",
            "{all {__typename ... on Both {t}}}",
        ),
        (
            # Below objects of OnlyA, if there are any, a alone is asked.
            "{ all { in { ... on OnlyA { own } ... on Both { t } } } }",
            "{all {__typename ... on Both {in {__typename ... on Both {t}}}"
            " ... on Third {in {__typename ... on Both {t}}}"
            " ... on OnlyA {in {__typename ... on Both {t} ... on OnlyA {own}}}}}",
        ),
    ],
)
def test_what_some_subgraph_does_not_return_is_not_asked_for(
    graph: FederatedGraph, document: str, expected: str
) -> None:
    assert plan_lines(graph, document) == [f"0 a {expected}"]


def test_an_interface_object_is_not_asked_for_what_its_neighbour_does_not_return() -> None:
    """Film is a medium, too, but not in a."""
    keyed = 'implements Media @key(fields: "id") { id: ID! }'
    graph = federated_graph(
        a=f"""
            type Query {{ best: Media @shareable }}
            interface Media {{ id: ID! }} type Book {keyed}
        """,
        b="""
            type Query { best: Media @shareable }
            type Media @key(fields: "id") @interfaceObject { id: ID! stars: Int rank: Int }
        """,
        c=f"""
            interface Media @key(fields: "id") {{ id: ID! }}
            type Book {keyed} type Film {keyed}
        """,
    )

    assert plan_lines(graph, "{ best { ... on Film { stars } } }") == ["0 a {best {__typename}}"]
    assert plan_lines(graph, "{ best { ... on Book { stars } } }") == [
        "0 b {best {stars}}",
        "1 a {best {__typename}}",
    ]
    assert plan_lines(graph, "{ best { ... on Book { stars } ... on Film { rank } } }") == [
        "0 b {best {stars}}",
        "1 a {best {__typename}}",
    ]


def test_where_one_subgraph_returns_one_type_no_other_is_asked_for() -> None:
    graph = federated_graph(
        a="""
            type Query { best: Media @shareable }
            interface Media { id: ID! } type Book implements Media { id: ID! @shareable }
            type Film implements Media { id: ID! length: Int }
        """,
        b="type Query { best: Book @shareable } type Book { id: ID! @shareable }",
    )

    assert plan_lines(graph, "{ best { ... on Film { length } } }") == ["0 a {best {__typename}}"]
