"""Contracts: a part of a supergraph, selected by ``@tag``, for some of its clients.

What a contract excludes becomes ``@inaccessible``. Subgraphs, joins and query plans stay as they
are, so the same router serves it, and fields that only keys or ``@requires`` use still work.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace

from trellis.router.composition.api_schema import INACCESSIBLE_URL, api_schema
from trellis.router.composition.compose import Composition
from trellis.router.composition.contract_reach import reachable_types
from trellis.router.composition.graphql_rules.violation import Violation
from trellis.router.composition.join import JOIN_URL
from trellis.router.composition.link import Links, read_links
from trellis.router.composition.merge.state import Merge
from trellis.router.composition.model import (
    AppliedDirective,
    Element,
    FieldDefinition,
    Schema,
    TypeDefinition,
    TypeKind,
)
from trellis.router.composition.parse import parse_schema
from trellis.router.composition.post.inaccessible import check_inaccessible
from trellis.router.composition.post.validity import violations
from trellis.router.composition.report import CompositionError, CompositionHint
from trellis.router.composition.sdl import print_schema
from trellis.router.composition.specs import LAST_FEDERATION_MINOR, federation_definitions
from trellis.router.composition.values import enum_value, string, string_of

TAG_URL = "https://specs.apollo.dev/tag"
_COMPOSITE = (TypeKind.OBJECT, TypeKind.INTERFACE)
_CHILDLESS_INPUT = (TypeKind.SCALAR, TypeKind.ENUM, TypeKind.INPUT_OBJECT)


def contract(
    supergraph_sdl: str,
    *,
    include: Collection[str] = (),
    exclude: Collection[str] = (),
    hide_unreachable: bool = True,
) -> Composition:
    """The part of a supergraph that tags select, as a supergraph of its own and its API schema.

    - A tag on a type applies to its fields or values, a tag on a field to its arguments.
    - Elements with an ``exclude`` tag are removed, even if they have an ``include`` tag.
    - With ``include`` tags only fields and unions with such a tag stay, and the scalars, enums and
      input objects that their arguments and results use. If some values of an enum (or fields of
      an input object) have such a tag, only these stay. An untagged field stays if one of its
      arguments is tagged.
    - Types with nothing left are removed, and so are interface fields that no implementation has.
    - ``hide_unreachable``: types that no operation reaches are removed, unless they have an include
      tag.

    Errors: ``INVALID_CONTRACT`` when a tag is both included and excluded, and those of
    ``@inaccessible`` (``QUERY_ROOT_TYPE_INACCESSIBLE``, ``REFERENCED_INACCESSIBLE``,
    ``REQUIRED_INACCESSIBLE``, ..., ``INVALID_GRAPHQL``) when what stays depends on what is removed.
    A tag that no element has gives the hint ``CONTRACT_TAG_UNUSED``. Raises ``ValueError`` when the
    text is not a supergraph.
    """
    wanted = _Wanted(frozenset(include), frozenset(exclude), hide_unreachable)
    both = sorted(wanted.include & wanted.exclude)
    if both:
        tags = ", ".join(f'"{tag}"' for tag in both)
        message = f"A contract cannot both include and exclude {tags}: remove it from one list."
        return Composition((CompositionError("INVALID_CONTRACT", message),))
    schema, links = _read(supergraph_sdl)
    filtered = _Filter(schema, links, wanted, _link_inaccessible(schema, links))
    filtered.run()
    hints = tuple(_unused_tags(wanted, filtered.seen_tags))
    errors = _check(filtered)
    if errors:
        return Composition(errors, hints)
    api = api_schema(schema, is_machinery=filtered.is_machinery, inaccessible=filtered.inaccessible)
    errors = tuple(_violated(violation) for violation in violations(api))
    if errors:
        return Composition(errors, hints)
    return Composition((), hints, print_schema(schema), print_schema(api))


@dataclass(frozen=True, slots=True)
class _Wanted:
    include: frozenset[str]
    exclude: frozenset[str]
    hide_unreachable: bool


def _read(supergraph_sdl: str) -> tuple[Schema, Links]:
    schema, errors = parse_schema("supergraph", supergraph_sdl)
    if errors:
        raise ValueError(f"This supergraph cannot be read: {errors[0].message}")
    # read_links rejects the join specification in subgraphs; a supergraph has to link it.
    links, _ = read_links(schema)
    if JOIN_URL not in links.by_identity:
        raise ValueError(f"This is not a supergraph: it does not link {JOIN_URL}.")
    return schema, links


def _link_inaccessible(schema: Schema, links: Links) -> str:
    """The local name of ``@inaccessible``; links the specification if it is not linked yet."""
    link = links.by_identity.get(INACCESSIBLE_URL)
    name = link.local_name("@inaccessible")[1:] if link else _free_name(schema, links)
    if link is None:
        schema.applied.append(_link_like_that_of_join(schema, name))
    if name not in schema.directives:
        known = federation_definitions((2, LAST_FEDERATION_MINOR)).directives["inaccessible"]
        schema.directives[name] = replace(known, name=name)
    return name


def _free_name(schema: Schema, links: Links) -> str:
    taken = {link.namespace for link in links} | set(schema.directives)
    names = ("inaccessible", *(f"inaccessible_{n}" for n in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


def _link_like_that_of_join(schema: Schema, name: str) -> AppliedDirective:
    """Links like the one of the join specification: old supergraphs use ``@core(feature:)``
    instead of ``@link(url:)``."""
    for applied in schema.applied:
        for argument, value in applied.arguments.items():
            if (string_of(value) or "").startswith(f"{JOIN_URL}/"):
                arguments = {argument: string(f"{INACCESSIBLE_URL}/v0.2")}
                if name != "inaccessible":
                    arguments["as"] = string(name)
                if "for" in applied.arguments:
                    arguments["for"] = enum_value("SECURITY")
                return AppliedDirective(applied.name, arguments)
    raise ValueError(f"This is not a supergraph: it does not link {JOIN_URL}.")


@dataclass
class _Filter:
    """Puts ``@inaccessible`` on everything that the contract excludes."""

    schema: Schema
    links: Links
    wanted: _Wanted
    inaccessible: str
    seen_tags: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        link = self.links.by_identity.get(TAG_URL)
        self.tag = link.local_name("@tag")[1:] if link else None
        self.types = [t for t in self.schema.types.values() if not self.is_machinery(t.name)]

    def run(self) -> None:
        for definition in self.types:
            self.match(definition)
        self.hide_empty()
        self.hide_unreachable()

    def is_machinery(self, name: str) -> bool:
        """Elements of linked features; directives with their ``@``."""
        return name == f"@{self.inaccessible}" or self.links.source_of(name) is not None

    def is_hidden(self, element: Element) -> bool:
        return any(applied.name == self.inaccessible for applied in element.applied)

    def hide(self, element: Element) -> None:
        if not self.is_hidden(element):
            element.applied.append(AppliedDirective(self.inaccessible))

    # Tags

    def tags(self, element: Element, inherited: frozenset[str] = frozenset()) -> frozenset[str]:
        if self.tag is None:
            return inherited
        own = (string_of(a.arguments.get("name")) for a in element.applied if a.name == self.tag)
        found = {tag for tag in own if tag is not None}
        self.seen_tags |= found
        return inherited | found

    def is_included(self, tags: frozenset[str]) -> bool:
        return not self.wanted.include or not tags.isdisjoint(self.wanted.include)

    def is_excluded(self, tags: frozenset[str]) -> bool:
        return not tags.isdisjoint(self.wanted.exclude)

    def match(self, definition: TypeDefinition) -> None:
        tags = self.tags(definition)
        is_union = definition.kind is TypeKind.UNION
        if self.is_excluded(tags) or (is_union and not self.is_included(tags)):
            self.hide(definition)
        for child in definition.fields.values():
            self.match_field(child, tags)
        children = [*definition.input_fields.values(), *definition.values.values()]
        child_tags = [self.tags(child, tags) for child in children]
        # If no part of a type is selected, the type is needed as a whole or not at all.
        chooses = any(self.is_included(found) for found in child_tags)
        for child, found in zip(children, child_tags, strict=True):
            if self.is_excluded(found) or (chooses and not self.is_included(found)):
                self.hide(child)

    def match_field(self, field_: FieldDefinition, inherited: frozenset[str]) -> None:
        tags = self.tags(field_, inherited)
        for argument in field_.arguments.values():
            found = self.tags(argument, tags)
            if self.is_excluded(found) or not self.is_included(found):
                self.hide(argument)
        keeps_argument = any(not self.is_hidden(a) for a in field_.arguments.values())
        if self.is_excluded(tags) or not (self.is_included(tags) or keeps_argument):
            self.hide(field_)

    # Consequences

    def hide_empty(self) -> None:
        """Repeated until nothing changes: an emptied type may empty a union or an interface."""
        while sum(self.hide_if_empty(definition) for definition in self.types):
            pass

    def hide_if_empty(self, definition: TypeDefinition) -> bool:
        if self.is_hidden(definition):
            return False
        if definition.kind is TypeKind.INTERFACE:
            self.hide_unimplemented(definition)
        children: list[Element] = [
            *definition.fields.values(),
            *definition.input_fields.values(),
            *definition.values.values(),
            *(self.schema.types[name] for name in definition.members if name in self.schema.types),
        ]
        if not children or not all(self.is_hidden(child) for child in children):
            return False
        self.hide(definition)
        return True

    def hide_unimplemented(self, interface: TypeDefinition) -> None:
        objects = [
            t for t in self.types if t.kind is TypeKind.OBJECT and interface.name in t.interfaces
        ]
        for name, wanted in interface.fields.items():
            if objects and all(self.is_hidden(t) or self.lacks(t, name) for t in objects):
                self.hide(wanted)

    def lacks(self, definition: TypeDefinition, name: str) -> bool:
        found = definition.fields.get(name)
        return found is not None and self.is_hidden(found)

    def hide_unreachable(self) -> None:
        """Hide types that are not reached. Without the option, only those that are part of
        arguments and results which no included element uses."""
        kinds = tuple(TypeKind) if self.wanted.hide_unreachable else _CHILDLESS_INPUT
        if not self.wanted.hide_unreachable and not self.wanted.include:
            return
        reached = reachable_types(self.schema, self.entries(), self.is_hidden)
        for definition in self.types:
            if definition.kind in kinds and definition.name not in reached:
                self.hide(definition)

    def entries(self) -> Iterator[str]:
        """The root types, and the types that an include tag names."""
        yield from self.schema.roots.values()
        for directive in self.schema.directives.values():
            if not self.is_machinery(f"@{directive.name}"):
                yield from (argument.type.base for argument in directive.arguments.values())
        for definition in self.types:
            if self.wanted.include and self.is_included(self.tags(definition)):
                yield definition.name


def _check(filtered: _Filter) -> tuple[CompositionError, ...]:
    """Check the rules of ``@inaccessible``, as if a subgraph had applied it."""
    schema = filtered.schema
    machinery = {name for name in schema.directives if filtered.is_machinery(f"@{name}")}
    merge = Merge(
        [],
        [],
        schema,
        composed={0: frozenset(machinery)},
        directive_names={"inaccessible": filtered.inaccessible},
    )
    check_inaccessible(merge)
    return tuple(replace(e, message=f"In this contract: {e.message}") for e in merge.errors)


def _violated(violation: Violation) -> CompositionError:
    message = f"In this contract: {violation.message}"
    return CompositionError("INVALID_GRAPHQL", message, violation.coordinate)


def _unused_tags(wanted: _Wanted, seen: Collection[str]) -> Iterator[CompositionHint]:
    for tag in sorted(wanted.include | wanted.exclude):
        if tag not in seen:
            message = f'No element of the supergraph has the tag "{tag}"; check its spelling.'
            yield CompositionHint("CONTRACT_TAG_UNUSED", message, "WARN")
