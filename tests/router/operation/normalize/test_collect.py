"""Collecting the fields of a selection set, and the bound on what fragments may multiply to."""

from dataclasses import replace

import pytest
from graphql import FragmentDefinitionNode, OperationDefinitionNode, build_schema, parse

from trellis.router.errors import PlanningLimit
from trellis.router.operation.normalize.collect import MAX_FIELDS, Collector, Entry, TypeIndex

INDEX = TypeIndex(
    build_schema("""
    directive @a on INLINE_FRAGMENT
    directive @b on INLINE_FRAGMENT
    type Query { node: Node }
    interface Node { id: ID }
    type Book implements Node { id: ID  title: String }
    type User implements Node { id: ID  name: String }
""")
)
NODES = frozenset({"Book", "User"})


def collected(document: str, *, left: int = MAX_FIELDS) -> dict[str, list[Entry]]:
    """The entries of an operation on Node when ``left`` fields and fragments are left, without
    the numbers of their places, which go on from those before."""
    operation, *fragments = parse(document).definitions
    assert isinstance(operation, OperationDefinitionNode)
    named = {f.name.value: f for f in fragments if isinstance(f, FragmentDefinitionNode)}
    collector = Collector(INDEX, named, {}, count=MAX_FIELDS - left)
    entries = collector.collect([operation.selection_set], "Node", NODES)
    return {key: [replace(entry, place=0) for entry in found] for key, found in entries.items()}


def limits(document: str, key: str) -> list[set[str]]:
    """The types for which each entry of a key is meant."""
    return [
        set(NODES if entry.types is None else entry.types) for entry in collected(document)[key]
    ]


@pytest.mark.parametrize(
    ("document", "cost"),
    [
        ("{ id x: id y: id }", 3),
        ("{ id id id }", 3),
        ("{ ... { id ... on Book { title } } }", 2),
        ("{ ...F ...F } fragment F on Node { id }", 2),
        ("{ ...F @a ...F @b } fragment F on Node { id }", 4),
        ("{ ...F ... on Book { ...F } } fragment F on Node { id }", 4),
        # A fragment that leads to no field costs as well: such ones multiply, too.
        ("{ ...F @a ...F @b } fragment F on Node { ...G @a ...G @b } fragment G on Node { "
         "... on Book { ... on User { name } } }", 6),
        ("{ id @skip(if: true) ...F @skip(if: true) name } fragment F on Node { id }", 1),
        ("{ ... on Book { ... on User { ...F name } } } fragment F on Node { id }", 0),
    ],
)  # fmt: skip
def test_fields_and_named_fragments_are_counted_up_to_the_bound(document: str, cost: int):
    assert collected(document, left=cost) == collected(document)
    if cost:
        with pytest.raises(PlanningLimit, match="more than 100000 fields"):
            collected(document, left=cost - 1)


@pytest.mark.parametrize(
    ("document", "types"),
    [
        ("{ id }", [NODES]),
        ("{ ... on Node { id } ... { id } }", [NODES, NODES]),
        ("{ ... on Book { id } id ... on User { id } }", [{"Book"}, NODES, {"User"}]),
        ("{ ... on Book { ... on Node { id } } }", [{"Book"}]),
        ("{ ... on Book { ... { ... on Book { id } } } }", [{"Book"}]),
        ("{ ...F ... on Book { ...F } ...F } fragment F on Node { id }", [NODES, {"Book"}]),
        ("{ ... on Book { ... on User { id } } id }", [NODES]),
        # What adds nothing ends nothing either.
        ("{ ... on Book { ... on User { id } id } }", [{"Book"}]),
        ("{ ...F ...F id } fragment F on Node { id }", [NODES, NODES]),
        ("{ id @skip(if: true) id }", [NODES]),
        ("{ ...Unknown id }", [NODES]),
    ],
)
def test_each_entry_is_meant_for_the_types_that_its_conditions_leave(
    document: str, types: list[set[str]]
):
    assert limits(document, "id") == types
