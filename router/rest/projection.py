"""From GraphQL data to a profile's members: names and enum spellings, decided once per route."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    get_named_type,
    is_enum_type,
)

from router.rest.stored_operations import StoredOperation

Spell = Callable[[str], str]


class FieldMissing(Exception):
    """A stored operation asks for something that the graph does not have."""


@dataclass(frozen=True, slots=True)
class Projection:
    """What becomes of one value. ``members`` are the selected fields of an object: response key
    -> (name in the answer, projection); values of scalars stay as they are, whatever they hold."""

    members: Mapping[str, tuple[str, "Projection"]] = field(default_factory=dict)
    spell: Spell | None = None

    def __call__(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self(item) for item in value]
        if self.members and isinstance(value, dict):
            members = self.members
            return {members[key][0]: members[key][1](item) for key, item in value.items()}
        if self.spell is not None and isinstance(value, str):
            return self.spell(value)
        return value


def snake_case(name: str) -> str:
    """``displayName`` -> ``display_name``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def build_projection(
    stored: StoredOperation, schema: GraphQLSchema, *, name: Spell, enum: Spell
) -> Projection:
    """The projection of the operation's root field. Raises FieldMissing when the schema does not
    have what the operation asks for."""
    fragments = {
        d.name.value: d
        for d in stored.document.definitions
        if isinstance(d, FragmentDefinitionNode)
    }
    builder = _Builder(schema, fragments, name, enum)
    root = schema.get_root_type(stored.operation.operation)
    if root is None:
        raise FieldMissing(stored.operation.operation.value)
    whole = builder.composite(root.name, stored.operation.selection_set)
    return whole.members[stored.root_key][1]


@dataclass(frozen=True, slots=True)
class _Builder:
    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    name: Spell
    enum: Spell

    def composite(self, type_name: str, selections: SelectionSetNode) -> Projection:
        members: dict[str, tuple[str, Projection]] = {}
        for node in selections.selections:
            if isinstance(node, FragmentSpreadNode):
                fragment = self.fragments[node.name.value]
                condition = fragment.type_condition.name.value
                members |= self.composite(condition, fragment.selection_set).members
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition.name.value if node.type_condition else type_name
                members |= self.composite(condition, node.selection_set).members
            elif isinstance(node, FieldNode):
                key = (node.alias or node.name).value
                inner = self._field(type_name, node.name.value, node.selection_set)
                members[key] = (self.name(key), inner)
        return Projection(members)

    def _field(
        self, type_name: str, field_name: str, selections: SelectionSetNode | None
    ) -> Projection:
        if field_name == "__typename":
            return Projection()
        fields = getattr(self.schema.get_type(type_name), "fields", {})
        if field_name not in fields:
            raise FieldMissing(f"{type_name}.{field_name}")
        output: GraphQLOutputType = fields[field_name].type
        named = get_named_type(output)
        if selections is not None:
            return self.composite(named.name, selections)
        return Projection(spell=self.enum) if is_enum_type(named) else Projection()
