"""Growing selections: what is asked of either of two joined ones is asked of both."""

from graphql import GraphQLInt, GraphQLObjectType

from trellis.router.operation.model import Field, SelectionSet
from trellis.router.planner.fetches import Node

INNER = SelectionSet("Inner", frozenset({"Inner"}), ())
COMPOSITE = GraphQLObjectType("Inner", {})


def leaf(name: str) -> Field:
    return Field(name, name, "T", GraphQLInt)


def composite(name: str) -> Field:
    return Field(name, name, "T", COMPOSITE, selection=INNER)


def asked(node: Node) -> dict[str, object]:
    """The names asked, nested, with fragments by type."""
    own: dict[str, object] = {
        key: asked(field.child) if field.child is not None else None
        for key, field in node.root.fields.items()
    }
    return {**own, **{f"... {name}": asked(inner) for name, inner in node.root.on.items()}}


def test_joined_selections_ask_what_either_asked() -> None:
    one, other = Node(), Node()
    one.ask("x", leaf("x"))
    for name in ("x", "y", "w"):
        other.ask(name, leaf(name))
    for name in ("A", "B"):
        other.under(name).ask("z", leaf("z"))
    other.ask_typename()
    other.place = (1, "I")

    one.join(other)

    fields = {"x": None, "y": None, "w": None}
    assert asked(one) == asked(other) == {**fields, "... A": {"z": None}, "... B": {"z": None}}
    assert one.has_typename
    assert one.place == (1, "I")


def test_nested_selections_are_joined_too() -> None:
    one, other = Node(), Node()
    mine, theirs = one.ask("d", composite("d")), other.ask("d", composite("d"))
    assert mine is not None
    assert theirs is not None
    mine.ask("x", leaf("x"))
    theirs.ask("y", leaf("y"))

    one.join(other)

    assert asked(one) == {"d": {"x": None, "y": None}}


def test_what_is_asked_after_joining_reaches_both() -> None:
    first, second, third = Node(), Node(), Node()
    first.join(second)
    third.join(first)

    second.ask("late", leaf("late"))
    first.under("A").ask("later", leaf("later"))

    assert asked(first) == asked(third) == {"late": None, "... A": {"later": None}}


def test_a_selection_given_for_a_field_that_has_one_is_joined_with_it() -> None:
    node, given = Node(), Node()
    known = node.ask("d", composite("d"))
    assert known is not None
    known.ask("x", leaf("x"))
    given.ask("y", leaf("y"))

    shared = node.ask("d", composite("d"), given)

    assert shared is not None
    assert asked(shared) == {"x": None, "y": None}
    given.ask("z", leaf("z"))
    assert asked(node) == {"d": {"x": None, "y": None, "z": None}}
