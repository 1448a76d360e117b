"""The authorization index of a supergraph: what each type, field and argument needs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from trellis.router.requirements import (
    NOTHING_NEEDED,
    Alternatives,
    Requirement,
)
from trellis.schema.identity import Identity

Needs = frozenset[int]
"""Indexes into ``AuthorizationRules.requirements``, all of which must be met."""

NO_NEEDS: Needs = frozenset()
NOT_SIGNED_IN = -1


@dataclass(frozen=True, slots=True)
class InputValue:
    """An argument or input field: its named type, and what giving it a value needs."""

    type: str
    needs: Needs


@dataclass(frozen=True, slots=True)
class NeedsIndex:
    """Only what needs something is listed.

    ``types``: existing objects of that type. ``fields``: a field of an object type with all that
    its type, itself and its answer's type ask for; ``own`` without what the objects on either end
    ask for themselves. ``arguments`` and ``input_fields``: what is
    protected on the way in; ``whole_inputs``: everything that a value of an input type could need.
    ``members`` has the object types of every abstract type, ``places`` the schema coordinates at
    which each requirement stands.
    """

    requirements: tuple[Requirement, ...]
    types: Mapping[str, Needs]
    fields: Mapping[tuple[str, str], Needs]
    own: Mapping[tuple[str, str], Needs]
    arguments: Mapping[tuple[str, str], Mapping[str, InputValue]]
    input_fields: Mapping[str, Mapping[str, InputValue]]
    whole_inputs: Mapping[str, Needs]
    members: Mapping[str, frozenset[str]]
    places: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Denied:
    """What one kind of caller may not do, turned round for quick questions: for each field name
    the object types on which it is denied, and the types that must not show up at all."""

    unmet: Needs
    fields: Mapping[str, frozenset[str]]
    types: frozenset[str]

    def owners(self, field: str) -> frozenset[str]:
        """The object types on which a field of this name is denied."""
        if field == "__typename":
            return self.types
        return self.fields.get(field, frozenset())


class AuthorizationRules:
    """The index of one supergraph, and the verdict on each kind of caller."""

    def __init__(self, index: NeedsIndex) -> None:
        self.index = index
        self.is_empty = not index.requirements
        self.scopes = _mentioned(requirement.scopes for requirement in index.requirements)
        self.policies = _mentioned(requirement.policies for requirement in index.requirements)
        self.with_policies: Needs = frozenset(
            number
            for number, requirement in enumerate(index.requirements)
            if requirement.policies != NOTHING_NEEDED
        )
        # Callers who differ only in what no rule mentions are one kind of caller.
        self._unmet_by_kind = lru_cache(maxsize=4096)(self._unmet)
        self._denied_by_unmet = lru_cache(maxsize=1024)(self._denied)

    def unmet_by(self, identity: Identity, policies: frozenset[str] = frozenset()) -> Needs:
        """The requirements that this caller does not meet; part of the key of a cached plan.

        ``policies`` names the policies found to hold for this request: one that is not named is
        denied, known or not.
        """
        if self.is_empty:
            return NO_NEEDS
        return self._unmet_by_kind(
            identity.is_authenticated,
            identity.is_admin,
            identity.scopes & self.scopes,
            policies & self.policies,
        )

    def policies_of(self, needs: Needs) -> frozenset[str]:
        """The policies that these requirements name."""
        return _mentioned(self.index.requirements[number].policies for number in needs)

    def spell(self, needs: Needs) -> str:
        """These requirements for people."""
        return ", and ".join(sorted(str(self.index.requirements[number]) for number in needs))

    def denied_to(self, unmet: Needs) -> Denied:
        """What callers with these unmet requirements may not do."""
        return self._denied_by_unmet(unmet)

    def _unmet(
        self, is_authenticated: bool, is_admin: bool, scopes: frozenset[str], held: frozenset[str]
    ) -> Needs:
        unmet = frozenset(
            number
            for number, requirement in enumerate(self.index.requirements)
            if not requirement.is_met_by(is_authenticated, is_admin, scopes, held)
        )
        # Refusals differ for those who could sign in, even where the same things are denied.
        return unmet if is_authenticated or not unmet else unmet | {NOT_SIGNED_IN}

    def _denied(self, unmet: Needs) -> Denied:
        fields: dict[str, set[str]] = {}
        for (owner, name), needs in self.index.fields.items():
            if not needs.isdisjoint(unmet):
                fields.setdefault(name, set()).add(owner)
        types = (name for name, needs in self.index.types.items() if not needs.isdisjoint(unmet))
        return Denied(
            unmet, {name: frozenset(owners) for name, owners in fields.items()}, frozenset(types)
        )


def _mentioned(forms: Iterable[Alternatives]) -> frozenset[str]:
    return frozenset(name for form in forms for names in form for name in names)
