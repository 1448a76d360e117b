"""What a caller needs to provide values for protected arguments and input fields."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from graphql import ListValueNode, NullValueNode, ObjectValueNode, ValueNode, VariableNode

from trellis.router.authorization.rules.index import (
    NO_REQUIREMENTS,
    InputValue,
    RequirementIds,
    RequirementIndex,
)
from trellis.router.operation.model import Field, NormalizedOperation, each_field

ProvidedInputs = frozenset[tuple[str, RequirementIds]]
"""For each variable of one request, the requirements of the protected values in it. A variable
that is omitted or null provides no value and is not listed."""


class InputRequirements:
    """Finds the requirements of the arguments of fields. A null value needs nothing."""

    def __init__(self, index: RequirementIndex, provided: ProvidedInputs | None = None) -> None:
        """Without ``provided``, a variable may hold anything that its type allows."""
        self._index = index
        self._provided = None if provided is None else dict(provided)

    def of(self, field: Field, owners: Iterable[str]) -> RequirementIds:
        """What the arguments of ``field`` need on any of the object types in ``owners``."""
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
            return self._provided is not None and value.name.value not in self._provided
        return isinstance(value, NullValueNode)

    def _inside(self, value: ValueNode, type: str) -> RequirementIds:
        if isinstance(value, VariableNode):
            if self._provided is None:
                return self._index.whole_inputs.get(type, NO_REQUIREMENTS)
            return self._provided.get(value.name.value, NO_REQUIREMENTS)
        if isinstance(value, ListValueNode):
            return NO_REQUIREMENTS.union(*(self._inside(item, type) for item in value.values))
        if isinstance(value, ObjectValueNode):
            given = {member.name.value: member.value for member in value.fields}
            return frozenset(self._of_values(given, self._index.input_fields.get(type, {})))
        return NO_REQUIREMENTS


def protected_variables(operation: NormalizedOperation, index: RequirementIndex) -> dict[str, str]:
    """The variables that may hold a protected value, each with its named type. The type is the
    same wherever a variable is used (GraphQL specification, section 5.8.5)."""
    if not index.arguments:
        return {}
    return {
        name: type
        for field, selection in each_field(operation.selection)
        if field.arguments
        for owner in (selection.possible if field.types is None else field.types).union(
            *field.type_conditions
        )
        for name, type in _variables(
            dict(field.arguments), index.arguments.get((owner, field.name), {}), index
        )
    }


def provided_inputs(
    variables: Mapping[str, str], values: Mapping[str, Any], index: RequirementIndex
) -> ProvidedInputs:
    """The requirements of the values of ``variables`` (from ``protected_variables``). ``values``
    is the client's JSON with the operation's defaults. Defaults of the schema are not provided by
    the caller and need nothing."""
    return frozenset(
        (name, _held(values[name], type, index))
        for name, type in variables.items()
        if values.get(name) is not None
    )


def _variables(
    given: Mapping[str, ValueNode], protected: Mapping[str, InputValue], index: RequirementIndex
) -> Iterator[tuple[str, str]]:
    for name, value in given.items():
        if name in protected:
            yield from _variables_inside(value, protected[name].type, index)


def _variables_inside(
    value: ValueNode, type: str, index: RequirementIndex
) -> Iterator[tuple[str, str]]:
    if isinstance(value, VariableNode):
        yield value.name.value, type
    elif isinstance(value, ListValueNode):
        for item in value.values:
            yield from _variables_inside(item, type, index)
    elif isinstance(value, ObjectValueNode):
        members = {member.name.value: member.value for member in value.fields}
        yield from _variables(members, index.input_fields.get(type, {}), index)


def _held(value: Any, type: str, index: RequirementIndex) -> RequirementIds:
    """The requirements of what an input value, or a list of them, contains."""
    if isinstance(value, list | tuple):
        return NO_REQUIREMENTS.union(*(_held(item, type, index) for item in value))
    needs = NO_REQUIREMENTS
    protected = index.input_fields.get(type)
    if protected is not None and isinstance(value, Mapping):
        for name, target in protected.items():
            member = value.get(name)
            if member is not None:
                needs |= target.needs | _held(member, target.type, index)
    return needs
