"""Value completion with error paths and null propagation: slower than ``project``, but complete.

It runs only if the data violates the API schema: null in a non-null position, a value of the wrong
kind, a hidden type. See "Value Completion" and "Handling Execution Errors" in the GraphQL
specification.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from graphql import GraphQLList, GraphQLNonNull, GraphQLOutputType, get_named_type

from trellis.router.executor.check_objects import NO_DENIALS, Denials
from trellis.router.executor.leaves import LeafError, complete_leaf
from trellis.router.executor.missing import ABSENCES, Missing, MissingEntities
from trellis.router.executor.walk import ClientPath, Tree
from trellis.router.planner.plan import OutputField, Selection

NULLED: Any = object()
"""A non-null position without a value: null propagates to the parent."""

ABSENT: Any = object()
"""The same, for an object that some subgraph did not find."""

MAX_ERRORS = 1_000
"""Errors in one response. More do not help anybody, and a client could be flooded with them. Null
propagation is not affected."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """Object types, (enum, value) pairs and (type, field) pairs that the API schema hides
    (``@inaccessible``). Objects of hidden types and hidden values become null without an error,
    which would reveal that they exist. Messages do not name hidden fields."""

    types: frozenset[str] = frozenset()
    values: frozenset[tuple[str, str]] = frozenset()
    fields: frozenset[tuple[str, str]] = frozenset()

    @property
    def is_answered(self) -> bool:
        """Whether the data of subgraphs may contain something hidden."""
        return bool(self.types or self.values)


NOTHING_HIDDEN = Hidden()


def complete(
    output: Selection,
    data: dict[str, Any],
    known: Sequence[dict[str, Any]],
    hidden: Hidden = NOTHING_HIDDEN,
    denials: Denials = NO_DENIALS,
) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """The client's data, and the errors for nulls that no ``known`` error explains.

    A null is explained by a known error at, above or below its path. The errors of ``denials`` are
    among the known ones.
    """
    completion = _Completion(known, hidden, denials)
    result = completion.object(output, data, ())
    return (None if result is NULLED else result), completion.errors


class _Completion:
    def __init__(
        self, known: Iterable[dict[str, Any]], hidden: Hidden, denials: Denials = NO_DENIALS
    ) -> None:
        self.errors: list[dict[str, Any]] = []
        self.hidden = hidden
        self.denials = denials
        self._missing = MissingEntities(hidden.types, hidden.fields)
        self._at: set[ClientPath] = set()
        self._above: set[ClientPath] = set()
        for error in known:
            path = tuple(error.get("path") or ())
            if path:
                self._note(path)

    def object(self, selection: Selection, source: dict[str, Any], path: ClientPath) -> Any:
        typename = source.get("__typename")
        if selection.possible is not None and typename not in selection.possible:
            if typename not in self.hidden.types:
                self._report_unknown_type(selection, source, path)
            return None
        denial = self.denials.of(selection, source)
        if denial is not None and denial.whole is not None:
            self._note(path)
            return None
        denied = denial.fields if denial is not None else ()
        result: dict[str, Any] = {}
        for field in selection.in_order_of(typename):
            if field.types is not None and typename not in field.types:
                continue
            if field.key in denied:
                value = self._denied(field, (*path, field.key))
            else:
                value = self._field(field, source, (*path, field.key))
                if value is ABSENT:
                    self._report_absent(field, selection, source, (*path, field.key), denied)
                    value = NULLED
            if value is NULLED:
                return NULLED
            result[field.key] = value
        return result

    def _field(self, field: OutputField, source: dict[str, Any], path: ClientPath) -> Any:
        if field.typename is not None:
            return field.typename
        if field.denied:  # authorization has reported it, at a path without list indexes
            return self._denied(field, path)
        value = source.get(field.source)
        if value is None and ABSENCES in source and isinstance(field.type, GraphQLNonNull):
            return ABSENT
        return self._value(field, field.type, value, path)

    def _denied(self, field: OutputField, path: ClientPath) -> Any:
        self._note(path)
        return NULLED if isinstance(field.type, GraphQLNonNull) else None

    def _value(
        self, field: OutputField, type_: GraphQLOutputType, value: Any, path: ClientPath
    ) -> Any:
        if isinstance(type_, GraphQLNonNull):
            completed = self._value(field, type_.of_type, value, path)
            if completed is None:
                self._report_null(field, path)
                return NULLED
            return completed
        if value is None:
            return None
        if isinstance(type_, GraphQLList):
            return self._list(field, type_.of_type, value, path)
        completed = self._named(field, type_, value, path)
        return None if completed is NULLED else completed

    def _list(
        self, field: OutputField, item_type: GraphQLOutputType, value: Any, path: ClientPath
    ) -> Any:
        if type(value) is not list:
            self._report(path, "The subgraph did not return a list.")
            return None
        items = []
        for index, item in enumerate(value):
            completed = self._value(field, item_type, item, (*path, index))
            if completed is NULLED:
                return None
            items.append(completed)
        return items

    def _named(
        self, field: OutputField, type_: GraphQLOutputType, value: Any, path: ClientPath
    ) -> Any:
        if field.selection is not None:
            if type(value) is dict:
                return self.object(field.selection, value, path)
            self._report(path, "The subgraph did not return an object.")
            return None
        named = get_named_type(type_)
        if type(value) is str and (named.name, value) in self.hidden.values:
            return None
        try:
            return complete_leaf(named, value)
        except LeafError as problem:
            self._report(path, str(problem))
            return None

    def _report_unknown_type(self, selection: Selection, source: Tree, path: ClientPath) -> None:
        missing = self._missing.behind(source, "__typename")
        if missing is not None:
            self._report_missing(missing, _readable_keys(selection, source), path)
        else:
            self._report(path, "The subgraph returned an object of an unknown type.")

    def _report_absent(
        self,
        field: OutputField,
        selection: Selection,
        source: Tree,
        path: ClientPath,
        denied: Collection[str],
    ) -> None:
        missing = self._missing.behind(source, field.source)
        if missing is not None:
            self._report_missing(missing, _readable_keys(selection, source, denied), path)
        else:
            self._report_null(field, path)

    def _report_null(self, field: OutputField, path: ClientPath) -> None:
        self._report(path, f"Cannot return null for non-nullable field {field.key!r}.")

    def _report_missing(self, missing: Missing, visible: Collection[str], path: ClientPath) -> None:
        message = self._missing.message(missing, visible)
        reason = {"reason": "ENTITY_NOT_FOUND", "service": missing.step.service}
        self._report(path, message, reason)

    def _report(
        self, path: ClientPath, message: str, details: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        if self._is_explained(path) or len(self.errors) >= MAX_ERRORS:
            return
        self._note(path)
        extensions = {"code": "SUBGRAPH_INVALID_RESPONSE", **details}
        self.errors.append({"message": message, "path": list(path), "extensions": extensions})

    def _note(self, path: ClientPath) -> None:
        self._at.add(path)
        self._above.update(path[:length] for length in range(1, len(path)))

    def _is_explained(self, path: ClientPath) -> bool:
        if path in self._above:
            return True
        return any(path[:length] in self._at for length in range(1, len(path) + 1))


def _readable_keys(
    selection: Selection, source: Tree, denied: Collection[str] = ()
) -> frozenset[str]:
    """The internal keys of the leaves of an object that the client reads, except denied ones."""
    typename = source.get("__typename")
    return frozenset(
        one.source
        for one in selection.fields
        if one.selection is None and not one.denied and one.key not in denied
        if one.types is None or typename in one.types
    )
