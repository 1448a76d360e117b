"""The order of the fields of an answer."""

from graphql import GraphQLInt

from trellis.router.operation.model import TypeOrder
from trellis.router.planner.plan import OutputField, Selection

X, Y, Z = (OutputField(name, name, GraphQLInt) for name in "xyz")
ORDERED = Selection((X, Y, Z), orders=(TypeOrder(frozenset({"B", "C"}), ("z", "x")),))


def test_objects_of_some_types_have_an_order_of_their_own() -> None:
    assert ORDERED.in_order_of("B") == ORDERED.in_order_of("C") == (Z, X, Y)


def test_all_others_have_the_order_of_the_operation() -> None:
    assert ORDERED.in_order_of("A") == ORDERED.in_order_of(None) == (X, Y, Z)
