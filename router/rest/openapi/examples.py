"""Deterministic and valid example values for schemas."""

from collections.abc import Mapping
from typing import Any

from trellis.router.rest.openapi.json_schema import JsonSchema

_REFERENCE = "#/components/schemas/"
_BY_FORMAT = {
    "date-time": "2026-01-31T12:00:00Z",
    "date": "2026-01-31",
    "time": "12:00:00Z",
    "uuid": "5674f785-f57f-578d-b840-8af068c291b9",
    "email": "ada@example.com",
    "uri": "https://example.com/",
    "uri-reference": "/",
    "hostname": "example.com",
    "password": "correct horse battery",
    "decimal": "12.50",
}
_DEPTH = 12
ABSENT = object()
"""There is no finite example."""


class Examples:
    """Writes examples; ``components`` are the schemas that others refer to."""

    def __init__(self, components: Mapping[str, JsonSchema]) -> None:
        self._components = components

    def of(self, schema: JsonSchema, name: str = "value", depth: int = 0) -> Any:
        """An example for ``schema``; ``name``, that of its member, is the default for strings."""
        if "examples" in schema:
            return schema["examples"][0]
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][0]
        if "$ref" in schema:
            if depth > _DEPTH:
                return ABSENT
            target = self._components[schema["$ref"].removeprefix(_REFERENCE)]
            return self.of(target, name, depth + 1)
        for choice in ("anyOf", "oneOf"):
            if choice in schema:
                return self.of(schema[choice][0], name, depth)
        return self._typed(schema, name, depth)

    def _typed(self, schema: JsonSchema, name: str, depth: int) -> Any:
        kind = schema.get("type")
        match kind[0] if isinstance(kind, list) else kind:
            case "object":
                return self._object(schema, depth)
            case "array":
                item = self.of(schema.get("items", {}), name, depth + 1)
                return [] if item is ABSENT else [item] * max(1, schema.get("minItems", 1))
            case "string":
                return _text(schema, name)
            case "integer":
                return _number(schema, 1)
            case "number":
                return _number(schema, 1.5)
            case "boolean":
                return True
            case "null":
                return None
        return {}  # anything will do

    def _object(self, schema: JsonSchema, depth: int) -> dict[str, Any]:
        members = schema.get("properties", {})
        if schema.get("maxProperties") == 1:
            members = dict(list(members.items())[:1])
        values = {name: self.of(member, name, depth + 1) for name, member in members.items()}
        return {name: value for name, value in values.items() if value is not ABSENT}


def _number(schema: JsonSchema, wanted: Any) -> Any:
    if "default" in schema and schema["default"] is not None:
        return schema["default"]
    at_least = max(wanted, schema.get("minimum", wanted))
    return min(at_least, schema.get("maximum", at_least))


def _text(schema: JsonSchema, name: str) -> str:
    if isinstance(schema.get("default"), str):
        return schema["default"]
    if schema.get("format") in _BY_FORMAT:
        return _BY_FORMAT[schema["format"]]
    if name == "id" or name.endswith(("_id", "Id", "_ids", "Ids")):
        return _BY_FORMAT["uuid"]
    text = name.replace("_", " ")
    text = text.ljust(schema.get("minLength", 0), ".")
    return text[: schema.get("maxLength", len(text))]
