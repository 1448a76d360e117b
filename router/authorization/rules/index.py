"""The authorization index of a supergraph: what each type, field and argument requires."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from trellis.router.requirements import (
    NOTHING_NEEDED,
    Alternatives,
    Requirement,
)
from trellis.schema.identity import Identity

RequirementIds = frozenset[int]
"""Indexes into ``RequirementIndex.requirements``, all of which must be met."""

NO_REQUIREMENTS: RequirementIds = frozenset()
NOT_SIGNED_IN = -1
"""Added to the unmet requirements of anonymous callers."""


@dataclass(frozen=True, slots=True)
class InputValue:
    """An argument or input field: its named type, and what providing a value requires."""

    type: str
    needs: RequirementIds


@dataclass(frozen=True, slots=True)
class RequirementIndex:
    """Only what has requirements is listed.

    ``types``: what it takes to see that an object of the type exists. ``fields``: the requirements
    of a field of an object type, including those of its parent and result types; ``own``: without
    those. ``arguments`` and ``input_fields``: protected input values; ``whole_inputs``: everything
    that a value of an input type could require. ``members``: the object types of each abstract
    type. ``places``: the schema coordinates of each requirement.
    """

    requirements: tuple[Requirement, ...]
    types: Mapping[str, RequirementIds]
    fields: Mapping[tuple[str, str], RequirementIds]
    own: Mapping[tuple[str, str], RequirementIds]
    arguments: Mapping[tuple[str, str], Mapping[str, InputValue]]
    input_fields: Mapping[str, Mapping[str, InputValue]]
    whole_inputs: Mapping[str, RequirementIds]
    members: Mapping[str, frozenset[str]]
    places: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Denied:
    """What one kind of caller may not read, indexed for fast lookup: for each field name the
    object types on which it is denied, and the types whose objects must not appear at all."""

    unmet: RequirementIds
    fields: Mapping[str, frozenset[str]]
    types: frozenset[str]

    def owners(self, field: str) -> frozenset[str]:
        """The object types on which a field of this name is denied."""
        if field == "__typename":
            return self.types
        return self.fields.get(field, frozenset())


class AuthorizationRules:
    """The index of one supergraph, and what it denies to each kind of caller."""

    def __init__(self, index: RequirementIndex) -> None:
        self.index = index
        self.is_empty = not index.requirements
        self.scopes = _mentioned(requirement.scopes for requirement in index.requirements)
        self.policies = _mentioned(requirement.policies for requirement in index.requirements)
        self.with_policies: RequirementIds = frozenset(
            number
            for number, requirement in enumerate(index.requirements)
            if requirement.policies != NOTHING_NEEDED
        )
        # Callers that differ only in rights that no rule mentions share one entry.
        self._unmet_by_kind = lru_cache(maxsize=4096)(self._unmet)
        self._denied_by_unmet = lru_cache(maxsize=1024)(self._denied)

    def unmet_by(
        self, identity: Identity, policies: frozenset[str] = frozenset()
    ) -> RequirementIds:
        """The requirements that this caller does not meet; part of the key of a cached plan.

        ``policies`` are the policies that hold for this request; all others count as denied.
        """
        if self.is_empty:
            return NO_REQUIREMENTS
        return self._unmet_by_kind(
            identity.is_authenticated,
            identity.is_admin,
            identity.scopes & self.scopes,
            policies & self.policies,
        )

    def policies_of(self, needs: RequirementIds) -> frozenset[str]:
        """The policies named by these requirements."""
        return _mentioned(self.index.requirements[number].policies for number in needs)

    def describe(self, needs: RequirementIds) -> str:
        """These requirements in words, for error messages."""
        return ", and ".join(sorted(str(self.index.requirements[number]) for number in needs))

    def denied_to(self, unmet: RequirementIds) -> Denied:
        """What callers with these unmet requirements may not read."""
        return self._denied_by_unmet(unmet)

    def _unmet(
        self, is_authenticated: bool, is_admin: bool, scopes: frozenset[str], held: frozenset[str]
    ) -> RequirementIds:
        unmet = frozenset(
            number
            for number, requirement in enumerate(self.index.requirements)
            if not requirement.is_met_by(is_authenticated, is_admin, scopes, held)
        )
        # Anonymous callers are told to sign in, so their errors differ from those of signed-in
        # callers even if the same fields are denied.
        return unmet if is_authenticated or not unmet else unmet | {NOT_SIGNED_IN}

    def _denied(self, unmet: RequirementIds) -> Denied:
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
