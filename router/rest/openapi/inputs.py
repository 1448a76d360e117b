"""GraphQL input types as JSON Schema."""

from collections.abc import Callable, Sequence
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    Undefined,
    get_nullable_type,
    is_required_input_field,
    value_from_ast_untyped,
)

from trellis.router.rest.openapi.json_schema import (
    JsonSchema,
    an_object,
    array,
    described,
    nullable,
)
from trellis.router.rest.openapi.leaves import enum_schema, scalar_schema
from trellis.router.rest.route import Constraints, Rules

Spell = Callable[[str], str]

_FORMATS = {
    "DATE": "date",
    "DATE_TIME": "date-time",
    "EMAIL": "email",
    "URI": "uri",
    "UUID": "uuid",
}


class InputSchemas:
    """Schemas of input types in the spelling of one profile.

    Input objects become ``components``, because they may be recursive; other types are inlined.
    """

    def __init__(
        self,
        components: dict[str, JsonSchema],
        *,
        member: Spell,
        enum: Spell,
        closed: bool,
        component: Spell = str,
        constraints: Constraints | None = None,
    ) -> None:
        """``components`` takes the schemas of input objects, each under the name that
        ``component`` gives its type; ``closed`` profiles refuse members that they do not know;
        ``constraints`` are the limits of members, by coordinate."""
        self.components = components
        self._member = member
        self._enum = enum
        self._closed = closed
        self._component = component
        self._constraints = constraints or {}

    def schema(self, type_: GraphQLInputType, *, enum: Spell | None = None) -> JsonSchema:
        """A value of this type; without NonNull also null. ``enum`` spells in place of the
        profile where the type itself is an enum or a list of them."""
        if isinstance(type_, GraphQLNonNull):
            return self._value(type_.of_type, enum)
        return nullable(self._value(type_, enum))

    def _value(self, type_: Any, enum: Spell | None) -> JsonSchema:
        if isinstance(type_, GraphQLList):
            return array(self.schema(type_.of_type, enum=enum))
        if isinstance(type_, GraphQLScalarType):
            return scalar_schema(type_)
        if isinstance(type_, GraphQLEnumType):
            return enum_schema(type_, enum or self._enum)
        return self._reference(type_)

    def _reference(self, type_: GraphQLInputObjectType) -> JsonSchema:
        name = self._component(type_.name)
        if name not in self.components:
            self.components[name] = {}  # its own members may lead back to it
            self.components[name] = self._object(type_)
        return {"$ref": f"#/components/schemas/{name}"}

    def _object(self, type_: GraphQLInputObjectType) -> JsonSchema:
        members = {
            self._member(name): self._field(field, f"{type_.name}.{name}")
            for name, field in type_.fields.items()
        }
        required = [self._member(n) for n, f in type_.fields.items() if is_required_input_field(f)]
        whole = an_object(members, required, closed=self._closed)
        if type_.is_one_of:  # GraphQL specification, section 3.10.1: exactly one, and not null
            whole |= {"minProperties": 1, "maxProperties": 1}
        return described(whole, type_.description)

    def _field(self, field: GraphQLInputField, coordinate: str) -> JsonSchema:
        rules = self._constraints.get(coordinate)
        type_ = field.type
        if rules is not None and rules.not_null and not isinstance(type_, GraphQLNonNull):
            type_ = GraphQLNonNull(type_)
        schema = self.schema(type_)
        if rules is not None:
            schema = constrained(schema, field.type, rules)
        schema = described(schema, field.description)
        if field.deprecation_reason is not None:
            schema = {**schema, "deprecated": True}
        default = _default(field)
        if default is Undefined:
            return schema
        return {**schema, "default": self.spell_value(field.type, default)}

    def spell_value(self, type_: Any, value: Any, *, enum: Spell | None = None) -> Any:
        """A GraphQL input value in the spelling of the profile; ``enum`` as in ``schema``."""
        if value is None:
            return None
        if isinstance(type_, GraphQLNonNull):
            return self.spell_value(type_.of_type, value, enum=enum)
        if isinstance(type_, GraphQLList):
            items = value if isinstance(value, list | tuple) else [value]
            return [self.spell_value(type_.of_type, item, enum=enum) for item in items]
        if isinstance(type_, GraphQLEnumType):
            return (enum or self._enum)(value) if isinstance(value, str) else value
        if isinstance(type_, GraphQLInputObjectType):
            return {
                self._member(name): self.spell_value(type_.fields[name].type, item)
                for name, item in value.items()
            }
        return value


def _default(field: GraphQLInputField) -> Any:
    """The default as JSON, with names of enum values; ``Undefined`` if there is none."""
    if field.default is None:
        return field.default_value
    if field.default.literal is not None:
        return value_from_ast_untyped(field.default.literal)
    return field.default.value


def constrained(schema: JsonSchema, type_: GraphQLInputType, rules: Rules) -> JsonSchema:
    """The schema of a type with the restrictions of ``rules``; of a list, for its items."""
    if isinstance(get_nullable_type(type_), GraphQLList):
        return {**schema, "items": with_rules(schema["items"], rules)}
    return with_rules(schema, rules)


def with_rules(schema: JsonSchema, rules: Rules) -> JsonSchema:
    """The schema with the restrictions of ``rules``."""
    if rules.format == "OBJECT":
        return {"type": "object" if rules.not_null else ["object", "null"], **schema}
    keywords = {
        "minimum": rules.min,
        "maximum": rules.max,
        "minLength": rules.min_length,
        "maxLength": rules.max_length,
        "pattern": rules.pattern or (r"\S" if rules.not_blank else None),
        "format": _FORMATS.get(rules.format or ""),
    }
    wanted = {name: value for name, value in keywords.items() if value is not None}
    if rules.const is not None:
        wanted["const"] = rules.const
    if rules.enum:
        null = [None] if "null" in [*_types(schema)] else []
        wanted["enum"] = [*rules.enum, *null]
    return {**schema, **wanted}


def _types(schema: JsonSchema) -> Sequence[str]:
    kind = schema.get("type", ())
    return kind if isinstance(kind, list) else [kind]
