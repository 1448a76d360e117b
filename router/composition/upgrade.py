"""Upgrades federation 1 subgraphs to federation 2.

Federation 1 validated less: it ignored directives that it could not use, and every type could be
shared. So what it ignored is removed, and ``@shareable`` is added.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from graphql import (
    EnumValueNode,
    FieldNode,
    InlineFragmentNode,
    ListValueNode,
    SelectionSetNode,
    StringValueNode,
    ValueNode,
    print_ast,
)

from trellis.router.composition.fieldsets import target_fields
from trellis.router.composition.model import (
    AppliedDirective,
    FieldDefinition,
    Schema,
    TypeDefinition,
    TypeKind,
)
from trellis.router.composition.report import CompositionError
from trellis.router.composition.rules.field_set import FieldSetRule, makes_sense
from trellis.router.composition.rules.provides import PROVIDES
from trellis.router.composition.rules.requires import REQUIRES
from trellis.router.composition.specs import (
    FEDERATION,
    LAST_FEDERATION_MINOR,
    federation_definitions,
)
from trellis.router.composition.subgraph import Element, FieldSet, SubgraphSchema

_COMPOSITE = (TypeKind.OBJECT, TypeKind.INTERFACE)
_FIELD_SETS = ("key", "requires", "provides")


def upgrade_subgraphs(
    subgraphs: Sequence[SubgraphSchema],
) -> tuple[list[SubgraphSchema], list[tuple[str, CompositionError]]]:
    """Replace the federation 1 subgraphs by their upgrades, based on all subgraphs as given.

    Returns all subgraphs in their order, and errors with the name of their subgraph:
    ``EXTENSION_WITH_NO_BASE``, ``TYPE_WITH_ONLY_UNUSED_EXTERNAL``,
    ``INTERFACE_OBJECT_USAGE_ERROR``.
    """
    if all(subgraph.is_fed2 for subgraph in subgraphs):
        return list(subgraphs), []
    upgraded: list[SubgraphSchema] = []
    errors: list[tuple[str, CompositionError]] = []
    for subgraph in subgraphs:
        if subgraph.is_fed2:
            upgraded.append(subgraph)
            continue
        others = [other for other in subgraphs if other is not subgraph]
        upgrade = _Upgrade(subgraph, others)
        upgraded.append(upgrade.run())
        errors += [(subgraph.name, error) for error in upgrade.errors]
    return upgraded, errors


class _Upgrade:
    """The upgrade of one subgraph. ``original`` and ``others`` are never changed."""

    def __init__(self, original: SubgraphSchema, others: Sequence[SubgraphSchema]) -> None:
        self.original = original
        self.others = others
        self.schema: Schema = original.schema.copy()
        self.subgraph = replace(original, schema=self.schema)
        self.errors: list[CompositionError] = []

    def run(self) -> SubgraphSchema:
        """The order matters: later steps do not look at what earlier ones removed, and everything
        that removes directives comes before the search for unused externals."""
        self.refuse_baseless_extensions()
        self.refuse_interface_objects_elsewhere()
        for change in (
            self.quote_field_sets,
            self.remove_external_from_interfaces_and_types,
            self.remove_external_from_extensions,
            self.remove_inactive_field_sets,
            self.define_extensions,
            self.remove_directives_from_interfaces,
            self.remove_provides_of_leaves,
            self.remove_unused_externals,
            self.add_shareable,
            self.remove_tags_from_externals,
        ):
            change()
            self.subgraph.forget_views()
        newest = federation_definitions((2, LAST_FEDERATION_MINOR))
        self.subgraph.spec_directives = {
            **newest.directives,
            **self.original.spec_directives,
            "shareable": newest.directives["shareable"],
        }
        return self.subgraph

    def refuse(self, code: str, message: str, definition: TypeDefinition) -> None:
        places = (definition.place,) if definition.place else ()
        self.errors.append(CompositionError(code, message, definition.name, places))

    # What federation 1 rejected

    def refuse_baseless_extensions(self) -> None:
        for definition in self.composites():
            if definition.name in self.schema.roots.values() or not self.is_extension(definition):
                continue
            in_others = [other.schema.types.get(definition.name) for other in self.others]
            if not any(other is not None and other.has_definition for other in in_others):
                self.refuse(
                    "EXTENSION_WITH_NO_BASE",
                    f'Type "{definition.name}" is an extension, but no other subgraph defines it:'
                    ' write "type" instead of "extend type" in one of them.',
                    definition,
                )

    def refuse_interface_objects_elsewhere(self) -> None:
        """An interface with a key loses it in the upgrade, so it cannot be the interface of an
        interface object, which needs that key."""
        for interface in self.schema.types_of(TypeKind.INTERFACE):
            users = [
                f'"{other.name}"'
                for other in self.others
                if (found := other.schema.types.get(interface.name)) is not None
                and other.is_interface_object(found)
            ]
            if users and self.subgraph.is_entity(interface):
                self.refuse(
                    "INTERFACE_OBJECT_USAGE_ERROR",
                    f'Interface "{interface.name}" has a @key and is an @interfaceObject in'
                    f" {', '.join(users)}: that needs federation 2 here too, so add a @link to"
                    f" {FEDERATION}.",
                    interface,
                )

    # What federation 1 accepted

    def quote_field_sets(self) -> None:
        """``fields: [a, b]`` and ``fields: a`` were accepted as strings."""
        for _, _, element in self.schema.elements():
            for applied in element.applied:
                if applied.feature is None or applied.name not in _FIELD_SETS:
                    continue
                text = _loose_text(applied.arguments.get("fields"))
                if text is not None:
                    value = StringValueNode(value=text)
                    applied.arguments = {**applied.arguments, "fields": value}

    def remove_external_from_interfaces_and_types(self) -> None:
        for definition in self.composites():
            self.remove(definition, "external")
            if definition.kind is TypeKind.INTERFACE:
                for field in definition.fields.values():
                    self.remove(field, "external")

    def remove_external_from_extensions(self) -> None:
        """A type extension resolved its key fields: those of its own keys or, without any, those
        of the first key of each other subgraph."""
        for definition in self.composites():
            is_root = definition.name in self.schema.roots.values()
            if not is_root and not self.is_extension(definition):
                continue
            if self.subgraph.is_entity(definition):
                for key in self.subgraph.keys(definition):
                    if key.selection is not None:
                        for _, field in target_fields(
                            self.schema, definition, key.selection, implementations=False
                        ):
                            self.remove(field, "external")
            else:
                self.remove_external_of_foreign_keys(definition)

    def remove_external_of_foreign_keys(self, definition: TypeDefinition) -> None:
        for other in self.others:
            foreign = other.schema.types.get(definition.name)
            keys = other.keys(foreign) if foreign is not None else []
            if foreign is None or not keys or keys[0].selection is None:
                continue
            for item in keys[0].selection.selections:
                if isinstance(item, FieldNode) and item.name.value in definition.fields:
                    self.remove(definition.fields[item.name.value], "external")

    def remove_inactive_field_sets(self) -> None:
        """``@requires`` and ``@provides`` of fields that the subgraph resolves had no effect."""
        for definition in self.composites():
            for field in definition.fields.values():
                requires, provides = self.subgraph.requires(field), self.subgraph.provides(field)
                if requires is not None:
                    self.remove_inactive(field, REQUIRES, requires, definition)
                provided = self.schema.types.get(field.type.base)
                if provides is not None and provided is not None:
                    self.remove_inactive(field, PROVIDES, provides, provided)

    def remove_inactive(
        self, field: FieldDefinition, rule: FieldSetRule, found: FieldSet, parent: TypeDefinition
    ) -> None:
        if found.selection is None or not makes_sense(self.subgraph, rule, parent, found.selection):
            return
        kept = _active_part(self.subgraph, parent, found.selection)
        if kept is None:
            self.remove(field, rule.directive)
        elif kept is not found.selection:
            value = StringValueNode(value=_inner_text(kept))
            found.applied.arguments = {**found.applied.arguments, "fields": value}

    def define_extensions(self) -> None:
        for definition in self.composites():
            is_root = definition.name in self.schema.roots.values()
            if is_root or self.is_extension(definition):
                if not definition.has_definition:
                    self.remove(definition, "extends")
                definition.has_definition, definition.has_extension = True, False
                applications = [a for field in definition.fields.values() for a in field.applied]
                for applied in (*definition.applied, *applications):
                    applied.on_extension, applied.declaration = False, 0
                for field in definition.fields.values():
                    field.on_extension, field.declaration = False, 0

    def remove_directives_from_interfaces(self) -> None:
        for interface in self.schema.types_of(TypeKind.INTERFACE):
            self.remove(interface, "key")
            for field in interface.fields.values():
                self.remove(field, "requires", "provides")

    def remove_provides_of_leaves(self) -> None:
        for definition in self.schema.types_of(TypeKind.OBJECT):
            for field in definition.fields.values():
                provided = self.schema.types.get(field.type.base)
                if provided is None or provided.kind in (TypeKind.SCALAR, TypeKind.ENUM):
                    self.remove(field, "provides")

    def remove_unused_externals(self) -> None:
        for definition in list(self.composites()):
            unused = [
                field.name
                for field in definition.fields.values()
                if self.subgraph.is_external(definition, field)
                and not self.subgraph.is_used(definition, field)
            ]
            for name in unused:
                del definition.fields[name]
            # A query type is never empty: federation adds its own fields.
            is_query = definition.name == self.schema.roots.get("query")
            if definition.fields or not unused or is_query:
                continue
            if self.is_referenced(definition.name):
                self.refuse(
                    "TYPE_WITH_ONLY_UNUSED_EXTERNAL",
                    f'Type "{definition.name}" has only external fields and none of them is named'
                    " by a @key, @requires or @provides: it would be empty. Remove the type, or"
                    " give it a field of its own.",
                    definition,
                )
            else:
                del self.schema.types[definition.name]
                self.schema.roots = {
                    kind: name
                    for kind, name in self.schema.roots.items()
                    if name != definition.name
                }

    def add_shareable(self) -> None:
        """Value types were shareable as a whole, fields of entities and root types wherever
        several subgraphs resolve them."""
        for definition in self.schema.types_of(TypeKind.OBJECT):
            if definition.name == self.schema.roots.get("subscription"):
                continue
            is_root = definition.name in self.schema.roots.values()
            if is_root or self.subgraph.is_entity(definition):
                original = self.original.schema.types[definition.name]
                for field in definition.fields.values():
                    # In federation 1 only key fields and provided ones count as shareable.
                    if not self.original.is_shareable(original, field) and any(
                        _resolves(other, definition.name, field.name) for other in self.others
                    ):
                        self.mark_shareable(field)
            elif any(definition.name in other.schema.types for other in self.others):
                self.mark_shareable(definition)

    def mark_shareable(self, element: TypeDefinition | FieldDefinition) -> None:
        if not self.subgraph.has(element, "shareable"):
            element.applied.append(
                AppliedDirective("shareable", place=element.place, feature=FEDERATION)
            )

    def remove_tags_from_externals(self) -> None:
        """Drop a tag on an external field if the field has it where it is resolved."""
        for definition in self.composites():
            for field in definition.fields.values():
                if self.subgraph.has(field, "external"):
                    elsewhere = set(self.tags_elsewhere(definition.name, field.name))
                    field.applied = [
                        applied
                        for applied in field.applied
                        if not (_is(applied, "tag") and _tag_name(applied) in elsewhere)
                    ]

    def tags_elsewhere(self, type_name: str, field_name: str) -> Iterator[str]:
        for other in self.others:
            definition = other.schema.types.get(type_name)
            field = definition.fields.get(field_name) if definition else None
            if field is not None and not other.has(field, "external"):
                yield from (_tag_name(applied) for applied in other.applied(field, "tag"))

    # Queries and changes

    def composites(self) -> Iterator[TypeDefinition]:
        return (t for t in self.schema.types.values() if t.kind in _COMPOSITE)

    def is_extension(self, definition: TypeDefinition) -> bool:
        return self.subgraph.has(definition, "extends") or not definition.has_definition

    def is_referenced(self, name: str) -> bool:
        if name in self.schema.roots.values():
            return True
        return any(
            name
            in (definition.members if definition.kind is TypeKind.UNION else definition.interfaces)
            or any(field.type.base == name for field in definition.fields.values())
            for definition in self.schema.types.values()
        )

    def remove(self, element: Element, *directives: str) -> None:
        element.applied = [a for a in element.applied if not _is(a, *directives)]


def _is(applied: AppliedDirective, *directives: str) -> bool:
    return applied.feature is not None and applied.name in directives


def _tag_name(applied: AppliedDirective) -> str:
    value = applied.arguments.get("name")
    return value.value if isinstance(value, StringValueNode) else ""


def _loose_text(value: ValueNode | None) -> str | None:
    """The string that federation 1 read from a field set that is not one; None if it is one."""
    if isinstance(value, EnumValueNode):
        return value.value
    if isinstance(value, ListValueNode):
        items = [item.value for item in value.values if isinstance(item, StringValueNode)]
        return " ".join(items) if len(items) == len(value.values) else None
    return None


def _resolves(subgraph: SubgraphSchema, type_name: str, field_name: str) -> bool:
    definition = subgraph.schema.types.get(type_name)
    if definition is None or definition.kind is not TypeKind.OBJECT:
        return False
    field = definition.fields.get(field_name)
    return field is not None and not subgraph.is_fully_external(definition, field)


def _active_part(
    subgraph: SubgraphSchema, parent: TypeDefinition, selection: SelectionSetNode
) -> SelectionSetNode | None:
    """The selection without the leaves that the subgraph resolves itself: the same object when
    there is none, None when nothing is left."""
    kept = []
    for item in selection.selections:
        active = item
        if isinstance(item, InlineFragmentNode):
            condition = item.type_condition
            inner = subgraph.schema.types.get(condition.name.value) if condition else parent
            if inner is not None:
                active = _active_item(subgraph, inner, item)
        elif isinstance(item, FieldNode):
            field = parent.fields.get(item.name.value)
            if field is not None and not subgraph.is_external_somewhere(parent, field):
                inner = subgraph.schema.types.get(field.type.base)
                if item.selection_set is None:
                    active = None
                elif inner is not None:
                    active = _active_item(subgraph, inner, item)
        if active is not None:
            kept.append(active)
    if not kept:
        return None
    if len(kept) == len(selection.selections) and all(
        new is old for new, old in zip(kept, selection.selections, strict=True)
    ):
        return selection
    return SelectionSetNode(selections=tuple(kept))


def _active_item(
    subgraph: SubgraphSchema, inner: TypeDefinition, item: FieldNode | InlineFragmentNode
) -> FieldNode | InlineFragmentNode | None:
    assert item.selection_set is not None
    active = _active_part(subgraph, inner, item.selection_set)
    if active is None or active is item.selection_set:
        return None if active is None else item
    if isinstance(item, InlineFragmentNode):
        return InlineFragmentNode(
            type_condition=item.type_condition, directives=item.directives, selection_set=active
        )
    return FieldNode(
        name=item.name,
        alias=item.alias,
        arguments=item.arguments,
        directives=item.directives,
        selection_set=active,
    )


def _inner_text(selection: SelectionSetNode) -> str:
    """The selection on one line, without its outer braces."""
    text = " ".join(print_ast(selection).split())
    return text.removeprefix("{").removesuffix("}").strip()
