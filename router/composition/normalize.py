"""Bring a linked subgraph into the form that merging works on."""

from graphql import (
    EnumValueNode,
    ListValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
)

from router.composition.definitions import FEDERATION_TYPES
from router.composition.model import InputValue, Kind, Schema, TypeRef
from router.composition.parse import DEFAULT_ROOTS
from router.composition.subgraph import SubgraphSchema


def normalize(subgraph: SubgraphSchema) -> None:
    """Fold ``@extends``, use the default root names, drop federation's own types and fields, and
    write default values as their types ask. The schema must be valid GraphQL."""
    fold_extends(subgraph)
    rename_roots(subgraph.schema)
    remove_federation_types(subgraph.schema)
    coerce_defaults(subgraph.schema)
    subgraph.forget_views()


def fold_extends(subgraph: SubgraphSchema) -> None:
    """``type T @extends`` means ``extend type T``, except that it does define ``T``."""
    for definition in subgraph.schema.types.values():
        if not subgraph.has(definition, "extends"):
            continue
        definition.has_extension = True
        for applied in definition.applied:
            applied.on_extension = True
        for element in definition.fields.values():
            element.on_extension = True


def rename_roots(schema: Schema) -> None:
    """Call the root types Query, Mutation and Subscription."""
    names = {
        name: DEFAULT_ROOTS[kind]
        for kind, name in schema.roots.items()
        if name != DEFAULT_ROOTS[kind] and name in schema.types
    }
    if not names:
        return
    schema.types = {names.get(name, name): t for name, t in schema.types.items()}
    schema.roots = {kind: names.get(name, name) for kind, name in schema.roots.items()}
    for name, definition in schema.types.items():
        definition.name = name
        definition.members = [names.get(member, member) for member in definition.members]
        for element in definition.fields.values():
            element.type = _renamed(element.type, names)


def _renamed(ref: TypeRef, names: dict[str, str]) -> TypeRef:
    if ref.of is not None:
        return TypeRef(of=_renamed(ref.of, names), non_null=ref.non_null)
    return TypeRef(names.get(ref.base, ref.base), non_null=ref.non_null)


def remove_federation_types(schema: Schema) -> None:
    """Take out what federation adds to a printed subgraph: it is not part of the graph."""
    for name in FEDERATION_TYPES:
        schema.types.pop(name, None)
    query = schema.types.get(schema.roots.get("query", ""))
    if query is None:
        return
    for name in ("_entities", "_service"):
        query.fields.pop(name, None)
    if not query.fields:
        del schema.types[query.name]
        del schema.roots["query"]


def coerce_defaults(schema: Schema) -> None:
    """Enum defaults may be written as strings; from here on they are enum values."""
    for _, _, element in schema.elements():
        if isinstance(element, InputValue) and element.default is not None:
            element.default = _coerced(schema, element.default, element.type)


def _coerced(schema: Schema, value: ValueNode, expected: TypeRef) -> ValueNode:
    if isinstance(value, ListValueNode) and expected.of is not None:
        items = tuple(_coerced(schema, item, expected.of) for item in value.values)
        return value if items == tuple(value.values) else ListValueNode(values=items)
    definition = schema.types.get(expected.base)
    if definition is None:
        return value
    if definition.kind is Kind.ENUM and isinstance(value, StringValueNode):
        return EnumValueNode(value=value.value)
    if definition.kind is Kind.INPUT_OBJECT and isinstance(value, ObjectValueNode):
        return _coerced_object(schema, value, definition.input_fields)
    return value


def _coerced_object(
    schema: Schema, value: ObjectValueNode, fields: dict[str, InputValue]
) -> ObjectValueNode:
    members = tuple(
        ObjectFieldNode(
            name=member.name, value=_coerced(schema, member.value, fields[member.name.value].type)
        )
        if member.name.value in fields
        else member
        for member in value.fields
    )
    return ObjectValueNode(fields=members)
