"""GraphQL scalars and enums as JSON Schema."""

from collections.abc import Callable

from graphql import GraphQLEnumType, GraphQLScalarType

from trellis.router.rest.openapi.json_schema import JsonSchema, described

ANY_BYTES: JsonSchema = {"type": "string", "contentMediaType": "application/octet-stream"}
_INT_32 = 2**31

# GraphQL specification, section 3.5, and the scalars of schema/scalars.py.
_SCALARS: dict[str, JsonSchema] = {
    "Int": {"type": "integer", "format": "int32", "minimum": -_INT_32, "maximum": _INT_32 - 1},
    "Float": {"type": "number", "format": "double"},
    "String": {"type": "string"},
    "Boolean": {"type": "boolean"},
    "ID": {"type": "string"},
    "DateTime": {"type": "string", "format": "date-time"},
    "Date": {"type": "string", "format": "date"},
    "Time": {"type": "string", "format": "time"},
    "UUID": {"type": "string", "format": "uuid"},
    "Decimal": {"type": "number"},
    "JSON": {},
    "Secret": {"type": "string", "format": "password", "writeOnly": True},
    # A part of a multipart body (OpenAPI 3.1, section 4.8.14.3).
    "Upload": ANY_BYTES,
}


def scalar_schema(scalar: GraphQLScalarType) -> JsonSchema:
    """What a scalar looks like in JSON; of one that is not ours only its description is known."""
    known = _SCALARS.get(scalar.name)
    return dict(known) if known is not None else described({}, scalar.description)


def enum_schema(enum: GraphQLEnumType, spell: Callable[[str], str]) -> JsonSchema:
    """The names of an enum as the profile spells them."""
    return {"type": "string", "enum": [spell(name) for name in enum.values]}
