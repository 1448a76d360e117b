"""GraphQL input types as JSON Schema: what a client may send."""

from collections.abc import Callable
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

Spell = Callable[[str], str]


class InputSchemas:
    """Schemas of input types in one profile's words.

    Input objects become ``components``, since they may contain one another in circles; the others
    are written where they are used.
    """

    def __init__(
        self,
        components: dict[str, JsonSchema],
        *,
        member: Spell,
        enum: Spell,
        closed: bool,
        component: Spell = str,
    ) -> None:
        """``components`` takes the schemas of input objects, each under the name that
        ``component`` gives its type; ``closed`` profiles refuse members that they do not know."""
        self.components = components
        self._member = member
        self._enum = enum
        self._closed = closed
        self._component = component

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
        members = {self._member(name): self._field(field) for name, field in type_.fields.items()}
        required = [self._member(n) for n, f in type_.fields.items() if is_required_input_field(f)]
        whole = an_object(members, required, closed=self._closed)
        if type_.is_one_of:  # GraphQL specification, section 3.10.1: exactly one, and not null
            whole |= {"minProperties": 1, "maxProperties": 1}
        return described(whole, type_.description)

    def _field(self, field: GraphQLInputField) -> JsonSchema:
        schema = described(self.schema(field.type), field.description)
        if field.deprecation_reason is not None:
            schema = {**schema, "deprecated": True}
        default = _default(field)
        if default is Undefined:
            return schema
        return {**schema, "default": self.spell_value(field.type, default)}

    def spell_value(self, type_: Any, value: Any) -> Any:
        """A GraphQL input value in the profile's words: members and enums renamed."""
        if value is None:
            return None
        if isinstance(type_, GraphQLNonNull):
            return self.spell_value(type_.of_type, value)
        if isinstance(type_, GraphQLList):
            items = value if isinstance(value, list | tuple) else [value]
            return [self.spell_value(type_.of_type, item) for item in items]
        if isinstance(type_, GraphQLEnumType):
            return self._enum(value) if isinstance(value, str) else value
        if isinstance(type_, GraphQLInputObjectType):
            return {
                self._member(name): self.spell_value(type_.fields[name].type, item)
                for name, item in value.items()
            }
        return value


def _default(field: GraphQLInputField) -> Any:
    """Its default as JSON, enum values by name; ``Undefined`` when it has none."""
    if field.default is None:
        return field.default_value
    if field.default.literal is not None:
        return value_from_ast_untyped(field.default.literal)
    return field.default.value
