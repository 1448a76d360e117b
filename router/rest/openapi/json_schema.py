"""Small pieces of JSON Schema (draft 2020-12, the dialect of OpenAPI 3.1) and how to join them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

JsonSchema = dict[str, Any]
"""One schema; the empty one takes everything."""

NULL: JsonSchema = {"type": "null"}
_TEXT_ABOUT = ("title", "description", "deprecated")


def nullable(schema: JsonSchema) -> JsonSchema:
    """The schema, or null."""
    if not schema.keys() - {*_TEXT_ABOUT}:
        return schema  # takes everything already
    kind = schema.get("type")
    if kind is None:
        return {"anyOf": [schema, NULL]}
    kinds = kind if isinstance(kind, list) else [kind]
    if "null" in kinds:
        return schema
    wider = {**schema, "type": [*kinds, "null"]}
    if "enum" in schema:
        wider["enum"] = [*schema["enum"], None]
    if "const" in schema:
        wider["enum"] = [wider.pop("const"), None]
    return wider


def array(items: JsonSchema) -> JsonSchema:
    return {"type": "array", "items": items}


def an_object(
    members: Mapping[str, JsonSchema], required: Iterable[str], *, closed: bool = False
) -> JsonSchema:
    """An object with these members; ``closed`` takes no others."""
    must = set(required)
    schema: JsonSchema = {"type": "object", "properties": dict(members)}
    if must:
        schema["required"] = [name for name in members if name in must]
    if closed:
        schema["additionalProperties"] = False
    return schema


def described(schema: JsonSchema, text: str | None) -> JsonSchema:
    """The schema with a description. In 2020-12 it may stand beside ``$ref``."""
    return {**schema, "description": " ".join(text.split())} if text else schema


def either(schemas: Sequence[JsonSchema]) -> JsonSchema:
    """What takes every value that one of ``schemas`` takes; objects are joined member by member,
    and a member that only some of them have becomes optional."""
    different: list[JsonSchema] = []
    for schema in schemas:
        if schema not in different:
            different.append(schema)
    if len(different) == 1:
        return different[0]
    if {} in different:
        return {}
    if any(schema == NULL for schema in different):
        return nullable(either([schema for schema in different if schema != NULL]))
    if all(schema.get("type") == "object" and "properties" in schema for schema in different):
        return _joined_objects(different)
    if all(schema.get("type") == "array" and "items" in schema for schema in different):
        return array(either([schema["items"] for schema in different]))
    if all(_is_constant(schema) for schema in different):
        kind = different[0]["type"]
        if kind == "boolean":
            return {"type": "boolean"}
        if all(schema["type"] == kind for schema in different):
            values = (value for schema in different for value in _values(schema))
            return {"type": kind, "enum": [*dict.fromkeys(values)]}
    return {"anyOf": different}


def _joined_objects(schemas: Sequence[JsonSchema]) -> JsonSchema:
    names = dict.fromkeys(name for schema in schemas for name in schema["properties"])
    members = {
        name: either([s["properties"][name] for s in schemas if name in s["properties"]])
        for name in names
    }
    required = set.intersection(*(set(schema.get("required", ())) for schema in schemas))
    closed = all(schema.get("additionalProperties") is False for schema in schemas)
    return an_object(members, required, closed=closed)


def _is_constant(schema: JsonSchema) -> bool:
    return schema.keys() <= {"type", "const", "enum"} and len(schema) == 2 and "type" in schema


def _values(schema: JsonSchema) -> list[Any]:
    return schema["enum"] if "enum" in schema else [schema["const"]]
