"""Unions: the members of every subgraph."""

from __future__ import annotations

from trellis.router.composition.merge.state import Merge, quoted
from trellis.router.composition.model import AppliedDirective, TypeDefinition, TypeKind
from trellis.router.composition.values import enum_value, string


def merge_union(merge: Merge, definition: TypeDefinition) -> None:
    """Fill in the members of a merged union, with a ``@join__unionMember`` for each source.

    Error: ``INVALID_GRAPHQL`` an ``@interfaceObject`` is a member. In the supergraph it is an
    interface, but members of unions must be object types (GraphQL specification, 3.8).
    """
    holders = merge.sources[definition.name]
    for name in dict.fromkeys(name for t in holders.values() for name in t.members):
        if name not in merge.merged.types:
            continue
        if merge.merged.types[name].kind is not TypeKind.OBJECT:
            merge.error(
                "INVALID_GRAPHQL",
                f'Union "{definition.name}" has the @interfaceObject "{name}" as a member in '
                f"{quoted(merge.name(i) for i, t in holders.items() if name in t.members)}, but "
                f'"{name}" is an interface in the supergraph. Return an interface that '
                f'"{name}" implements instead of the union.',
                definition.name,
                holders.values(),
            )
            continue
        definition.members.append(name)
        for index, source in holders.items():
            if name in source.members:
                definition.applied.append(
                    AppliedDirective(
                        "join__unionMember",
                        {"graph": enum_value(merge.graphs[index]), "member": string(name)},
                    )
                )
        missing = [i for i, source in holders.items() if name not in source.members]
        if missing:
            merge.hint(
                "INCONSISTENT_UNION_MEMBER",
                f'Union "{definition.name}" has no member "{name}" in '
                f"{quoted(map(merge.name, missing))}.",
                definition.name,
                holders.values(),
            )
