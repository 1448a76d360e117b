"""One subgraph in composition: its schema, its links, and its federation directives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from graphql import BooleanValueNode, GraphQLError, SelectionSetNode, StringValueNode, ValueNode

from trellis.router.composition import model
from trellis.router.composition.fieldsets import parse_field_set, target_fields
from trellis.router.composition.link import Links
from trellis.router.composition.model import (
    AppliedDirective,
    DirectiveDefinition,
    EnumValue,
    FieldDefinition,
    InputValue,
    Schema,
    TypeDefinition,
    TypeKind,
)
from trellis.router.composition.specs import Version

Element = Schema | TypeDefinition | FieldDefinition | InputValue | EnumValue


@dataclass(frozen=True, slots=True)
class Subgraph:
    """The input of composition: a name, the URL for requests, and the SDL."""

    name: str
    url: str
    sdl: str


@dataclass(frozen=True, slots=True)
class EntityKey:
    """One ``@key`` of a type. ``selection`` is None when ``fields`` cannot be parsed."""

    fields: str
    selection: SelectionSetNode | None
    resolvable: bool
    applied: AppliedDirective


@dataclass(frozen=True, slots=True)
class FieldSet:
    """The field set of one ``@requires`` or ``@provides``."""

    fields: str
    selection: SelectionSetNode | None
    applied: AppliedDirective


@dataclass(frozen=True, slots=True)
class Override:
    """An ``@override``: the subgraph that loses the field, and the label if it is progressive."""

    source: str
    label: str | None
    applied: AppliedDirective


@dataclass
class SubgraphSchema:
    """A subgraph after linking, in normal form.

    - directives that composition knows have their specification's name (``feature`` is set);
    - the root types are named Query, Mutation and Subscription, and are in ``schema.roots``;
    - ``@extends`` is an extension; definitions of specifications are removed from ``schema``, and
      so are ``_Any``, ``_Entity``, ``_Service``, ``Query._entities`` and ``Query._service``;
    - federation 1 subgraphs have been upgraded: ``is_fed2`` says what the SDL was written for.

    Derived facts are computed once; after changing ``schema`` call ``forget_views``.
    """

    name: str
    url: str
    schema: Schema
    links: Links
    # What this subgraph links: directives by specification name (their names in the SDL are in
    # ``local_names``), types by their local name.
    spec_types: dict[str, TypeDefinition] = field(default_factory=dict)
    spec_directives: dict[str, DirectiveDefinition] = field(default_factory=dict)
    local_names: dict[str, str] = field(default_factory=dict)

    @property
    def is_fed2(self) -> bool:
        return self.links.federation is not None

    @property
    def federation_version(self) -> Version | None:
        """The linked version, None for federation 1."""
        return self.links.federation.version if self.links.federation else None

    def federation_name(self, directive: str) -> str:
        """The name (without ``@``) that the SDL uses for a specification's directive."""
        return self.local_names.get(directive, directive)

    def applied(self, element: Element, directive: str) -> list[AppliedDirective]:
        """The applications of a specification's directive, by its specification name."""
        if not element.applied:
            return []
        return [a for a in element.applied if a.name == directive and a.feature is not None]

    def has(self, element: Element, directive: str) -> bool:
        # Called many times for every element: a loop is three times faster than any().
        for applied in element.applied:
            if applied.name == directive and applied.feature is not None:
                return True
        return False

    @cached_property
    def elements(self) -> list[tuple[str, str, model.Element]]:
        """``schema.elements()``, which many rules go through."""
        return list(self.schema.elements())

    @cached_property
    def marked_inputs(self) -> list[tuple[str, InputValue]]:
        """Coordinate and element of the arguments and input fields that have a default value or a
        directive: the few that rules about values concern."""
        found: list[tuple[str, InputValue]] = []
        for definition in self.schema.types.values():
            for name, value in definition.input_fields.items():
                if value.default is not None or value.applied:
                    found.append((f"{definition.name}.{name}", value))
            for element in definition.fields.values():
                for name, value in element.arguments.items():
                    if value.default is not None or value.applied:
                        found.append((f"{definition.name}.{element.name}({name}:)", value))
        for directive in self.schema.directives.values():
            for name, value in directive.arguments.items():
                if value.default is not None or value.applied:
                    found.append((f"@{directive.name}({name}:)", value))
        return found

    # Entities

    def keys(self, definition: TypeDefinition) -> list[EntityKey]:
        """The keys of a type, except those with an unusable ``fields`` argument."""
        keys = []
        for applied in self.applied(definition, "key"):
            fields = string_value(applied.arguments.get("fields"))
            if fields is not None:
                resolvable = applied.arguments.get("resolvable")
                keys.append(EntityKey(fields, _selection(fields), _is_true(resolvable), applied))
        return keys

    def is_entity(self, definition: TypeDefinition) -> bool:
        return self.has(definition, "key")

    def is_interface_object(self, definition: TypeDefinition) -> bool:
        return self.has(definition, "interfaceObject")

    def requires(self, element: FieldDefinition) -> FieldSet | None:
        return self._field_set(element, "requires")

    def provides(self, element: FieldDefinition) -> FieldSet | None:
        return self._field_set(element, "provides")

    def override(self, element: FieldDefinition) -> Override | None:
        for applied in self.applied(element, "override"):
            source = string_value(applied.arguments.get("from"))
            if source is not None:
                return Override(source, string_value(applied.arguments.get("label")), applied)
        return None

    def _field_set(self, element: FieldDefinition, directive: str) -> FieldSet | None:
        for applied in self.applied(element, directive):
            fields = string_value(applied.arguments.get("fields"))
            if fields is not None:
                return FieldSet(fields, _selection(fields), applied)
        return None

    # Who resolves a field

    def is_external(self, parent: TypeDefinition, element: FieldDefinition) -> bool:
        """Whether a field is ``@external``, itself or by its type. The key fields of a type
        extension are not, although marked so: the subgraph resolves them (federation 1 style)."""
        return (parent.name, element.name) in self._externals

    def is_fake_external(self, parent: TypeDefinition, element: FieldDefinition) -> bool:
        return (parent.name, element.name) in self._fake_externals

    def is_external_somewhere(self, parent: TypeDefinition, element: FieldDefinition) -> bool:
        """External or, as the field of an interface, external in some implementation."""
        if self.is_external(parent, element):
            return True
        return parent.kind is TypeKind.INTERFACE and any(
            element.name in t.fields and self.is_external(t, t.fields[element.name])
            for t in self.schema.implementations(parent.name)
        )

    def is_provided(self, parent: TypeDefinition, element: FieldDefinition) -> bool:
        """Whether some ``@provides`` of this subgraph selects the field."""
        return (parent.name, element.name) in self._provided

    def is_fully_external(self, parent: TypeDefinition, element: FieldDefinition) -> bool:
        """Whether it is external on every path, so never resolved by this subgraph."""
        return self.is_external(parent, element) and not self.is_provided(parent, element)

    def is_partially_external(self, parent: TypeDefinition, element: FieldDefinition) -> bool:
        """Whether it is external, but provided on some path."""
        return self.is_external(parent, element) and self.is_provided(parent, element)

    def is_shareable(self, parent: TypeDefinition, element: FieldDefinition) -> bool:
        """Whether it is marked ``@shareable`` (itself or its declaration), part of a key, or an
        external field that is provided."""
        place = (parent.name, element.name)
        return (
            self.has(element, "shareable")
            or any(a.declaration == element.declaration for a in self.applied(parent, "shareable"))
            or place in self._key_fields
            or (place in self._provided and self.is_external(parent, element))
        )

    def is_key_field(self, parent: TypeDefinition, element: FieldDefinition) -> bool:
        """Whether it is part of some key of this subgraph, at any depth."""
        return (parent.name, element.name) in self._key_fields

    def is_used(self, parent: TypeDefinition, element: FieldDefinition) -> bool:
        """Whether a key, requires, provides, context selection or interface uses it."""
        return (parent.name, element.name) in self.used_fields

    def forget_views(self) -> None:
        """Forget all derived facts, because the schema has changed."""
        for view in _VIEWS:
            self.__dict__.pop(view, None)

    @cached_property
    def _externals(self) -> frozenset[tuple[str, str]]:
        found = set()
        for parent in self._composites():
            # Federation 1 ignored @external on types.
            of_type = (
                self.is_fed2 and parent.kind is TypeKind.OBJECT and self.has(parent, "external")
            )
            for element in parent.fields.values():
                if of_type or self.has(element, "external"):
                    found.add((parent.name, element.name))
        return frozenset(found - self._fake_externals)

    @cached_property
    def _fake_externals(self) -> frozenset[tuple[str, str]]:
        found = set()
        for definition in self._composites():
            for key in self.keys(definition):
                extends = key.applied.on_extension or self.has(definition, "extends")
                if extends and key.selection is not None:
                    for parent, element in target_fields(
                        self.schema, definition, key.selection, implementations=False
                    ):
                        if self.has(element, "external"):
                            found.add((parent.name, element.name))
        return frozenset(found)

    @cached_property
    def _provided(self) -> frozenset[tuple[str, str]]:
        return frozenset(self._named(self._field_sets("provides")))

    @cached_property
    def _key_fields(self) -> frozenset[tuple[str, str]]:
        return frozenset(self._named(self._key_sets()))

    @cached_property
    def used_fields(self) -> frozenset[tuple[str, str]]:
        """(type, field) of every field that something else uses, so that it may be external."""
        used = set(self._key_fields | self._provided)
        used.update(self._named(self._field_sets("requires")))
        used.update(self._named(self._context_sets()))
        for interface in self.schema.types_of(TypeKind.INTERFACE):
            for implementation in self.schema.implementations(interface.name):
                used.update((implementation.name, name) for name in interface.fields)
        return frozenset(used)

    def _composites(self) -> Iterator[TypeDefinition]:
        return (
            t for t in self.schema.types.values() if t.kind in (TypeKind.OBJECT, TypeKind.INTERFACE)
        )

    def _key_sets(self) -> Iterator[tuple[TypeDefinition, SelectionSetNode]]:
        for definition in self._composites():
            for key in self.keys(definition):
                if key.selection is not None:
                    yield definition, key.selection

    def _field_sets(self, directive: str) -> Iterator[tuple[TypeDefinition, SelectionSetNode]]:
        for definition in self._composites():
            for element in definition.fields.values():
                found = self._field_set(element, directive)
                if found is None or found.selection is None:
                    continue
                base = element.type.base if directive == "provides" else definition.name
                parent = self.schema.types.get(base)
                if parent is not None:
                    yield parent, found.selection

    def _context_sets(self) -> Iterator[tuple[TypeDefinition, SelectionSetNode]]:
        """The selections of ``@fromContext``, on each type that sets the context."""
        for definition in self.schema.types_of(TypeKind.OBJECT):
            for element in definition.fields.values():
                for argument in element.arguments.values():
                    for applied in self.applied(argument, "fromContext"):
                        yield from self._context_set(applied)

    def _context_set(
        self, applied: AppliedDirective
    ) -> Iterator[tuple[TypeDefinition, SelectionSetNode]]:
        name, text = split_context(string_value(applied.arguments.get("field")) or "")
        selection = _selection(text) if name else None
        if selection is None:
            return
        for setter in self.context_setters(name):
            yield setter, selection

    def context_setters(self, name: str) -> list[TypeDefinition]:
        """The types that set a context."""
        return [
            definition
            for definition in self.schema.types.values()
            for applied in self.applied(definition, "context")
            if string_value(applied.arguments.get("name")) == name
        ]

    def _named(
        self, sets: Iterable[tuple[TypeDefinition, SelectionSetNode]]
    ) -> Iterator[tuple[str, str]]:
        for parent, selection in sets:
            for owner, element in target_fields(
                self.schema, parent, selection, implementations=True
            ):
                yield owner.name, element.name


_VIEWS = (
    "elements",
    "marked_inputs",
    "_externals",
    "_fake_externals",
    "_provided",
    "_key_fields",
    "used_fields",
)


def split_context(text: str) -> tuple[str, str]:
    """``$name { selection }`` of a ``@fromContext`` as name and selection; the name is empty when
    the text does not start with one."""
    stripped = text.strip()
    if not stripped.startswith("$"):
        return "", stripped
    end = 1
    while end < len(stripped) and (stripped[end].isalnum() or stripped[end] == "_"):
        end += 1
    return stripped[1:end], stripped[end:].strip()


def string_value(value: ValueNode | None) -> str | None:
    """The text of a string literal, None for anything else."""
    return value.value if isinstance(value, StringValueNode) else None


def _is_true(value: ValueNode | None) -> bool:
    return value.value if isinstance(value, BooleanValueNode) else True


def _selection(text: str) -> SelectionSetNode | None:
    try:
        return parse_field_set(text)
    except GraphQLError:
        return None
