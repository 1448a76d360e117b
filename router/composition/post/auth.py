"""Authorization requirements that interfaces inherit, and that fields with inputs must repeat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from graphql import FieldNode, InlineFragmentNode, SelectionSetNode

from trellis.router.composition.fieldsets import parse_field_set
from trellis.router.composition.merge.alternatives import read_alternatives, write_alternatives
from trellis.router.composition.merge.state import Element, Merge
from trellis.router.composition.model import (
    AppliedDirective,
    FieldDefinition,
    TypeDefinition,
    TypeKind,
)
from trellis.router.composition.subgraph import SubgraphSchema, split_context, string_value
from trellis.router.requirements import NOTHING_NEEDED, Requirement, all_of

ARGUMENTS = {"requiresScopes": "scopes", "policy": "policies"}


def read_requirement(element: Element, names: Mapping[str, str]) -> Requirement:
    """The requirements of a merged element; ``names`` are the directives' names there."""
    found = {d.name: d for d in element.applied}
    scopes = found.get(names.get("requiresScopes", ""))
    policies = found.get(names.get("policy", ""))
    return Requirement(
        names.get("authenticated", "") in found,
        read_alternatives(scopes.arguments.get("scopes")) if scopes else NOTHING_NEEDED,
        read_alternatives(policies.arguments.get("policies")) if policies else NOTHING_NEEDED,
    )


def add_interface_access(merge: Merge) -> None:
    """Add the requirements of all implementations to interfaces and their fields, as a query on the
    interface may reach any implementation; and add the requirements of interface objects to the
    implementations, whose fields they resolve."""
    if not _is_used(merge):
        return
    interfaces = [
        (t, [merge.merged.types[name] for name in sorted(merge.merged.runtime_types(t.name))])
        for t in merge.of_kind(TypeKind.INTERFACE)
    ]
    for interface, objects in interfaces:
        if merge.interface_objects.get(interface.name):
            _lower_access(merge, interface, objects)
    for interface, objects in interfaces:
        _raise_access(merge, interface.name, interface, objects)
        for field in interface.fields.values():
            fields = [t.fields[field.name] for t in objects if field.name in t.fields]
            _raise_access(merge, f"{interface.name}.{field.name}", field, fields)


def _lower_access(
    merge: Merge, interface: TypeDefinition, objects: Sequence[TypeDefinition]
) -> None:
    for definition in objects:
        for field in interface.fields.values():
            own = definition.fields.get(field.name)
            if own is not None:
                _raise_access(merge, f"{definition.name}.{field.name}", own, [field])


def _is_used(merge: Merge) -> bool:
    return not merge.directive_names.keys().isdisjoint(("authenticated", *ARGUMENTS))


def _raise_access(
    merge: Merge, coordinate: str, element: Element, implementing: Sequence[Element]
) -> None:
    names = merge.directive_names
    elements = (element, *implementing)
    parts = [read_requirement(e, names) for e in elements]
    total = all_of(parts)
    if total == parts[0]:
        return
    ours = {names[n] for n in ("authenticated", *ARGUMENTS) if n in names}
    kept = [d for d in element.applied if d.name not in ours]
    if total.authenticated:
        kept.append(AppliedDirective(names["authenticated"]))
    for directive, alternatives, given in (
        ("requiresScopes", total.scopes, [p.scopes for p in parts]),
        ("policy", total.policies, [p.policies for p in parts]),
    ):
        if alternatives == NOTHING_NEEDED:
            continue
        if alternatives in given:
            # Only one source: keep the directive as written.
            source = elements[given.index(alternatives)]
            kept += [d for d in source.applied if d.name == names[directive]]
        else:
            arguments = {ARGUMENTS[directive]: write_alternatives(alternatives)}
            kept.append(AppliedDirective(names[directive], arguments))
        if len(set(given) - {NOTHING_NEEDED}) > 1:
            _hint_merged(merge, coordinate, names[directive])
    element.applied = kept


def _hint_merged(merge: Merge, coordinate: str, name: str) -> None:
    merge.hint(
        "MERGED_NON_REPEATABLE_DIRECTIVE_ARGUMENTS",
        f"@{name} differs between what implements {coordinate}: all of it is required.",
        coordinate,
    )


def check_transitive_access(merge: Merge) -> None:
    """Fields that read other data by ``@requires`` or ``@fromContext`` must have the requirements
    of that data.

    Errors: ``MISSING_TRANSITIVE_AUTH_REQUIREMENTS``.
    """
    if not _is_used(merge):
        return
    for subgraph in merge.subgraphs:
        for definition in subgraph.schema.types.values():
            for field in definition.fields.values():
                _check_field(merge, subgraph, definition, field)


def _check_field(
    merge: Merge, subgraph: SubgraphSchema, definition: TypeDefinition, field: FieldDefinition
) -> None:
    reads = list(_reads(merge, subgraph, definition, field))
    if not reads:
        return
    parent = merge.merged.types[definition.name]
    held = all_of([_requirement(merge, parent), _requirement(merge, parent.fields[field.name])])
    for place, requirement in reads:
        if not held.implies(requirement):
            merge.error(
                "MISSING_TRANSITIVE_AUTH_REQUIREMENTS",
                f'{definition.name}.{field.name} in subgraph "{subgraph.name}" reads {place} and '
                "must carry the same @authenticated, @requiresScopes and @policy.",
                f"{definition.name}.{field.name}",
                [field],
            )
            return


def _requirement(merge: Merge, element: Element) -> Requirement:
    return read_requirement(element, merge.directive_names)


def _reads(
    merge: Merge, subgraph: SubgraphSchema, definition: TypeDefinition, field: FieldDefinition
) -> Iterator[tuple[str, Requirement]]:
    """Coordinates and requirements of all other data that a field reads."""
    requires = subgraph.requires(field)
    if requires is not None and requires.selection is not None:
        yield from _selected(merge, merge.merged.types[definition.name], requires.selection)
    for argument in field.arguments.values():
        for applied in subgraph.applied(argument, "fromContext"):
            name, text = split_context(string_value(applied.arguments.get("field")) or "")
            for setter in subgraph.context_setters(name):
                merged = merge.merged.types[setter.name]
                yield f'context "{name}" of {setter.name}', _requirement(merge, merged)
                yield from _selected(merge, merged, parse_field_set(text))


def _selected(
    merge: Merge, parent: TypeDefinition, selection: SelectionSetNode
) -> Iterator[tuple[str, Requirement]]:
    for item in selection.selections:
        if isinstance(item, FieldNode):
            field = parent.fields.get(item.name.value)
            if field is None:
                continue
            place = f"{parent.name}.{field.name}"
            yield place, _requirement(merge, field)
            base = merge.merged.types.get(field.type.base)
            if base is None:
                continue
            yield place, _requirement(merge, base)
            if item.selection_set is not None:
                yield from _selected(merge, base, item.selection_set)
        elif isinstance(item, InlineFragmentNode):
            name = item.type_condition.name.value if item.type_condition else parent.name
            narrowed = merge.merged.types.get(name)
            if narrowed is not None:
                yield name, _requirement(merge, narrowed)
                yield from _selected(merge, narrowed, item.selection_set)
