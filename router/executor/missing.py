"""Entities that their subgraph did not find, recorded at the objects that lack its fields.

``null`` for an entity is a valid result, not a failure. It has to be explained only if it leaves a
non-null field of the client's response without a value.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any

from trellis.router.executor.entities import EntityBatch, Rows
from trellis.router.executor.response_keys import response_keys
from trellis.router.executor.walk import Tree
from trellis.router.planner.plan import EntityCall, FetchStep, Need

ABSENCES = "? absent"
"""The internal key under which absences are recorded. GraphQL names have no space, so it cannot
collide with a response key."""

MAX_SHOWN = 200
"""Characters of key values in a message; longer ones are left out to keep it readable."""


@dataclass(frozen=True, slots=True, eq=False)
class Missing:
    """An entity that the subgraph of a step did not find."""

    step: FetchStep
    call: EntityCall
    representation: Tree

    @property
    def key(self) -> tuple[Need, ...]:
        """The key fields by which it was requested."""
        found: dict[str, Need] = {}
        for target in self.call.targets:
            for need in target.needs:
                if need.is_key and need.name in self.representation:
                    found.setdefault(need.name, need)
        return tuple(found.values())


@dataclass(frozen=True, slots=True, eq=False)
class Absence:
    """Why an object lacks the fields of an entity call: the missing entity is the object itself,
    or another one whose fields were needed to request it."""

    missing: Missing
    step: FetchStep
    alias: str


def note_missing(step: FetchStep, call: EntityCall, representation: Tree, rows: Rows) -> None:
    """Record at all objects of ``rows`` that the subgraph did not find them."""
    absence = Absence(Missing(step, call, representation), step, call.alias)
    for row in rows:
        for holder, _ in row:
            _note(holder, absence)


def note_dependent(step: FetchStep, batches: tuple[EntityBatch, ...]) -> None:
    """Record at objects that could not be requested which missing entity is the reason, if any."""
    causes = _Causes()
    for call, one in zip(step.entities, batches, strict=True):
        needs = tuple(need for target in call.targets for need in target.needs)
        for entity in one.incomplete:
            cause = next(causes.of(entity, needs), None)
            if cause is not None:
                _note(entity, Absence(cause.missing, step, call.alias))


def _note(holder: Tree, absence: Absence) -> None:
    holder[ABSENCES] = (*holder.get(ABSENCES, ()), absence)


class _ResponseKeys:
    """The internal keys that an entity call would have returned; its text is parsed once."""

    def __init__(self) -> None:
        self._known: dict[int, Mapping[str | None, frozenset[str]]] = {}

    def of(self, absence: Absence) -> frozenset[str]:
        step = absence.step
        if step.id not in self._known:
            self._known[step.id] = response_keys(step)
        return self._known[step.id].get(absence.alias, frozenset())


class _Causes:
    """Finds the missing entity because of which an object has no representation."""

    def __init__(self) -> None:
        self._keys = _ResponseKeys()

    def of(self, value: Any, needs: tuple[Need, ...]) -> Iterator[Absence]:
        """The absences that affect ``needs``, at the object or at objects within it."""
        if type(value) is list:
            for item in value:
                yield from self.of(item, needs)
        elif type(value) is dict:
            lacking = {need.source for need in needs if need.source not in value}
            for absence in value.get(ABSENCES, ()):
                if "__typename" not in value or not lacking.isdisjoint(self._keys.of(absence)):
                    yield absence
            for need in needs:
                if need.selection:
                    yield from self.of(value.get(need.source), need.selection)


# -- messages --------------------------------------------------------------------------------------


class MissingEntities:
    """Explains nulls to the client without naming types and fields that the API schema hides."""

    def __init__(
        self,
        hidden_types: Set[str] = frozenset(),
        hidden_fields: Set[tuple[str, str]] = frozenset(),
    ) -> None:
        """``hidden_fields`` are (type, field) pairs."""
        self._hidden_types = hidden_types
        self._hidden_fields = hidden_fields
        self._hidden_names = {name for _, name in hidden_fields}
        self._keys = _ResponseKeys()

    def behind(self, source: Tree, key: str) -> Missing | None:
        """The missing entity because of which an object has no value for an internal key."""
        for absence in source.get(ABSENCES, ()):
            # Every entity call returns the type, so any absence explains a missing __typename.
            if key == "__typename" or key in self._keys.of(absence):
                return absence.missing
        return None

    def message(self, missing: Missing, visible: Collection[str]) -> str:
        """The error message. ``visible`` are the internal keys of the leaves that the client reads.

        The names of key fields identify the entity. Their values may be confidential, such as an
        e-mail address, so they are shown only if the client has selected them.
        """
        typename = missing.representation["__typename"]
        known = "" if typename in self._hidden_types else f" {typename}"
        text = f"Subgraph '{missing.step.service}' did not find the entity{known}"
        if any(self._is_hidden(need, typename) for need in missing.key):
            return f"{text}."
        values = self._values(missing, visible)
        return f"{text} by {values}." if values else f"{text} by its key '{_names(missing.key)}'."

    def _values(self, missing: Missing, visible: Collection[str]) -> str:
        if not all(need.source in visible and not need.selection for need in missing.key):
            return ""
        given = {need.name: missing.representation[need.name] for need in missing.key}
        text = json.dumps(given, ensure_ascii=False, default=str)
        return text if len(text) <= MAX_SHOWN else ""

    def _is_hidden(self, need: Need, typename: str) -> bool:
        # The types of objects within a key are unknown here, so a name that is hidden in any type
        # counts as hidden.
        is_hidden = (typename, need.name) in self._hidden_fields
        return is_hidden or not self._hidden_names.isdisjoint(_inner_names(need.selection))


def _names(needs: tuple[Need, ...]) -> str:
    return " ".join(
        f"{need.name} {{ {_names(need.selection)} }}" if need.selection else need.name
        for need in needs
        if need.name != "__typename"
    )


def _inner_names(needs: tuple[Need, ...]) -> Iterator[str]:
    for need in needs:
        yield need.name
        yield from _inner_names(need.selection)
