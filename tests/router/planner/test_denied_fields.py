"""What the caller may not have is not fetched, and a mutation that is denied does not run."""

from dataclasses import replace

import pytest

from tests.support.planning import federated_graph, normalized, steps_as_lines
from trellis.router.operation.model import Field, SelectionSet
from trellis.router.planner.planner import Planner
from trellis.router.planner.query_plan import QueryPlan
from trellis.router.planner.tables import FederatedGraph


@pytest.fixture(scope="module")
def graph() -> FederatedGraph:
    return federated_graph(
        a="""
            type Query { open: Int closed: Int item: Item items: [Node] best: Media }
            type Mutation { open: Int closed: Int }
            interface Node { id: ID! closed: Int }
            type Item implements Node @key(fields: "id") { id: ID! closed: Int }
            type Media @key(fields: "id") @interfaceObject { id: ID! closed: Int }
        """,
        b="""
            type Item @key(fields: "id") { id: ID! far: Int }
            interface Media @key(fields: "id") { id: ID! title: String }
            type Film implements Media @key(fields: "id") { id: ID! title: String }
        """,
    )


def denied(selection: SelectionSet) -> SelectionSet:
    """The selection with all fields denied that are called ``closed`` or ``far``."""
    return replace(selection, fields=tuple(map(_denied, selection.fields)))


def _denied(field: Field) -> Field:
    if field.name in ("closed", "far"):
        return replace(field, denied=True)
    return replace(field, selection=field.selection and denied(field.selection))


def plan(graph: FederatedGraph, document: str) -> QueryPlan:
    operation = normalized(graph, document)
    return Planner(graph).plan(replace(operation, selection=denied(operation.selection)))


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("{ open closed }", ["0 a {open}"]),
        ("{ closed }", []),
        ("{ item { id far } }", ["0 a {item {id}}"]),
        ("{ items { id closed } }", ["0 a {items {id}}"]),
        ("{ best { id closed } }", ["0 a {best {id}}"]),
        ("mutation { closed open }", ["0 a mutation {open}"]),
        ("mutation { closed }", []),
    ],
)
def test_nothing_is_asked_for_a_denied_field(
    graph: FederatedGraph, document: str, expected: list[str]
) -> None:
    assert steps_as_lines(plan(graph, document)) == expected


def test_an_object_all_of_whose_fields_are_denied_may_still_be_null(graph: FederatedGraph) -> None:
    assert steps_as_lines(plan(graph, "{ item { closed } }")) == ["0 a {item {__typename}}"]


def test_the_answer_has_a_null_for_it_whatever_has_been_fetched(graph: FederatedGraph) -> None:
    fields = plan(graph, "{ open mine: closed }").output.fields

    assert [(field.key, field.denied) for field in fields] == [("open", False), ("mine", True)]
