"""What giving values to protected arguments and input fields needs."""

from collections.abc import Iterable, Mapping

from graphql import ListValueNode, NullValueNode, ObjectValueNode, ValueNode, VariableNode

from router.operation.model import Field
from router.policy.rules import NO_NEEDS, InputValue, Needs, NeedsIndex


class InputNeeds:
    """Looks through the arguments of fields; null gives nothing and needs nothing."""

    def __init__(self, index: NeedsIndex) -> None:
        self._index = index

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
            if target is not None and not isinstance(value, NullValueNode):
                needs |= target.needs
                needs |= self._inside(value, target.type)
        return needs

    def _inside(self, value: ValueNode, type: str) -> Needs:
        """What lies inside a value; a variable may hold anything that its type allows."""
        if isinstance(value, VariableNode):
            return self._index.whole_inputs.get(type, NO_NEEDS)
        if isinstance(value, ListValueNode):
            return NO_NEEDS.union(*(self._inside(item, type) for item in value.values))
        if isinstance(value, ObjectValueNode):
            given = {member.name.value: member.value for member in value.fields}
            return frozenset(self._of_values(given, self._index.input_fields.get(type, {})))
        return NO_NEEDS
