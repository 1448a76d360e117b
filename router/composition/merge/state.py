"""State shared by the merging steps: the sources, the result so far, errors and hints."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from trellis.router.composition.hints import LEVELS
from trellis.router.composition.link import Links
from trellis.router.composition.model import (
    DirectiveDefinition,
    EnumValue,
    FieldDefinition,
    InputValue,
    Schema,
    SourceLocation,
    TypeDefinition,
    TypeKind,
    TypeRef,
)
from trellis.router.composition.report import CompositionError, CompositionHint
from trellis.router.composition.subgraph import SubgraphSchema

Element = Schema | TypeDefinition | FieldDefinition | InputValue | EnumValue
Described = Element | DirectiveDefinition
E = TypeVar("E", bound=Described)


@dataclass(slots=True)
class EnumUsage:
    """Where an enum is used, which determines how its values are merged."""

    as_input: str | None = None
    as_output: str | None = None


@dataclass(slots=True)
class PendingDirectives:
    """An element whose directives are merged after all elements exist."""

    coordinate: str
    element: Element
    sources: Mapping[int, Element]


@dataclass(slots=True)
class Merge:
    """One run of merging. ``subgraphs`` are sorted by name: every list of sources keeps that
    order, which makes the result independent of the order they were given in."""

    subgraphs: Sequence[SubgraphSchema]
    graphs: Sequence[str]
    merged: Schema = field(default_factory=Schema)
    sources: dict[str, dict[int, TypeDefinition]] = field(default_factory=dict)
    # Subgraph index -> the directives it composes; specification name -> name in the supergraph.
    composed: dict[int, frozenset[str]] = field(default_factory=dict)
    directive_names: dict[str, str] = field(default_factory=dict)
    # What the supergraph links: namespace -> URL; and the directives of the specifications among
    # these, by their names there.
    namespaces: dict[str, str] = field(default_factory=dict)
    spec_directives: frozenset[str] = frozenset()
    # The API schema, once it is made.
    visible: Schema | None = None
    interface_objects: dict[str, frozenset[int]] = field(default_factory=dict)
    enum_usage: defaultdict[str, EnumUsage] = field(default_factory=lambda: defaultdict(EnumUsage))
    pending: list[PendingDirectives] = field(default_factory=list)
    errors: list[CompositionError] = field(default_factory=list)
    hints: list[CompositionHint] = field(default_factory=list)

    @property
    def machinery_directives(self) -> frozenset[str]:
        """The directives of the supergraph that are not for clients."""
        return self.spec_directives.union(*self.composed.values())

    def feature_of(self, name: str) -> str | None:
        """The feature (its URL) that this name in the supergraph reads as one of; directives are
        written with their ``@``. Imports count as names of their own."""
        namespace, separator, rest = name.removeprefix("@").partition("__")
        is_in_namespace = (separator and rest) or (not separator and name.startswith("@"))
        return self.namespaces.get(namespace) if is_in_namespace else None

    def as_subgraph(self) -> SubgraphSchema:
        """The merged schema in the form of a subgraph, for rules about a single subgraph."""
        return SubgraphSchema("supergraph", "", self.merged, Links())

    def name(self, index: int) -> str:
        return self.subgraphs[index].name

    def error(
        self,
        code: str,
        message: str,
        coordinate: str | None = None,
        elements: Iterable[Described | None] = (),
    ) -> None:
        self.errors.append(CompositionError(code, message, coordinate, places(elements)))

    def hint(
        self,
        code: str,
        message: str,
        coordinate: str | None = None,
        elements: Iterable[Described | None] = (),
    ) -> None:
        hint = CompositionHint(code, message, LEVELS[code], coordinate, places(elements))
        self.hints.append(hint)

    def is_external(self, index: int, parent: str, element: FieldDefinition) -> bool:
        return self.subgraphs[index].is_external(self.sources[parent][index], element)

    def is_inaccessible(self, sources: Mapping[int, Element]) -> bool:
        return any(self.subgraphs[i].has(s, "inaccessible") for i, s in sources.items())

    def note_enum_use(self, reference: TypeRef, coordinate: str, *, is_input: bool) -> None:
        base = self.merged.types.get(reference.base)
        if base is None or base.kind is not TypeKind.ENUM:
            return
        usage = self.enum_usage[base.name]
        if is_input:
            usage.as_input = usage.as_input or coordinate
        else:
            usage.as_output = usage.as_output or coordinate

    def of_kind(self, *kinds: TypeKind) -> Iterator[TypeDefinition]:
        """Merged types of these kinds; types may be removed during the iteration."""
        return iter([t for t in self.merged.types.values() if t.kind in kinds])

    def postpone_directives(
        self, coordinate: str, element: Element, sources: Mapping[int, Element | None]
    ) -> None:
        """Have the directives of the sources merged onto the element at the end: an argument of
        a directive may be of a type that is not merged yet."""
        present = {i: s for i, s in sources.items() if s is not None and s.applied}
        if present:
            self.pending.append(PendingDirectives(coordinate, element, present))


def places(elements: Iterable[Described | None]) -> tuple[SourceLocation, ...]:
    found = (e.place for e in elements if e is not None and not isinstance(e, Schema))
    return tuple(place for place in found if place is not None)


def quoted(names: Iterable[str]) -> str:
    """Subgraph names for a message: ``subgraph "a"``, ``subgraphs "a", "b" and "c"``."""
    texts = [f'"{name}"' for name in names]
    if len(texts) == 1:
        return f"subgraph {texts[0]}"
    return f"subgraphs {', '.join(texts[:-1])} and {texts[-1]}" if texts else "no subgraph"


def differences(merge: Merge, values: Mapping[int, object]) -> str:
    """What differs where: ``"Int" in subgraph "a", "Int!" in subgraphs "b" and "c"``."""
    places: dict[str, list[str]] = {}
    for index, value in values.items():
        places.setdefault(str(value), []).append(merge.name(index))
    return ", ".join(f'"{value}" in {quoted(names)}' for value, names in places.items())
