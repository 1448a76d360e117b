"""Removes from the response what policies deny, once the objects are fetched.

Policies evaluate every guarded object once, however often it appears. A value that a policy needs
and that is unknown denies: it was not fetched, or it is null although some subgraph has failed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from graphql import GraphQLList, GraphQLNonNull, GraphQLOutputType, get_named_type

from trellis.router.authorization.object_checks import MARK, Denial, DeniedValue, Guard, Position
from trellis.router.authorization.policies.session import (
    PolicySession,
    Verdict,
    is_satisfied,
    object_key,
)
from trellis.router.executor.leaves import LeafError, complete_leaf
from trellis.router.executor.walk import ClientPath, Tree
from trellis.router.planner.plan import OutputField, Selection
from trellis.schema.policy import GuardedObject

_Shaped = tuple[int, int]
"""The ids of a selection and of an object projected by it. Both outlive the execution."""


@dataclass(frozen=True, slots=True)
class Denials:
    """The denials of one response; empty if nothing is denied."""

    at: Mapping[_Shaped, Denial] = field(default_factory=dict)

    def of(self, selection: Selection, source: Tree) -> Denial | None:
        """What is denied of the object where it is projected by this selection."""
        return self.at.get((id(selection), id(source)))


NO_DENIALS = Denials()


class OutputGuards:
    """The guarded positions of one plan's output. ``output`` is the plan's output without the
    fields that were added for policies."""

    def __init__(self, output: Selection, positions: Sequence[Position]) -> None:
        self._positions = positions
        self._stripped: dict[int, Selection] = {}
        self._readers: dict[int, _Reader] = {}
        self._inner_fields: dict[int, tuple[OutputField, ...]] = {}
        self.output = self._strip(output)
        self._find_inner_fields(self.output)

    async def check(self, data: Tree, verdicts: PolicySession, *, has_failures: bool) -> Denials:
        """Evaluate the policies about all guarded objects in ``data``, one call per policy."""
        found = list(self._guarded(data, has_failures=has_failures))
        wanted: dict[str, dict[bytes, GuardedObject]] = defaultdict(dict)
        for _, _, objects in found:
            for policy, (key, about) in objects.items():
                wanted[policy][key] = about
        await verdicts.ask_about_objects(wanted)
        at: dict[_Shaped, Denial] = {}
        for spot, guards, objects in found:
            denial = _denial(guards, objects, verdicts)
            if denial is not None:
                at[spot] = denial
        return Denials(at) if at else NO_DENIALS

    def places(self, data: Tree, denials: Denials) -> Iterator[DeniedValue]:
        """Every denied response path; paths below a denied one are not repeated."""
        pending: list[tuple[ClientPath, Selection, Any]] = [((), self.output, data)]
        while pending:
            path, selection, value = pending.pop()
            if type(value) is list:
                items = [((*path, index), selection, item) for index, item in enumerate(value)]
                pending += reversed(items)
                continue
            if type(value) is not dict:
                continue
            denial = denials.of(selection, value)
            if denial is not None and denial.whole is not None:
                yield DeniedValue(path, denial.whole, denial)
                continue
            denied = denial.fields if denial is not None else {}
            for key, guard in denied.items():
                assert denial is not None
                yield DeniedValue((*path, key), guard, denial)
            typename = value.get("__typename")
            for one in reversed(self._inner_fields[id(selection)]):
                if one.key not in denied and (one.types is None or typename in one.types):
                    assert one.selection is not None
                    pending.append(((*path, one.key), one.selection, value.get(one.source)))

    def without_denied(
        self, errors: Iterable[dict[str, Any]], data: Tree, denials: Denials
    ) -> list[dict[str, Any]]:
        """The errors that are not located at or below a denied value: their messages could reveal
        something about it."""
        return [
            error for error in errors if not self._is_denied(error.get("path") or (), data, denials)
        ]

    # -- once per plan -----------------------------------------------------------------------

    def _strip(self, selection: Selection) -> Selection:
        known = self._stripped.get(id(selection))
        if known is not None:
            return known
        hidden = [one for one in selection.fields if one.key.startswith(MARK)]
        shown = tuple(
            replace(one, selection=self._strip(one.selection)) if one.selection else one
            for one in selection.fields
            if not one.key.startswith(MARK)
        )
        stripped = self._stripped[id(selection)] = replace(selection, fields=shown)
        if hidden:
            number = int(hidden[0].key.split(MARK)[1])
            self._readers[id(stripped)] = _Reader(self._positions[number], hidden)
        return stripped

    def _find_inner_fields(self, selection: Selection) -> bool:
        """Whether a guarded position is here or below; records the fields on the way."""
        if id(selection) not in self._inner_fields:
            self._inner_fields[id(selection)] = tuple(
                one
                for one in selection.fields
                if one.selection and self._find_inner_fields(one.selection)
            )
        return bool(self._inner_fields[id(selection)]) or id(selection) in self._readers

    # -- once per response --------------------------------------------------------------------

    def _guarded(
        self, data: Tree, *, has_failures: bool
    ) -> Iterator[tuple[_Shaped, tuple[Guard, ...], _Objects]]:
        seen: set[_Shaped] = set()
        pending: list[tuple[Selection, Any]] = [(self.output, data)]
        while pending:
            selection, value = pending.pop()
            if type(value) is list:
                pending += [(selection, item) for item in value]
                continue
            spot = (id(selection), id(value))
            if type(value) is not dict or spot in seen:
                continue
            seen.add(spot)
            typename = value.get("__typename")
            reader = self._readers.get(id(selection))
            if reader is not None:
                guards, objects = reader.read(value, selection, has_failures=has_failures)
                if guards:
                    yield spot, guards, objects
            for one in self._inner_fields[id(selection)]:
                if one.types is None or typename in one.types:
                    assert one.selection is not None
                    pending.append((one.selection, value.get(one.source)))

    def _is_denied(self, path: Sequence[Any], data: Tree, denials: Denials) -> bool:
        selection: Selection | None = self.output
        value: Any = data
        for part in path:
            if type(part) is int:
                value = value[part] if type(value) is list and part < len(value) else None
                continue
            if type(value) is list:  # an incomplete path: it may mean any item, so a denied one
                return True
            if selection is None or type(value) is not dict:
                return False
            denial = denials.of(selection, value)
            if denial is not None and (denial.whole or part in denial.fields):
                return True
            one = _field_at(selection, part, value.get("__typename"))
            if one is None:
                return False
            selection, value = one.selection, value.get(one.source)
        if selection is None or type(value) is not dict:
            return False
        denial = denials.of(selection, value)
        return denial is not None and denial.whole is not None


_Objects = dict[str, tuple[bytes, GuardedObject]]
"""By policy: the key of the object and the object as the policy sees it."""

_UNKNOWN_TYPE = Guard(None, "an object of unknown type", frozenset(), frozenset(), "to be known")


class _Reader:
    """Reads from objects at one position what policies need."""

    def __init__(self, position: Position, hidden: Sequence[OutputField]) -> None:
        self._position = position
        self._only = min(position.types) if len(position.types) == 1 else None
        self._needed: list[list[tuple[str, OutputField]]] = [[] for _ in position.questions]
        for one in hidden:
            _, _, *question = one.key.split(MARK, 3)
            if question:
                self._needed[int(question[0])].append((question[1], one))

    def read(
        self, source: Tree, selection: Selection, *, has_failures: bool
    ) -> tuple[tuple[Guard, ...], _Objects]:
        typename = source.get("__typename")
        if selection.possible is None:  # otherwise objects of hidden types may appear here as well
            typename = self._only or typename
        if typename not in self._position.types:
            # With ``possible``, projection turns the object into null anyway. Without it, an
            # object of unknown type could be of any guarded type, so it is denied.
            return (() if selection.possible is not None else (_UNKNOWN_TYPE,)), {}
        guards = self._position.guards.get(typename, ())
        objects: _Objects = {}
        if guards:
            for (owner, policy), needed in zip(self._position.questions, self._needed, strict=True):
                if owner == typename:
                    about = _read_needed(needed, source, typename, has_failures=has_failures)
                    if about is not None:
                        objects[policy] = (object_key(about), about)
        return guards, objects


def _denial(guards: tuple[Guard, ...], objects: _Objects, verdicts: PolicySession) -> Denial | None:
    said = {
        policy: verdicts.of_object(policy, objects[policy][0])
        if policy in objects
        else Verdict.UNDECIDED
        for guard in guards
        for names in guard.condition
        for policy in names
    }
    failed = [guard for guard in guards if not is_satisfied(guard.condition, said)]
    if not failed:
        return None
    whole = next((guard for guard in failed if guard.key is None), None)
    fields = {guard.key: guard for guard in failed if guard.key is not None}
    seen = {policy: about for policy, (_, about) in objects.items()}
    return Denial(whole, fields, seen, said)


def _field_at(selection: Selection, key: str, typename: Any) -> OutputField | None:
    for one in selection.fields:
        if one.key == key and (one.types is None or typename in one.types):
            return one
    return None


# -- the object as a policy sees it ----------------------------------------------------------


class _Missing(Exception):
    """A value that a policy needs is unknown."""


def _read_needed(
    needed: Sequence[tuple[str, OutputField]], source: Tree, typename: str, *, has_failures: bool
) -> GuardedObject | None:
    """The object as a policy sees it; None if a value that it needs is unknown."""
    try:
        found = _read_fields(needed, source, typename, has_failures)
    except _Missing:
        return None
    return {"__typename": typename, **found}


def _read_fields(
    fields: Iterable[tuple[str, OutputField]], source: Tree, typename: Any, has_failures: bool
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, one in fields:
        if one.types is not None and typename not in one.types:
            continue
        if one.typename is not None:
            found[key] = one.typename
        elif one.source not in source:
            raise _Missing
        else:
            found[key] = _read_value(one, one.type, source[one.source], has_failures)
    return found


def _read_value(one: OutputField, type_: GraphQLOutputType, value: Any, has_failures: bool) -> Any:
    is_required = isinstance(type_, GraphQLNonNull)
    if isinstance(type_, GraphQLNonNull):
        type_ = type_.of_type
    if value is None:
        if is_required or has_failures:
            raise _Missing
        return None
    if isinstance(type_, GraphQLList):
        if type(value) is not list:
            raise _Missing
        return [_read_value(one, type_.of_type, item, has_failures) for item in value]
    if one.selection is not None:
        if type(value) is not dict:
            raise _Missing
        inner = [(below.key, below) for below in one.selection.fields]
        return _read_fields(inner, value, value.get("__typename"), has_failures)
    try:
        return complete_leaf(get_named_type(type_), value)
    except LeafError:
        raise _Missing from None
