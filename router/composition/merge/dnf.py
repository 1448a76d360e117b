"""Requirements in disjunctive normal form: ``[["a", "b"], ["c"]]`` means (a and b) or c."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

from graphql import ListValueNode, ValueNode

from router.composition.values import list_of, string, strings_of

Requirement = frozenset[frozenset[str]]

NOTHING: Requirement = frozenset({frozenset()})


def read_requirement(value: ValueNode | None) -> Requirement:
    """A ``[[String!]!]!`` argument; an absent or empty list requires nothing."""
    if not isinstance(value, ListValueNode) or not value.values:
        return NOTHING
    return absorb(frozenset(strings_of(item)) for item in value.values)


def write_requirement(requirement: Requirement) -> ValueNode:
    """As a list value, shortest alternatives first: sorted, so that the text does not depend on
    the order of subgraphs."""
    alternatives = sorted((sorted(names) for names in requirement), key=lambda n: (len(n), n))
    return list_of(list_of(string(name) for name in names) for names in alternatives)


def absorb(alternatives: Iterable[frozenset[str]]) -> Requirement:
    """Drop every alternative that asks for more than another one."""
    distinct = set(alternatives)
    return frozenset(a for a in distinct if not any(b < a for b in distinct))


def both(requirements: Sequence[Requirement]) -> Requirement:
    """What satisfies all of the requirements."""
    result = NOTHING
    for requirement in requirements:
        result = absorb(one | other for one, other in product(result, requirement))
    return result


def implies(strict: Requirement, loose: Requirement) -> bool:
    """Whether whoever satisfies ``strict`` satisfies ``loose`` as well."""
    return all(any(wanted <= held for wanted in loose) for held in strict)
