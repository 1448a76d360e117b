"""The authorization index of a supergraph: what each type, field and argument needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from router.policy.requirements import Requirement
from schema.identity import Identity

Needs = frozenset[int]
"""Indexes into ``AuthorizationRules.requirements``, all of which must be met."""

NO_NEEDS: Needs = frozenset()


@dataclass(frozen=True, slots=True)
class InputValue:
    """An argument or input field: its named type, and what giving it a value needs."""

    type: str
    needs: Needs


@dataclass(frozen=True, slots=True)
class NeedsIndex:
    """Only what needs something is listed.

    ``types``: existing objects of that type. ``fields``: a field of an object type with all that
    its type, itself and its answer's type ask for. ``arguments`` and ``input_fields``: what is
    protected on the way in; ``whole_inputs``: everything that a value of an input type could need.
    """

    requirements: tuple[Requirement, ...]
    types: Mapping[str, Needs]
    fields: Mapping[tuple[str, str], Needs]
    arguments: Mapping[tuple[str, str], Mapping[str, InputValue]]
    input_fields: Mapping[str, Mapping[str, InputValue]]
    whole_inputs: Mapping[str, Needs]


class AuthorizationRules:
    """The index of one supergraph, and the verdict on each kind of caller."""

    def __init__(self, index: NeedsIndex) -> None:
        self.index = index
        self.is_empty = not index.requirements
        self._scopes = _mentioned(index.requirements, "scopes")
        self._policies = _mentioned(index.requirements, "policies")
        # Callers who differ only in what no rule mentions are the same caller here.
        self._unmet_by_kind = lru_cache(maxsize=4096)(self._judge)

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
            identity.scopes & self._scopes,
            policies & self._policies,
        )

    def needed_policies(self) -> frozenset[str]:
        """The policy names that this supergraph mentions."""
        return self._policies

    def _judge(
        self, is_authenticated: bool, is_admin: bool, scopes: frozenset[str], held: frozenset[str]
    ) -> Needs:
        return frozenset(
            number
            for number, requirement in enumerate(self.index.requirements)
            if not requirement.is_met_by(is_authenticated, is_admin, scopes, held)
        )


def _mentioned(requirements: tuple[Requirement, ...], kind: str) -> frozenset[str]:
    return frozenset(
        name
        for requirement in requirements
        for alternative in getattr(requirement, kind)
        for name in alternative
    )
