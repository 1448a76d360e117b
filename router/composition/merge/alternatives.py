"""Scopes and policies in directives: ``[["a", "b"], ["c"]]`` means (a and b) or c."""

from __future__ import annotations

from graphql import ListValueNode, ValueNode

from trellis.router.composition.values import list_of, string, strings_of
from trellis.router.requirements import NOTHING_NEEDED, Alternatives, without_supersets


def read_alternatives(value: ValueNode | None) -> Alternatives:
    """A ``[[String!]!]!`` argument; an absent or empty list requires nothing."""
    if not isinstance(value, ListValueNode) or not value.values:
        return NOTHING_NEEDED
    return without_supersets(frozenset(strings_of(item)) for item in value.values)


def write_alternatives(alternatives: Alternatives) -> ValueNode:
    """As a list value, shortest alternatives first."""
    ordered = sorted((sorted(names) for names in alternatives), key=_by_length)
    return list_of(list_of(string(name) for name in names) for names in ordered)


def _by_length(names: list[str]) -> tuple[int, list[str]]:
    return len(names), names
