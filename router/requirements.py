"""Requirements on a caller: the algebra of @authenticated, @requiresScopes and @policy."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

Alternatives = frozenset[frozenset[str]]
"""A disjunctive normal form: the caller must hold all names of at least one of these sets."""

NOTHING_NEEDED: Alternatives = frozenset([frozenset()])


@dataclass(frozen=True, slots=True)
class Requirement:
    """A condition on the caller. An empty list of alternatives (``scopes: []``) is never met."""

    authenticated: bool = False
    scopes: Alternatives = NOTHING_NEEDED
    policies: Alternatives = NOTHING_NEEDED

    def __and__(self, other: "Requirement") -> "Requirement":
        return Requirement(
            self.authenticated or other.authenticated,
            both(self.scopes, other.scopes),
            both(self.policies, other.policies),
        )

    def implies(self, other: "Requirement") -> bool:
        """Whether every caller that meets this requirement also meets the other one."""
        return (
            (self.authenticated or not other.authenticated)
            and _implies(self.scopes, other.scopes)
            and _implies(self.policies, other.policies)
        )

    def is_met_by(
        self,
        is_authenticated: bool,
        is_admin: bool,
        scopes: frozenset[str],
        policies: frozenset[str],
    ) -> bool:
        """Whether a caller meets it. Administrators hold every scope; ``policies`` are those that
        hold for the caller."""
        return (
            (is_authenticated or not self.authenticated)
            and any(is_admin or needed <= scopes for needed in self.scopes)
            and any(needed <= policies for needed in self.policies)
        )

    def __str__(self) -> str:
        parts = ["a signed-in caller"] if self.authenticated else []
        if self.scopes != NOTHING_NEEDED:
            parts.append("scopes " + _spell(self.scopes))
        if self.policies != NOTHING_NEEDED:
            parts.append("policies " + _spell(self.policies))
        return " and ".join(parts)


FREE = Requirement()


def all_of(requirements: Iterable[Requirement]) -> Requirement:
    """The conjunction of requirements; ``FREE`` when there are none."""
    return reduce(Requirement.__and__, requirements, FREE)


def both(a: Alternatives, b: Alternatives) -> Alternatives:
    """The conjunction of both, by distribution."""
    return without_supersets(left | right for left in a for right in b)


def without_supersets(alternatives: Iterable[frozenset[str]]) -> Alternatives:
    """The same condition, simplified by absorption: an alternative that contains another one adds
    nothing."""
    distinct = frozenset(alternatives)
    return frozenset(one for one in distinct if not any(other < one for other in distinct))


def _implies(a: Alternatives, b: Alternatives) -> bool:
    return all(any(weaker <= stronger for weaker in b) for stronger in a)


def _spell(alternatives: Alternatives) -> str:
    if not alternatives:
        return "that nobody holds"
    return " or ".join(sorted(" + ".join(sorted(names)) for names in alternatives))
