"""The merged types: their kind, the subgraphs that have them, and what they implement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from trellis.router.composition.merge.state import E, Merge, differences, quoted
from trellis.router.composition.model import AppliedDirective, TypeDefinition, TypeKind
from trellis.router.composition.values import boolean, enum_value, string

OPERATIONS = ("query", "mutation", "subscription")


def merge_roots(merge: Merge) -> None:
    """Every operation some subgraph offers; each subgraph has a query type, if only for the
    entities it resolves (federation's ``_entities`` and ``_service``)."""
    offered = {
        operation: name
        for subgraph in merge.subgraphs
        for operation, name in subgraph.schema.roots.items()
        if name in subgraph.schema.types
    }
    merge.merged.roots = {op: name for op in OPERATIONS if (name := offered.get(op)) is not None}


def collect_types(merge: Merge) -> None:
    """Create every merged type, still empty, in order of names.

    Errors: ``TYPE_KIND_MISMATCH`` one name, several kinds; ``EXTENSION_WITH_NO_BASE`` every
    subgraph only extends it; ``INTERFACE_OBJECT_USAGE_ERROR`` no subgraph has the interface itself;
    ``ROOT_QUERY_USED`` and so on: the root type of one subgraph is an ordinary type of another.
    """
    found: dict[str, dict[int, TypeDefinition]] = {}
    for index, subgraph in enumerate(merge.subgraphs):
        for definition in subgraph.schema.types.values():
            found.setdefault(definition.name, {})[index] = definition
    for operation, root in merge.merged.roots.items():
        found[root] = _only_roots(merge, operation, root, found[root])
    query = merge.merged.roots.get("query")
    if query is not None:
        found[query] = {
            i: s.schema.types.get(query) or TypeDefinition(query, TypeKind.OBJECT)
            for i, s in enumerate(merge.subgraphs)
        }
    for name in sorted(found):
        sources = found[name]
        kinds = {index: _kind(merge, index, t) for index, t in sources.items()}
        _check_base(merge, name, sources, kinds)
        if len(set(kinds.values())) > 1:
            merge.error(
                "TYPE_KIND_MISMATCH",
                f'Type "{name}" is not of one kind: {differences(merge, kinds)}. '
                "Give it the same kind everywhere, or another name.",
                name,
                sources.values(),
            )
            continue
        merge.sources[name] = sources
        merge.merged.types[name] = TypeDefinition(name, next(iter(kinds.values())))
        merge.interface_objects[name] = frozenset(
            i for i, t in sources.items() if merge.subgraphs[i].is_interface_object(t)
        )
        _check_interface_exists(merge, name, sources)


def _only_roots(
    merge: Merge, operation: str, root: str, sources: Mapping[int, TypeDefinition]
) -> dict[int, TypeDefinition]:
    """The sources that are root types in their subgraphs. A subgraph whose ``schema`` omits the
    operation may use the name for an ordinary type, whose fields could not be queried there."""
    roots = {i: t for i, t in sources.items() if operation in merge.subgraphs[i].schema.roots}
    ordinary = {i: t for i, t in sources.items() if i not in roots}
    if ordinary:
        merge.error(
            f"ROOT_{operation.upper()}_USED",
            f'"{root}" is the {operation} root type in {quoted(map(merge.name, roots))}, and a type'
            f" that is no root in {quoted(map(merge.name, ordinary))}: name the type differently,"
            f' or declare "{operation}: {root}" in the schema there.',
            root,
            ordinary.values(),
        )
    return roots


def _kind(merge: Merge, index: int, definition: TypeDefinition) -> TypeKind:
    if merge.subgraphs[index].is_interface_object(definition):
        return TypeKind.INTERFACE
    return definition.kind


def _check_base(
    merge: Merge, name: str, sources: Mapping[int, TypeDefinition], kinds: Mapping[int, TypeKind]
) -> None:
    if name in merge.merged.roots.values():
        return
    for kind in dict.fromkeys(kinds.values()):
        group = {i: t for i, t in sources.items() if kinds[i] is kind}
        # Unlike `extend type T`, `type T @extends` needs no base in another subgraph.
        if any(t.has_definition for t in group.values()):
            continue
        merge.error(
            "EXTENSION_WITH_NO_BASE",
            f'The {kind} "{name}" is only extended, in {quoted(map(merge.name, group))}: '
            "define it (without extend) in one subgraph.",
            name,
            group.values(),
        )


def _check_interface_exists(merge: Merge, name: str, sources: Mapping[int, TypeDefinition]) -> None:
    if all(merge.subgraphs[i].is_interface_object(t) for i, t in sources.items()):
        merge.error(
            "INTERFACE_OBJECT_USAGE_ERROR",
            f'Type "{name}" is an @interfaceObject in every subgraph that has it '
            f"({quoted(merge.name(i) for i in sources)}): one subgraph must define the interface.",
            name,
            sources.values(),
        )


def merge_implements(merge: Merge) -> None:
    """Fill in the interfaces of objects and interfaces: those that any subgraph declares, and those
    that follow from them (see ``_complete_implements``)."""
    for definition in merge.of_kind(TypeKind.OBJECT, TypeKind.INTERFACE):
        for index, source in merge.sources[definition.name].items():
            for interface in source.interfaces:
                if interface not in merge.merged.types:
                    continue
                if interface not in definition.interfaces:
                    definition.interfaces.append(interface)
                definition.applied.append(
                    AppliedDirective(
                        "join__implements",
                        {"graph": enum_value(merge.graphs[index]), "interface": string(interface)},
                    )
                )
    _complete_implements(merge)


def _complete_implements(merge: Merge) -> None:
    """Declare the interfaces of every interface as well (GraphQL spec 3.6.1): in one subgraph a
    type may implement an interface, in another one this interface may implement a second.

    The types have all fields of the second interface, because the first one has them. No
    ``@join__implements`` is added, as no subgraph declares it.
    """
    types = merge.merged.types
    for definition in merge.of_kind(TypeKind.OBJECT, TypeKind.INTERFACE):
        # The list grows during the iteration.
        for name in definition.interfaces:
            for inherited in types[name].interfaces:
                if inherited != definition.name and inherited not in definition.interfaces:
                    definition.interfaces.append(inherited)


def add_join_types(merge: Merge, definition: TypeDefinition) -> None:
    """One ``@join__type`` for each subgraph and key."""
    for index, source in merge.sources[definition.name].items():
        subgraph = merge.subgraphs[index]
        common = {"graph": enum_value(merge.graphs[index])}
        is_interface_object = subgraph.is_interface_object(source)
        for key in subgraph.applied(source, "key") or [None]:
            arguments = dict(common)
            if key is not None:
                arguments["key"] = key.arguments["fields"]
                if key.on_extension or subgraph.has(source, "extends"):
                    arguments["extension"] = boolean(True)
                if "resolvable" in key.arguments:
                    arguments["resolvable"] = key.arguments["resolvable"]
            if is_interface_object:
                arguments["isInterfaceObject"] = boolean(True)
            definition.applied.append(AppliedDirective("join__type", arguments))


def merge_description(
    merge: Merge, coordinate: str, element: E, sources: Mapping[int, E | None]
) -> None:
    """The most frequent description; on ties the first one."""
    texts = {i: s.description for i, s in sources.items() if s is not None and s.description}
    if not texts:
        return
    counts = Counter(texts.values())
    element.description = max(counts, key=counts.__getitem__)
    if len(counts) > 1:
        merge.hint(
            "INCONSISTENT_DESCRIPTION",
            f"Descriptions of {coordinate} differ: the one of "
            f"{quoted(merge.name(i) for i, t in texts.items() if t == element.description)} "
            "is used.",
            coordinate,
            (s for s in sources.values() if s is not None),
        )
