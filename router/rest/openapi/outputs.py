"""The shapes of responses as JSON Schema."""

from collections.abc import Mapping

from graphql import GraphQLEnumType, GraphQLScalarType

from trellis.router.rest.openapi.json_schema import (
    JsonSchema,
    an_object,
    array,
    described,
    either,
    nullable,
)
from trellis.router.rest.openapi.leaves import enum_schema, scalar_schema
from trellis.router.rest.openapi.samples import schema_of
from trellis.router.rest.shape import (
    Constant,
    Items,
    Leaf,
    Member,
    Record,
    Shape,
    visible,
    visible_members,
)
from trellis.router.web.json_text import dump_json


def shape_schema(shape: Shape) -> JsonSchema:
    """The schema of a value with this shape. It is nullable where GraphQL is, because denied values
    are null."""
    shown = visible(shape)
    match shown:
        case Constant():
            return _constant_schema(shown)
        case Items():
            schema = array(shape_schema(shown.item))
        case Record():
            schema = _record_schema(shown)
        case Leaf():
            schema = _leaf_schema(shown)
    return nullable(schema) if shown.is_nullable else schema


def _leaf_schema(leaf: Leaf) -> JsonSchema:
    if isinstance(leaf.type, GraphQLEnumType):
        words: Mapping[str, str] = leaf.spelling or {}
        return enum_schema(leaf.type, lambda name: words.get(name, name))
    if isinstance(leaf.type, GraphQLScalarType):
        schema = scalar_schema(leaf.type)
        # The range is irrelevant for readers, the format is not.
        return {name: schema[name] for name in schema if name not in ("minimum", "maximum")}
    return {}


def _record_schema(record: Record) -> JsonSchema:
    """An object with its GraphQL type as title. A member may belong to several object types."""
    found: dict[str, list[Member]] = {}
    for member in visible_members(record):
        found.setdefault(member.name, []).append(member)
    members = {
        name: described(
            either([shape_schema(member.shape) for member in same]), same[0].description
        )
        for name, same in found.items()
    }
    certain = [name for name, same in found.items() if any(member.is_certain for member in same)]
    return {"title": record.type.name, **an_object(members, certain)}


def _constant_schema(constant: Constant) -> JsonSchema:
    """Only the type of a constant, because its domain will provide other values."""
    if constant.value is None:
        schema: JsonSchema = {}
    else:
        kind = _without_values(schema_of([constant.value]))
        schema = {**kind, "examples": [constant.value]}
    if constant.until is not None:
        text = (
            f"Always {dump_json(constant.value).decode()} as long as there are no {constant.until}."
        )
        schema = described(schema, text)
    return nullable(schema) if constant.is_nullable else schema


def _without_values(schema: JsonSchema) -> JsonSchema:
    plain = {key: value for key, value in schema.items() if key not in ("const", "enum")}
    if "properties" in plain:
        inner = {name: _without_values(member) for name, member in plain["properties"].items()}
        return {**plain, "properties": inner}
    if "items" in plain:
        return {**plain, "items": _without_values(plain["items"])}
    return plain
