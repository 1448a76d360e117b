"""Entities that their subgraph did not find, noted at the objects that go without its fields.

``null`` for an entity is a legal answer, so nothing has failed. Only where the client must not get
null for a field that the subgraph would have given is there something to explain.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any

from trellis.router.executor.answered import answered_keys
from trellis.router.executor.entities import Asked, Rows
from trellis.router.executor.walk import Tree
from trellis.router.planner.plan import EntityCall, FetchStep, Need

ABSENCES = "? absent"
"""The internal key of what an object goes without; no name in GraphQL has a blank."""

MAX_SHOWN = 200
"""Characters of a key's values in a message; longer ones are left out."""


@dataclass(frozen=True, slots=True, eq=False)
class Missing:
    """An entity that the subgraph of a step did not find."""

    step: FetchStep
    call: EntityCall
    representation: Tree

    @property
    def key(self) -> tuple[Need, ...]:
        """The members by which it was asked for."""
        found: dict[str, Need] = {}
        for target in self.call.targets:
            for need in target.needs:
                if need.is_key and need.name in self.representation:
                    found.setdefault(need.name, need)
        return tuple(found.values())


@dataclass(frozen=True, slots=True, eq=False)
class Absence:
    """Why an object lacks the fields of an entity call. The entity that is missing is the object
    itself, or another one without which it could not be asked for."""

    missing: Missing
    step: FetchStep
    alias: str


def note_missing(step: FetchStep, call: EntityCall, representation: Tree, rows: Rows) -> None:
    """Note at all objects of ``rows`` that their subgraph does not know them."""
    absence = Absence(Missing(step, call, representation), step, call.alias)
    for row in rows:
        for holder, _ in row:
            _note(holder, absence)


def note_dependent(step: FetchStep, asked: tuple[Asked, ...]) -> None:
    """Note at objects that could not be asked for which missing entity is the reason, if any is."""
    causes = _Causes()
    for call, one in zip(step.entities, asked, strict=True):
        needs = tuple(need for target in call.targets for need in target.needs)
        for entity in one.incomplete:
            cause = next(causes.of(entity, needs), None)
            if cause is not None:
                _note(entity, Absence(cause.missing, step, call.alias))


def _note(holder: Tree, absence: Absence) -> None:
    holder[ABSENCES] = (*holder.get(ABSENCES, ()), absence)


class _AnsweredKeys:
    """Which internal keys an entity call would have given; its text is read once."""

    def __init__(self) -> None:
        self._known: dict[int, Mapping[str | None, frozenset[str]]] = {}

    def of(self, absence: Absence) -> frozenset[str]:
        step = absence.step
        if step.id not in self._known:
            self._known[step.id] = answered_keys(step)
        return self._known[step.id].get(absence.alias, frozenset())


class _Causes:
    """Finds the missing entity for which an object cannot be represented."""

    def __init__(self) -> None:
        self._keys = _AnsweredKeys()

    def of(self, value: Any, needs: tuple[Need, ...]) -> Iterator[Absence]:
        """The absences that concern ``needs``, at the object or at those within it."""
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


# -- telling clients -------------------------------------------------------------------------------


class MissingEntities:
    """Explains nulls to the client. Types and fields that the API schema hides are not named."""

    def __init__(
        self,
        hidden_types: Set[str] = frozenset(),
        hidden_fields: Set[tuple[str, str]] = frozenset(),
    ) -> None:
        """``hidden_fields`` are given by type and name."""
        self._hidden_types = hidden_types
        self._hidden_fields = hidden_fields
        self._hidden_names = {name for _, name in hidden_fields}
        self._keys = _AnsweredKeys()

    def behind(self, source: Tree, key: str) -> Missing | None:
        """The missing entity for which an object has no value under an internal key."""
        for absence in source.get(ABSENCES, ()):
            # Any subgraph would have told the type, had it found the object.
            if key == "__typename" or key in self._keys.of(absence):
                return absence.missing
        return None

    def message(self, missing: Missing, visible: Collection[str]) -> str:
        """``visible`` are the internal keys of leaves that the client reads of the object.

        The names of key fields tell which entity is meant. Their values may be anything, an
        e-mail address say, so they are shown only where the client asked for them itself.
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
        # The types of objects within a key are not known here: a name hidden anywhere is hidden.
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
