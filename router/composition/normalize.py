"""Brings a linked subgraph into the normal form that merging expects."""

import re
from decimal import Decimal

from graphql import (
    EnumValueNode,
    FloatValueNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
)

from trellis.router.composition.definitions import FEDERATION_TYPES
from trellis.router.composition.graphql_rules.directives import definition_of
from trellis.router.composition.model import AppliedDirective, InputValue, Schema, TypeKind, TypeRef
from trellis.router.composition.parse import DEFAULT_ROOTS
from trellis.router.composition.subgraph import SubgraphSchema

# Arguments that hold a selection, by directive.
SELECTIONS = {
    "key": ("fields",),
    "requires": ("fields",),
    "provides": ("fields",),
    "fromContext": ("field",),
}


def normalize(subgraph: SubgraphSchema) -> None:
    """Fold ``@extends``, use the default root names, drop federation's own types and fields, and
    coerce literals to their types. The schema must be valid GraphQL."""
    fold_extends(subgraph)
    rename_roots(subgraph.schema)
    remove_federation_types(subgraph.schema)
    coerce_literals(subgraph)
    subgraph.forget_views()


def fold_extends(subgraph: SubgraphSchema) -> None:
    """Treat ``type T @extends`` as ``extend type T``, except that it does define ``T``."""
    for definition in subgraph.schema.types.values():
        if not subgraph.has(definition, "extends"):
            continue
        definition.has_extension = True
        for applied in definition.applied:
            applied.on_extension = True
        for element in definition.fields.values():
            element.on_extension = True


def rename_roots(schema: Schema) -> None:
    """Rename the root types to Query, Mutation and Subscription."""
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
    _rename_conditions(schema, names)


def _rename_conditions(schema: Schema, names: dict[str, str]) -> None:
    """Rename types in the type conditions of selections in directives."""
    condition = re.compile(rf"(\.\.\.\s*on\s+)({'|'.join(names)})\b")
    for _, _, element in schema.elements():
        for applied in element.applied:
            for name in SELECTIONS.get(applied.name, ()) if applied.feature else ():
                value = applied.arguments.get(name)
                if isinstance(value, StringValueNode) and condition.search(value.value):
                    text = condition.sub(lambda m: m[1] + names[m[2]], value.value)
                    applied.arguments[name] = StringValueNode(value=text)


def _renamed(ref: TypeRef, names: dict[str, str]) -> TypeRef:
    if ref.of is not None:
        return TypeRef(of=_renamed(ref.of, names), non_null=ref.non_null)
    return TypeRef(names.get(ref.base, ref.base), non_null=ref.non_null)


def remove_federation_types(schema: Schema) -> None:
    """Remove what federation adds to a printed subgraph; it is not part of the graph."""
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


def coerce_literals(subgraph: SubgraphSchema) -> None:
    """Coerce default values and directive arguments to their types: enum values without quotes,
    strings with quotes, integers without a fraction."""
    for applied in subgraph.schema.applied:
        _coerce_arguments(subgraph, applied)
    for _, _, element in subgraph.elements:
        if isinstance(element, InputValue) and element.default is not None:
            element.default = _coerced(subgraph.schema, element.default, element.type)
        for applied in element.applied:
            _coerce_arguments(subgraph, applied)


def _coerce_arguments(subgraph: SubgraphSchema, applied: AppliedDirective) -> None:
    definition = definition_of(subgraph, applied) if applied.arguments else None
    # Field sets must be written as strings; a rule of its own checks that.
    if definition is None or (applied.feature and "fields" in definition.arguments):
        return
    for name, value in applied.arguments.items():
        applied.arguments[name] = _coerced(subgraph.schema, value, definition.arguments[name].type)
    if applied.name == "deprecated" and isinstance(applied.arguments.get("reason"), NullValueNode):
        # @deprecated(reason:) is nullable before the September 2025 edition of the specification;
        # whatever reads the supergraph may follow a later edition.
        del applied.arguments["reason"]


def _coerced(schema: Schema, value: ValueNode, expected: TypeRef) -> ValueNode:
    if isinstance(value, ListValueNode) and expected.of is not None:
        items = tuple(_coerced(schema, item, expected.of) for item in value.values)
        changed = any(new is not old for new, old in zip(items, value.values, strict=True))
        return ListValueNode(values=items) if changed else value
    if isinstance(value, EnumValueNode) and expected.base in ("String", "ID"):
        return StringValueNode(value=value.value)
    if isinstance(value, FloatValueNode) and expected.base == "Int":
        return IntValueNode(value=str(int(Decimal(value.value))))
    definition = schema.types.get(expected.base)
    if definition is None:
        return value
    if definition.kind is TypeKind.ENUM and isinstance(value, StringValueNode):
        return EnumValueNode(value=value.value)
    if definition.kind is TypeKind.INPUT_OBJECT and isinstance(value, ObjectValueNode):
        return _coerced_object(schema, value, definition.input_fields)
    return value


def _coerced_object(
    schema: Schema, value: ObjectValueNode, fields: dict[str, InputValue]
) -> ObjectValueNode:
    """Coerce an object literal whose members are known to be fields of the type."""
    members = [
        (member, _coerced(schema, member.value, fields[member.name.value].type))
        for member in value.fields
    ]
    if all(new is member.value for member, new in members):
        return value
    nodes = tuple(ObjectFieldNode(name=member.name, value=new) for member, new in members)
    return ObjectValueNode(fields=nodes)
