"""What a dialect's own document says: title, servers, and components by the names it gives them."""

from collections.abc import Mapping, Sequence
from typing import Any

from trellis.router.rest.openapi.json_schema import JsonSchema
from trellis.router.rest.profile import Documentation

ERROR, PAGINATION = "Error", "Pagination"

_SCHEMAS, _RESPONSES = "#/components/schemas/", "#/components/responses/"


def documented(document: dict[str, Any], words: Documentation) -> dict[str, Any]:
    """The document with the additions of the dialect."""
    places = (_SCHEMAS, _RESPONSES)
    renamed = {place + a: place + b for a, b in words.renamed.items() for place in places}
    document = _renamed(document, renamed)
    components = {**document.get("components", {})}
    if "responses" in components:
        named = components["responses"].items()
        components["responses"] = {words.renamed.get(n, n): r for n, r in sorted(named)}
    schemas = {words.renamed.get(n, n): s for n, s in components.get("schemas", {}).items()}
    if words.error is not None:
        for name in _of_failures(components):
            schemas[name] = _as_part_of(ERROR, schemas[name])
        schemas[ERROR] = dict(words.error)
    if words.pagination is not None:
        schemas = {name: _with_pagination(schema) for name, schema in schemas.items()}
        schemas[PAGINATION] = dict(words.pagination)
    if schemas:
        components["schemas"] = dict(sorted(schemas.items()))
    return {
        **document,
        "info": {**document["info"], **words.info},
        "servers": [*document["servers"], *words.servers],
        "tags": _tags(document["tags"], words.tags),
        "components": components,
    }


def with_members(schema: JsonSchema, words: Documentation) -> JsonSchema:
    """The schema of data, with the dialect's additions to members, by their type."""
    if not words.members:
        return schema
    changed = dict(schema)
    if "properties" in schema:
        additions = words.members.get(schema.get("title", ""), {})
        changed["properties"] = {
            name: {**with_members(member, words), **additions.get(name, {})}
            for name, member in schema["properties"].items()
        }
    if isinstance(schema.get("items"), dict):
        changed["items"] = with_members(schema["items"], words)
    if "anyOf" in schema:
        changed["anyOf"] = [with_members(choice, words) for choice in schema["anyOf"]]
    return changed


def _tags(
    used: Sequence[Mapping[str, str]], descriptions: Mapping[str, str]
) -> list[Mapping[str, str]]:
    """The dialect's own, also those of domains that are still to come, then the others."""
    own = [{"name": name, "description": about} for name, about in descriptions.items()]
    return [*own, *(tag for tag in used if tag["name"] not in descriptions)]


def _of_failures(components: Mapping[str, Any]) -> set[str]:
    """The names of the schemas that responses in common refer to."""
    contents = (response.get("content", {}) for response in components["responses"].values())
    schemas = (media["schema"] for content in contents for media in content.values())
    return {schema["$ref"].removeprefix(_SCHEMAS) for schema in schemas if "$ref" in schema}


def _with_pagination(schema: JsonSchema) -> JsonSchema:
    """A body that may have a page under ``meta`` is described like other pages."""
    meta = schema.get("properties", {}).get("meta", {})
    page = meta.get("properties", {}).get("pagination")
    if page is None:
        return schema
    members = {**meta["properties"], "pagination": _as_part_of(PAGINATION, page)}
    return {
        **schema,
        "properties": {**schema["properties"], "meta": {**meta, "properties": members}},
    }


def _as_part_of(name: str, schema: JsonSchema) -> JsonSchema:
    return {"allOf": [{"$ref": _SCHEMAS + name}, schema]}


def _renamed(value: Any, references: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            name: references.get(inner, inner) if name == "$ref" else _renamed(inner, references)
            for name, inner in value.items()
        }
    return [_renamed(item, references) for item in value] if isinstance(value, list) else value
