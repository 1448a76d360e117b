"""A compact, mutable schema model, both of subgraphs and of the merged schema.

    Schema
    ├── types: name -> TypeDefinition (fields -> FieldDefinition -> arguments -> InputValue;
    │          values -> EnumValue; members; interfaces)
    ├── directives: name -> DirectiveDefinition
    ├── roots: "query" | "mutation" | "subscription" -> type name
    └── applied: directives of the schema element itself (``@link`` and friends)

graphql-core's schema objects are immutable and cannot hold the directives applied to an element,
extensions separate from definitions, or a type that is only extended (federation 1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeVar

from graphql import ValueNode


class TypeKind(StrEnum):
    SCALAR = "scalar"
    OBJECT = "object"
    INTERFACE = "interface"
    UNION = "union"
    ENUM = "enum"
    INPUT_OBJECT = "input object"


@dataclass(frozen=True, slots=True)
class SourceLocation:
    """Where an element is defined: subgraph, and 1-based line and column in its SDL."""

    subgraph: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class TypeRef:
    """A type reference: exactly one of ``name`` and ``of`` (list) is set."""

    name: str | None = None
    of: TypeRef | None = None
    non_null: bool = False

    @property
    def base(self) -> str:
        """The name inside all lists."""
        ref: TypeRef = self
        while ref.of is not None:
            ref = ref.of
        assert ref.name is not None
        return ref.name

    def nullable(self) -> TypeRef:
        return TypeRef(self.name, self.of) if self.non_null else self

    def __str__(self) -> str:
        inner = self.name if self.of is None else f"[{self.of}]"
        return f"{inner}!" if self.non_null else str(inner)


@dataclass(slots=True)
class AppliedDirective:
    """One application of a directive, arguments as AST values in the order written.
    ``feature`` is the identity URL of the specification when composition itself knows the
    directive (federation, link, cost...); ``name`` is then the specification's name, whatever
    the local name. Custom directives and those of other features keep the name in the SDL.
    ``declaration`` counts the declarations of a type: 0 its definition, n its nth extension."""

    name: str
    arguments: dict[str, ValueNode] = field(default_factory=dict)
    place: SourceLocation | None = None
    on_extension: bool = False
    feature: str | None = None
    declaration: int = 0


@dataclass(slots=True)
class InputValue:
    """An argument or an input field."""

    name: str
    type: TypeRef
    default: ValueNode | None = None
    description: str | None = None
    applied: list[AppliedDirective] = field(default_factory=list)
    place: SourceLocation | None = None


@dataclass(slots=True)
class FieldDefinition:
    """A field of an object or interface."""

    name: str
    type: TypeRef
    arguments: dict[str, InputValue] = field(default_factory=dict)
    description: str | None = None
    applied: list[AppliedDirective] = field(default_factory=list)
    place: SourceLocation | None = None
    on_extension: bool = False
    declaration: int = 0


@dataclass(slots=True)
class EnumValue:
    name: str
    description: str | None = None
    applied: list[AppliedDirective] = field(default_factory=list)
    place: SourceLocation | None = None


@dataclass(slots=True)
class TypeDefinition:
    """A named type with its extensions folded in. ``has_definition`` is False when the SDL only
    extends it, ``has_extension`` is True when it extends it at all (``extend`` or ``@extends``).
    Input fields are in ``input_fields``, fields of objects and interfaces in ``fields``."""

    name: str
    kind: TypeKind
    fields: dict[str, FieldDefinition] = field(default_factory=dict)
    input_fields: dict[str, InputValue] = field(default_factory=dict)
    values: dict[str, EnumValue] = field(default_factory=dict)
    members: list[str] = field(default_factory=list)
    interfaces: list[str] = field(default_factory=list)
    description: str | None = None
    applied: list[AppliedDirective] = field(default_factory=list)
    place: SourceLocation | None = None
    has_definition: bool = True
    has_extension: bool = False


@dataclass(slots=True)
class DirectiveDefinition:
    name: str
    arguments: dict[str, InputValue] = field(default_factory=dict)
    locations: list[str] = field(default_factory=list)
    is_repeatable: bool = False
    description: str | None = None
    place: SourceLocation | None = None


@dataclass(slots=True)
class Schema:
    """One subgraph's schema, or the merged one."""

    types: dict[str, TypeDefinition] = field(default_factory=dict)
    directives: dict[str, DirectiveDefinition] = field(default_factory=dict)
    roots: dict[str, str] = field(default_factory=dict)
    applied: list[AppliedDirective] = field(default_factory=list)
    description: str | None = None

    def types_of(self, kind: TypeKind) -> Iterator[TypeDefinition]:
        return (t for t in self.types.values() if t.kind is kind)

    def implementations(self, interface: str) -> list[TypeDefinition]:
        """Objects and interfaces that declare ``implements`` of this interface."""
        return [t for t in self.types.values() if interface in t.interfaces]

    def copy(self) -> Schema:
        """A copy whose elements can be changed independently (values are shared)."""
        types = {name: _copy_type(definition) for name, definition in self.types.items()}
        applied = [replace(application) for application in self.applied]
        return replace(self, types=types, roots=dict(self.roots), applied=applied)

    def elements(self) -> Iterator[tuple[str, str, Element]]:
        """Everything a directive can be applied to: coordinate, directive location, element."""
        for definition in self.types.values():
            yield definition.name, definition.kind.name, definition
            yield from _members(definition)
        for directive in self.directives.values():
            for argument in directive.arguments.values():
                yield f"@{directive.name}({argument.name}:)", "ARGUMENT_DEFINITION", argument

    def runtime_types(self, name: str) -> frozenset[str]:
        """Names of the object types a value of this composite type can have."""
        definition = self.types.get(name)
        if definition is None:
            return frozenset()
        if definition.kind is TypeKind.OBJECT:
            return frozenset((name,))
        if definition.kind is TypeKind.UNION:
            return frozenset(definition.members)
        return frozenset(t.name for t in self.types_of(TypeKind.OBJECT) if name in t.interfaces)


_Simple = TypeVar("_Simple", InputValue, EnumValue)
Element = TypeDefinition | FieldDefinition | InputValue | EnumValue


def _copy_type(definition: TypeDefinition) -> TypeDefinition:
    return replace(
        definition,
        fields={
            name: replace(
                field_,
                arguments={n: _copy_element(a) for n, a in field_.arguments.items()},
                applied=[replace(application) for application in field_.applied],
            )
            for name, field_ in definition.fields.items()
        },
        input_fields={n: _copy_element(f) for n, f in definition.input_fields.items()},
        values={n: _copy_element(v) for n, v in definition.values.items()},
        members=list(definition.members),
        interfaces=list(definition.interfaces),
        applied=[replace(application) for application in definition.applied],
    )


def _copy_element(element: _Simple) -> _Simple:
    return replace(element, applied=[replace(application) for application in element.applied])


def _members(definition: TypeDefinition) -> Iterator[tuple[str, str, Element]]:
    for field_ in definition.fields.values():
        coordinate = f"{definition.name}.{field_.name}"
        yield coordinate, "FIELD_DEFINITION", field_
        for argument in field_.arguments.values():
            yield f"{coordinate}({argument.name}:)", "ARGUMENT_DEFINITION", argument
    for input_field in definition.input_fields.values():
        yield f"{definition.name}.{input_field.name}", "INPUT_FIELD_DEFINITION", input_field
    for value in definition.values.values():
        yield f"{definition.name}.{value.name}", "ENUM_VALUE", value
