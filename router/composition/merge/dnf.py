"""Requirements in disjunctive normal form: ``[["a", "b"], ["c"]]`` means (a and b) or c."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

from graphql import ListValueNode, ValueNode

from trellis.router.composition.values import list_of, string, strings_of


@dataclass(frozen=True, slots=True, eq=False)
class Requirement:
    """Alternatives, none of which asks for more than another one. Their order carries no meaning
    and is kept for readers."""

    alternatives: tuple[frozenset[str], ...]

    @classmethod
    def of(cls, alternatives: Iterable[frozenset[str]]) -> Requirement:
        distinct = dict.fromkeys(alternatives)
        return cls(tuple(a for a in distinct if not any(b < a for b in distinct)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Requirement) and set(self.alternatives) == set(other.alternatives)

    def __hash__(self) -> int:
        return hash(frozenset(self.alternatives))

    def __and__(self, other: Requirement) -> Requirement:
        return Requirement.of(a | b for a in self.alternatives for b in other.alternatives)

    def implies(self, loose: Requirement) -> bool:
        """Whether whoever satisfies this one satisfies ``loose`` as well."""
        return all(any(want <= held for want in loose.alternatives) for held in self.alternatives)


NOTHING = Requirement((frozenset(),))


def read_requirement(value: ValueNode | None) -> Requirement:
    """A ``[[String!]!]!`` argument; an absent or empty list requires nothing."""
    if not isinstance(value, ListValueNode) or not value.values:
        return NOTHING
    return Requirement.of(frozenset(strings_of(item)) for item in value.values)


def write_requirement(requirement: Requirement) -> ValueNode:
    """As a list value, shortest alternatives first."""
    alternatives = sorted((sorted(names) for names in requirement.alternatives), key=_by_length)
    return list_of(list_of(string(name) for name in names) for names in alternatives)


def _by_length(names: list[str]) -> tuple[int, list[str]]:
    return len(names), names


def both(requirements: Iterable[Requirement]) -> Requirement:
    """What satisfies all of the requirements."""
    return reduce(Requirement.__and__, requirements, NOTHING)
