"""What giving values to protected arguments and input fields needs."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from graphql import ListValueNode, NullValueNode, ObjectValueNode, ValueNode, VariableNode

from trellis.router.authorization.rules.index import NO_NEEDS, InputValue, Needs, NeedsIndex
from trellis.router.operation.model import Field, NormalizedOperation, each_field

Given = frozenset[tuple[str, Needs]]
"""What the values of one request's variables hold that is protected, by the variables' names. A
variable that is left out or null is not listed: it gives nothing."""


class InputNeeds:
    """Looks through the arguments of fields; null gives nothing and needs nothing."""

    def __init__(self, index: NeedsIndex, given: Given | None = None) -> None:
        """Without ``given`` a variable may hold anything that its type allows."""
        self._index = index
        self._given = None if given is None else dict(given)

    def of(self, field: Field, owners: Iterable[str]) -> Needs:
        """What the arguments of ``field`` need on any of the object types ``owners``."""
        needs: set[int] = set()
        for owner in owners:
            protected = self._index.arguments.get((owner, field.name))
            if protected is not None:
                needs |= self._of_values(dict(field.arguments), protected)
        return frozenset(needs)

    def _of_values(
        self, given: Mapping[str, ValueNode], protected: Mapping[str, InputValue]
    ) -> set[int]:
        needs: set[int] = set()
        for name, value in given.items():
            target = protected.get(name)
            if target is not None and not self._is_null(value):
                needs |= target.needs
                needs |= self._inside(value, target.type)
        return needs

    def _is_null(self, value: ValueNode) -> bool:
        if isinstance(value, VariableNode):
            return self._given is not None and value.name.value not in self._given
        return isinstance(value, NullValueNode)

    def _inside(self, value: ValueNode, type: str) -> Needs:
        if isinstance(value, VariableNode):
            if self._given is None:
                return self._index.whole_inputs.get(type, NO_NEEDS)
            return self._given.get(value.name.value, NO_NEEDS)
        if isinstance(value, ListValueNode):
            return NO_NEEDS.union(*(self._inside(item, type) for item in value.values))
        if isinstance(value, ObjectValueNode):
            given = {member.name.value: member.value for member in value.fields}
            return frozenset(self._of_values(given, self._index.input_fields.get(type, {})))
        return NO_NEEDS


def protected_variables(operation: NormalizedOperation, index: NeedsIndex) -> dict[str, str]:
    """The variables whose values may hold something protected, each with the named type that it
    has there; it is the same at all places (GraphQL specification, section 5.8.5)."""
    if not index.arguments:
        return {}
    return {
        name: type
        for field, selection in each_field(operation.selection)
        if field.arguments
        for owner in (selection.possible if field.types is None else field.types).union(
            *field.meant
        )
        for name, type in _variables(
            dict(field.arguments), index.arguments.get((owner, field.name), {}), index
        )
    }


def given_needs(
    variables: Mapping[str, str], values: Mapping[str, Any], index: NeedsIndex
) -> Given:
    """What ``values`` give to ``variables``, as ``protected_variables`` found them. Values are
    the client's JSON with the operation's defaults; those of the schema nobody gives."""
    return frozenset(
        (name, _held(values[name], type, index))
        for name, type in variables.items()
        if values.get(name) is not None
    )


def _variables(
    given: Mapping[str, ValueNode], protected: Mapping[str, InputValue], index: NeedsIndex
) -> Iterator[tuple[str, str]]:
    for name, value in given.items():
        if name in protected:
            yield from _variables_inside(value, protected[name].type, index)


def _variables_inside(value: ValueNode, type: str, index: NeedsIndex) -> Iterator[tuple[str, str]]:
    if isinstance(value, VariableNode):
        yield value.name.value, type
    elif isinstance(value, ListValueNode):
        for item in value.values:
            yield from _variables_inside(item, type, index)
    elif isinstance(value, ObjectValueNode):
        members = {member.name.value: member.value for member in value.fields}
        yield from _variables(members, index.input_fields.get(type, {}), index)


def _held(value: Any, type: str, index: NeedsIndex) -> Needs:
    """What lies inside a value of an input type or of lists of it."""
    if isinstance(value, list | tuple):
        return NO_NEEDS.union(*(_held(item, type, index) for item in value))
    needs = NO_NEEDS
    protected = index.input_fields.get(type)
    if protected is not None and isinstance(value, Mapping):
        for name, target in protected.items():
            member = value.get(name)
            if member is not None:
                needs |= target.needs | _held(member, target.type, index)
    return needs
