"""Marks the fields of an operation that its caller may not read, before planning."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, NamedTuple, NewType

from trellis.router.authorization.inputs import InputRequirements, ProvidedInputs
from trellis.router.authorization.object_checks import UNAUTHORIZED, Position
from trellis.router.authorization.rules.index import (
    NO_REQUIREMENTS,
    AuthorizationRules,
    Denied,
    RequirementIds,
)
from trellis.router.errors import OperationDenied
from trellis.router.operation.model import Field, NormalizedOperation, SelectionSet
from trellis.schema.identity import Identity

AllowedOperation = NewType("AllowedOperation", NormalizedOperation)
"""An operation in which every field that its caller may not read is marked ``denied``."""

MAX_REFUSALS = 100
"""Errors reported for one operation. Nobody reads more, and a small document of shared fragments
can stand for millions of denied paths."""

NONE_REFUSED: Mapping[Field, RequirementIds] = {}

_Path = tuple[str, ...]


class Authorized(NamedTuple):
    """The operation as it may be planned, and one GraphQL error for each denied field.

    Callers with the same ``AuthorizationRules.unmet_by`` and the same policy outcome share one.
    ``positions`` are the selection sets whose objects must pass policies once they are fetched.
    """

    operation: AllowedOperation
    refusals: tuple[dict[str, Any], ...]
    positions: tuple[Position, ...] = ()


def authorize(
    operation: NormalizedOperation,
    rules: AuthorizationRules,
    identity: Identity,
    *,
    policies: frozenset[str] = frozenset(),
    refused: Mapping[Field, RequirementIds] = NONE_REFUSED,
    provided: ProvidedInputs | None = None,
    reject: bool = False,
) -> Authorized:
    """Mark the fields denied to this caller. They become null, and nothing is fetched for them.

    ``policies`` are the policies that hold. ``refused`` maps fields whose arguments a policy
    denied to the requirements that failed. ``provided`` lists the protected values in the
    variables (see ``provided_inputs``); with None, a variable may hold anything its type allows.

    A field selected on an abstract type needs the rights of every possible object type. So does
    its ``__typename``, which would reveal that such an object exists.

    Raises ``OperationDenied`` instead of marking fields if the operation is a mutation, if the
    root field of a subscription is denied, if ``reject`` is set, and, with the code
    ``UNAUTHENTICATED``, if an anonymous caller would get nothing at all.
    """
    unmet = rules.unmet_by(identity, policies)
    if not unmet and not refused:
        return allow_all(operation)
    walk = _Walk(rules, rules.denied_to(unmet), refused, provided)
    root = walk.outcome(operation.selection)
    if not root.has_denied:
        return allow_all(operation)
    refusals = tuple(_refusal(place, rules) for place in walk.places(operation.selection))
    starts_denied = any(field.denied for field in root.selection.fields)
    is_refused = (
        reject
        or operation.kind == "mutation"
        or (operation.kind == "subscription" and starts_denied)
    )
    if not identity.is_authenticated and (is_refused or root.is_all_denied):
        raise _unauthenticated(refusals)
    if is_refused:
        raise OperationDenied(refusals, http_status=403)
    selection = _deny_all(root.selection) if root.is_all_denied else root.selection
    return Authorized(AllowedOperation(replace(operation, selection=selection)), refusals)


def allow_all(operation: NormalizedOperation) -> Authorized:
    """The operation unchanged: when no rule restricts the caller, and for programs that use the
    graph as a library."""
    return Authorized(AllowedOperation(operation), ())


class DeniedPlace(NamedTuple):
    """A denied response path, the field there, and the unmet requirements."""

    path: _Path
    field: Field
    needs: RequirementIds


def denied_places(
    operation: NormalizedOperation,
    rules: AuthorizationRules,
    unmet: RequirementIds,
    refused: Mapping[Field, RequirementIds] = NONE_REFUSED,
    provided: ProvidedInputs | None = None,
) -> list[DeniedPlace]:
    """What ``authorize`` denies, for explanations. ``unmet`` comes from ``rules.unmet_by``."""
    walk = _Walk(rules, rules.denied_to(unmet), refused, provided)
    return list(walk.places(operation.selection))


@dataclass(frozen=True, slots=True)
class _Outcome:
    """A selection set after authorization. ``is_all_denied``: no leaf of it is left."""

    selection: SelectionSet
    has_denied: bool
    is_all_denied: bool


class _Walk:
    """Visits each selection set object once: hostile operations reuse one in many places."""

    def __init__(
        self,
        rules: AuthorizationRules,
        denied: Denied,
        refused: Mapping[Field, RequirementIds],
        provided: ProvidedInputs | None,
    ) -> None:
        self._index = rules.index
        self._inputs = InputRequirements(rules.index, provided)
        self._denied = denied
        self._refused = refused
        self._outcomes: dict[int, _Outcome] = {}

    def outcome(self, selection: SelectionSet) -> _Outcome:
        known = self._outcomes.get(id(selection))
        if known is None:
            known = self._outcomes[id(selection)] = self._visit(selection)
        return known

    def places(self, selection: SelectionSet) -> Iterator[DeniedPlace]:
        """The first ``MAX_REFUSALS`` denied response paths, each once. Shared selection sets can
        lead to one path in very many ways, so the number of steps is bounded as well."""
        seen: set[_Path] = set()
        for place in islice(self._denials(selection, ()), 10 * MAX_REFUSALS):
            if place.path not in seen:
                seen.add(place.path)
                yield place
            if len(seen) == MAX_REFUSALS:
                return

    def _visit(self, selection: SelectionSet) -> _Outcome:
        fields: list[Field] = []
        has_denied, is_all_denied = False, bool(selection.fields)
        for field in selection.fields:
            denied, allowed = self._split(field, selection)
            if denied is not None:
                has_denied = True
                fields.append(denied)
            if allowed is None:
                continue
            below = self.outcome(allowed.selection) if allowed.selection is not None else None
            if below is None or not below.has_denied:
                is_all_denied = False
                fields.append(allowed)
                continue
            has_denied = True
            is_all_denied = is_all_denied and below.is_all_denied
            fields.append(replace(allowed, selection=below.selection))
        if not has_denied:
            return _Outcome(selection, has_denied=False, is_all_denied=False)
        return _Outcome(replace(selection, fields=tuple(fields)), has_denied, is_all_denied)

    def _split(self, field: Field, selection: SelectionSet) -> tuple[Field | None, Field | None]:
        """The field restricted to the object types on which it is denied, and to those on which
        it is allowed; None if there are no such types."""
        types = selection.possible if field.types is None else field.types
        denied = self._denied_types(field, types)
        if not denied:
            return None, field
        if denied == types:
            return replace(field, denied=True), None
        return (
            replace(field, types=denied, denied=True),
            replace(field, types=types - denied),
        )

    def _denied_types(self, field: Field, types: frozenset[str]) -> frozenset[str]:
        if field in self._refused:
            return types
        protected = self._denied.owners(field.name)
        if field.arguments and self._index.arguments:
            protected = protected | self._denied_by_arguments(
                field, types.union(*field.type_conditions)
            )
        if not protected:
            return protected
        denied = types & protected
        for named_at_once in field.type_conditions:
            # If one type named by the client's type condition is protected, all of them are denied:
            # a partial answer would reveal which objects are of the protected type.
            if not named_at_once.isdisjoint(protected):
                denied |= types & named_at_once
        return denied

    def _denied_by_arguments(self, field: Field, owners: frozenset[str]) -> frozenset[str]:
        unmet = self._denied.unmet
        return frozenset(
            owner for owner in owners if not self._inputs.of(field, [owner]).isdisjoint(unmet)
        )

    def _denials(self, selection: SelectionSet, path: _Path) -> Iterator[DeniedPlace]:
        for field in selection.fields:
            place = (*path, field.key)
            denied, allowed = self._split(field, selection)
            if denied is not None:
                yield DeniedPlace(place, field, self._unmet_needs(field, selection))
            below = allowed.selection if allowed is not None else None
            if below is not None and self.outcome(below).has_denied:
                yield from self._denials(below, place)

    def _unmet_needs(self, field: Field, selection: SelectionSet) -> RequirementIds:
        types = selection.possible if field.types is None else field.types
        owners = types.union(*field.type_conditions)
        if field.name == "__typename":
            found = (self._index.types.get(owner, NO_REQUIREMENTS) for owner in owners)
        else:
            found = (
                self._index.fields.get((owner, field.name), NO_REQUIREMENTS) for owner in owners
            )
        needs = self._inputs.of(field, owners).union(*found)
        return (needs & self._denied.unmet) | self._refused.get(field, NO_REQUIREMENTS)


def _refusal(place: DeniedPlace, rules: AuthorizationRules) -> dict[str, Any]:
    field = place.field
    return {
        "message": f"Not authorized to access '{field.parent}.{field.name}': "
        f"it needs {rules.describe(place.needs)}.",
        "path": list(place.path),
        "extensions": {"code": UNAUTHORIZED},
    }


def _deny_all(selection: SelectionSet) -> SelectionSet:
    """Deny the fields at the root: no leaf is left, so the objects above them are not fetched."""
    return replace(
        selection, fields=tuple(replace(field, denied=True) for field in selection.fields)
    )


def _unauthenticated(refusals: Sequence[Mapping[str, Any]]) -> OperationDenied:
    wanted = ".".join(refusals[0]["path"])
    error = {
        "message": f"Sign in to request '{wanted}': the request carries no valid access token.",
        "extensions": {"code": "UNAUTHENTICATED"},
    }
    return OperationDenied([error], http_status=401)
