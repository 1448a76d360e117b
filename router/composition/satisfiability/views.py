"""What each subgraph can resolve, as satisfiability needs it: fields, keys, runtime types."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from graphql import SelectionSetNode

from trellis.router.composition.model import FieldDefinition, TypeDefinition, TypeKind
from trellis.router.composition.subgraph import SubgraphSchema, split_context, string_value


@dataclass(frozen=True, slots=True)
class ResolvableKey:
    """A key that ``_entities`` of the subgraph accepts."""

    fields: str
    selection: SelectionSetNode


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field in one subgraph.

    ``external``: available only under a ``@provides``. ``overridden_by`` is the subgraph that
    overrides the field. ``label`` limits the field to one state of a progressive override: (label,
    whether it must be active). ``contexts`` are the contexts that its arguments read.
    """

    base: str
    external: bool = False
    overridden_by: str | None = None
    label: tuple[str, bool] | None = None
    requires: SelectionSetNode | None = None
    provides: SelectionSetNode | None = None
    contexts: tuple[str, ...] = ()


@dataclass(slots=True)
class SubgraphView:
    """One subgraph; ``index`` is its position in the list of all."""

    index: int
    name: str
    fields: dict[tuple[str, str], FieldView] = field(default_factory=dict)
    keys: dict[str, tuple[ResolvableKey, ...]] = field(default_factory=dict)
    runtime_types: dict[str, frozenset[str]] = field(default_factory=dict)
    interface_objects: set[str] = field(default_factory=set)
    context_types: dict[str, frozenset[str]] = field(default_factory=dict)

    def has(self, type_name: str) -> bool:
        return type_name in self.runtime_types

    def is_abstract(self, type_name: str) -> bool:
        return self.runtime_types.get(type_name) != frozenset((type_name,))


@dataclass(slots=True)
class Overrides:
    """The overrides that have an effect. ``taken``: (source index, type, field) -> (overriding
    subgraph, label); ``taking``: (overriding subgraph, type, field)."""

    taken: dict[tuple[int, str, str], tuple[str, str | None]] = field(default_factory=dict)
    taking: set[tuple[str, str, str]] = field(default_factory=set)


def view_subgraphs(subgraphs: Sequence[SubgraphSchema]) -> list[SubgraphView]:
    """The views of all subgraphs, in their order; overrides are resolved between them."""
    overrides = _overrides(subgraphs)
    return [_view(index, subgraph, overrides) for index, subgraph in enumerate(subgraphs)]


def _overrides(subgraphs: Sequence[SubgraphSchema]) -> Overrides:
    """The overrides of fields that the source has; an override of a missing field does nothing."""
    indexes = {subgraph.name: index for index, subgraph in enumerate(subgraphs)}
    found = Overrides()
    for subgraph in subgraphs:
        for definition, element in _object_fields(subgraph):
            override = subgraph.override(element)
            if override is None or override.source not in indexes:
                continue
            index = indexes[override.source]
            overridden = subgraphs[index].schema.types.get(definition.name)
            if overridden is not None and element.name in overridden.fields:
                place = (definition.name, element.name)
                found.taken[(index, *place)] = (subgraph.name, override.label)
                found.taking.add((subgraph.name, *place))
    return found


def _object_fields(subgraph: SubgraphSchema) -> Iterator[tuple[TypeDefinition, FieldDefinition]]:
    for definition in subgraph.schema.types.values():
        for element in definition.fields.values():
            yield definition, element


def _view(index: int, subgraph: SubgraphSchema, overrides: Overrides) -> SubgraphView:
    view = SubgraphView(index, subgraph.name)
    for definition in subgraph.schema.types.values():
        if definition.kind not in (TypeKind.OBJECT, TypeKind.INTERFACE, TypeKind.UNION):
            continue
        view.runtime_types[definition.name] = subgraph.schema.runtime_types(definition.name)
        view.keys[definition.name] = tuple(
            ResolvableKey(key.fields, key.selection)
            for key in subgraph.keys(definition)
            if key.resolvable and key.selection is not None
        )
        if subgraph.is_interface_object(definition):
            view.interface_objects.add(definition.name)
        _note_contexts(view, subgraph, definition)
    for definition, element in _object_fields(subgraph):
        place = (definition.name, element.name)
        view.fields[place] = _field_view(index, subgraph, definition, element, overrides)
    return view


def _note_contexts(
    view: SubgraphView, subgraph: SubgraphSchema, definition: TypeDefinition
) -> None:
    for applied in subgraph.applied(definition, "context"):
        name = string_value(applied.arguments.get("name"))
        if name is not None:
            types = view.context_types.get(name, frozenset())
            view.context_types[name] = types | view.runtime_types[definition.name]


def _field_view(
    index: int,
    subgraph: SubgraphSchema,
    definition: TypeDefinition,
    element: FieldDefinition,
    overrides: Overrides,
) -> FieldView:
    taken = overrides.taken.get((index, definition.name, element.name))
    own = subgraph.override(element)
    label = None
    takes = (subgraph.name, definition.name, element.name) in overrides.taking
    if own is not None and own.label is not None and takes:
        label = (own.label, True)
    elif taken is not None and taken[1] is not None:
        label = (taken[1], False)
    requires, provides = subgraph.requires(element), subgraph.provides(element)
    return FieldView(
        base=element.type.base,
        external=subgraph.is_external(definition, element),
        overridden_by=taken[0] if taken is not None and taken[1] is None else None,
        label=label,
        requires=requires.selection if requires else None,
        provides=provides.selection if provides else None,
        contexts=tuple(_contexts_read(subgraph, element)),
    )


def _contexts_read(subgraph: SubgraphSchema, element: FieldDefinition) -> Iterator[str]:
    for argument in element.arguments.values():
        for applied in subgraph.applied(argument, "fromContext"):
            name, _ = split_context(string_value(applied.arguments.get("field")) or "")
            if name:
                yield name
