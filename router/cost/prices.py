"""What one field of an operation costs by itself, whatever is below it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLNonNull,
    GraphQLOutputType,
    Undefined,
    get_named_type,
    is_leaf_type,
    is_list_type,
)

from trellis.router.cost.weights import FieldWeight, InputWeight, ListSize, Weights
from trellis.router.operation.model import Field, SelectionSet

COMPOSITE, LEAF, INPUT_OBJECT = 1, 0, 1
"""What an object, interface or union, a scalar or enum, and an input object cost without
``@cost``: the defaults of the cost specification and of Apollo's demand control."""


@dataclass(frozen=True, slots=True)
class Price:
    """``weight`` is that of one object or leaf; ``sizes`` say how long the field's list is, or
    those within it: one for each way in which the object types concerned declare it."""

    weight: int
    sizes: tuple[ListSize, ...]
    arguments: Mapping[str, InputWeight]


_Declared = tuple[int | None, tuple[ListSize, ...], Mapping[str, InputWeight]]


class Prices:
    """Looks up the fields of one operation in what the supergraph says."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._declared: dict[tuple[frozenset[str], str, str], _Declared] = {}

    def of(self, field: Field, selection: SelectionSet) -> Price:
        """The price of a field at its position: the highest among the types that may have it."""
        types = selection.possible if field.types is None else field.types
        key = types, field.parent, field.name
        declared = self._declared.get(key)
        if declared is None:
            declared = self._declared[key] = _merged(self._definitions(*key))
        weight, sizes, arguments = declared
        weight = self._of_type(field) if weight is None else weight
        return Price(max(0, weight), sizes, arguments)

    def of_value(self, value: Any, declared: InputWeight) -> int:
        """The cost of an argument, or a member of an input object, with this JSON value: its own
        ``@cost``, or that of its type for each item, and of all members of input objects."""
        if declared.weight is None:
            return self._of_items(value, declared.type, is_priced=True)
        if value is None or value is Undefined:
            return 0
        return max(0, declared.weight) + self._of_items(value, declared.type, is_priced=False)

    def may_cost(self, declared: InputWeight) -> bool:
        """Whether any value of it costs anything."""
        known = declared.weight or self._weights.types.get(declared.type)
        return bool(known) or declared.type in self._weights.inputs

    def _of_items(self, value: Any, type_: str, *, is_priced: bool) -> int:
        if value is None or value is Undefined:
            return 0
        if isinstance(value, list):
            return sum(self._of_items(item, type_, is_priced=True) for item in value)
        members = self._weights.inputs.get(type_)
        if members is None:
            return max(0, self._weights.types.get(type_, LEAF)) if is_priced else 0
        given = value if isinstance(value, Mapping) else {}
        cost = INPUT_OBJECT if is_priced else 0
        for name, member in members.items():
            if name in given:
                cost += self.of_value(given[name], member)
        return cost

    def _definitions(self, types: frozenset[str], parent: str, name: str) -> Iterator[FieldWeight]:
        for type_ in {*types, parent}:
            found = self._weights.fields.get((type_, name))
            if found is not None:
                yield found

    def _of_type(self, field: Field) -> int:
        named = get_named_type(field.type)
        known = self._weights.types
        if is_leaf_type(named):
            return known.get(named.name, LEAF)
        types = {named.name} if field.selection is None else field.selection.possible | {named.name}
        return max(known.get(type_, COMPOSITE) for type_ in types) if known else COMPOSITE


def lists_of(type_: GraphQLOutputType) -> int:
    """How deep a type is nested in lists."""
    depth = 0
    while isinstance(type_, GraphQLNonNull) or is_list_type(type_):
        depth += is_list_type(type_)
        type_ = type_.of_type
    return depth


def _merged(definitions: Iterator[FieldWeight]) -> _Declared:
    weights: list[int] = []
    sizes: list[ListSize] = []
    arguments: dict[str, InputWeight] = {}
    for found in definitions:
        if found.weight is not None:
            weights.append(found.weight)
        if found.size is not None and found.size not in sizes:
            sizes.append(found.size)
        arguments |= found.arguments
    return max(weights, default=None), tuple(sizes), arguments
