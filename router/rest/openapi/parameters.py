"""Parameters and request bodies in OpenAPI."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from graphql import GraphQLNonNull

from trellis.router.rest.openapi.examples import Examples
from trellis.router.rest.openapi.inputs import InputSchemas, Spell, constrained, with_rules
from trellis.router.rest.openapi.json_schema import JsonSchema, an_object
from trellis.router.rest.profile import PageParameter
from trellis.router.rest.route import WHOLE_BODY, BodyKind, Parameter, RestRoute, Rules

IDEMPOTENCY_KEY = "IdempotencyKey"
IF_NONE_MATCH = "IfNoneMatch"
IF_MATCH = "IfMatch"

SHARED_PARAMETERS: dict[str, Any] = {
    IDEMPOTENCY_KEY: {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Any text, the same for each attempt at one change: within a day the first "
        "answer is given again and nothing is done twice.",
        "schema": {
            "type": "string",
            "minLength": 1,
            "maxLength": 255,
            "pattern": "^[!-~]([ -~]*[!-~])?$",
        },
    },
    IF_NONE_MATCH: {
        "name": "If-None-Match",
        "in": "header",
        "description": "The ETag of an earlier answer: 304 when it is still the same.",
        "schema": {"type": "string"},
    },
    IF_MATCH: {
        "name": "If-Match",
        "in": "header",
        "description": "The ETag of an earlier answer to the GET of this path: 412 when it is "
        "another now, and nothing is changed.",
        "schema": {"type": "string"},
    },
}
"""Parameters of many routes, which are components."""

_MEDIA_TYPES: dict[BodyKind, str] = {
    "JSON": "application/json",
    "FORM": "application/x-www-form-urlencoded",
    "MULTIPART": "multipart/form-data",
}
_PLACES = ("path", "query", "header")


def parameter_objects(
    route: RestRoute, inputs: InputSchemas, *, takes_if_match: bool
) -> list[dict[str, Any]]:
    """The parameters of a route in path, query and headers."""
    found = [_parameter(p, inputs) for p in route.parameters if p.place in _PLACES]
    if route.page is not None and route.profile.paginator is not None:
        found += [_page_parameter(p) for p in route.profile.paginator.parameters]
    if route.has_tags:
        found.append({"$ref": f"#/components/parameters/{IF_NONE_MATCH}"})
    elif route.kind == "mutation" and not route.anonymous:  # keys belong to callers
        found.append({"$ref": f"#/components/parameters/{IDEMPOTENCY_KEY}"})
    if takes_if_match:
        found.append({"$ref": f"#/components/parameters/{IF_MATCH}"})
    return found


def request_body(
    route: RestRoute, inputs: InputSchemas, examples: Examples
) -> dict[str, Any] | None:
    """The request body of a route, None if it has none."""
    if not route.has_body:
        return None
    schema, required = _body_schema(route, inputs)
    if "JSON" not in route.accepts:
        members = {name: _without_null(member) for name, member in schema["properties"].items()}
        schema = {**schema, "properties": members}
    content = {"schema": schema, "example": examples.of(schema)}
    media_types = [_MEDIA_TYPES[kind] for kind in route.accepts]
    if "JSON" in route.accepts:
        media_types += route.profile.media_types
    return {"required": required, "content": {name: dict(content) for name in media_types}}


def _parameter(parameter: Parameter, inputs: InputSchemas) -> dict[str, Any]:
    written: dict[str, Any] = {"name": parameter.name, "in": parameter.place}
    if parameter.is_required or parameter.place == "path":
        written["required"] = True
    written["schema"] = _without_null(_schema(parameter, inputs))
    if "array" in str(written["schema"].get("type")):
        written |= {"style": "simple" if parameter.place != "query" else "form", "explode": False}
    return written


def _page_parameter(parameter: PageParameter) -> dict[str, Any]:
    schema: JsonSchema = {"type": _page_type(parameter.type)}
    for name, value in (("minimum", parameter.minimum), ("maximum", parameter.maximum)):
        if value is not None:
            schema[name] = value
    if parameter.default is not None:
        schema["default"] = parameter.default
    written: dict[str, Any] = {"name": parameter.name, "in": "query"}
    if parameter.description:
        written["description"] = parameter.description
    if parameter.is_deprecated:
        written["deprecated"] = True
    return {**written, "schema": schema}


def _page_type(written: str) -> str:
    return {"Int": "integer", "int": "integer"}.get(written, written.lower())


def _body_schema(route: RestRoute, inputs: InputSchemas) -> tuple[JsonSchema, bool]:
    body = [parameter for parameter in route.parameters if parameter.place == "body"]
    whole = next((parameter for parameter in body if parameter.name == WHOLE_BODY), None)
    if whole is not None:
        return _schema(whole, inputs), whole.is_required
    tree: dict[str, Any] = {}
    for parameter in body:
        for path in parameter.names:
            *parents, name = path.split(".")
            place = tree
            for parent in parents:
                place = place.setdefault(parent, {})
            place[name] = replace(parameter, is_required=False) if parameter.also else parameter
    closed = route.profile.refuses_unknown_members
    schema = _tree_schema(tree, inputs, closed=closed)
    return schema, "required" in schema


def _tree_schema(tree: dict[str, Any], inputs: InputSchemas, *, closed: bool) -> JsonSchema:
    """The schema of a body. Dots in names of parameters separate the names of members."""
    members = {
        name: _tree_schema(entry, inputs, closed=closed)
        if isinstance(entry, dict)
        else _schema(entry, inputs)
        for name, entry in tree.items()
    }
    required = [name for name, entry in tree.items() if _is_required(entry)]
    return an_object(members, required, closed=closed)


def _is_required(entry: Any) -> bool:
    if isinstance(entry, dict):
        return any(_is_required(inner) for inner in entry.values())
    return entry.is_required


def _schema(parameter: Parameter, inputs: InputSchemas) -> JsonSchema:
    enum: Spell | None = None
    if parameter.spelling is not None:
        words = parameter.spelling
        enum = lambda name: words.get(name, name)  # noqa: E731
    type_ = parameter.type
    if parameter.rules.not_null and not isinstance(type_, GraphQLNonNull):
        type_ = GraphQLNonNull(type_)
    schema = inputs.schema(type_, enum=enum)
    schema = constrained(schema, parameter.type, parameter.rules)
    if parameter.member_rules:
        members = [_of_member(path, rules) for path, rules in parameter.member_rules]
        schema = {"allOf": [schema, *members]}
    if parameter.has_default:
        default = inputs.spell_value(parameter.type, parameter.default, enum=enum)
        schema = {**schema, "default": default}
    if parameter.examples:
        schema = {**schema, "examples": list(parameter.examples)}
    return schema


def _of_member(path: str, rules: Rules) -> JsonSchema:
    """The rules of a member, where there is one."""
    schema = with_rules({"not": {"type": "null"}} if rules.not_null else {}, rules)
    for name in reversed(path.split(".")):
        schema = {"properties": {name: schema}}
    return schema


def _without_null(schema: JsonSchema) -> JsonSchema:
    """The schema without null, which cannot be sent in a URL, a header or a form."""
    plain = dict(schema)
    if isinstance(schema.get("type"), list):
        [plain["type"], *more] = _but_null(schema["type"])
        if more:
            plain["type"] = [plain["type"], *more]
    if "enum" in schema:
        plain["enum"] = _but_null(schema["enum"])
    if "anyOf" in schema:
        choices = [choice for choice in schema["anyOf"] if choice.get("type") != "null"]
        plain = choices[0] if len(choices) == 1 else {**plain, "anyOf": choices}
    if plain.get("default", 0) is None:
        del plain["default"]
    return plain


def _but_null(values: Iterable[Any]) -> list[Any]:
    return [value for value in values if value not in (None, "null")]
