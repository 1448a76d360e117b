"""Unions: the members of every subgraph."""

from __future__ import annotations

from router.composition.merge.state import Merge, quoted
from router.composition.model import AppliedDirective, TypeDefinition
from router.composition.values import enum_value, string


def merge_union(merge: Merge, definition: TypeDefinition) -> None:
    """Fill in the members of a merged union, with a ``@join__unionMember`` for each source."""
    holders = merge.sources[definition.name]
    for name in dict.fromkeys(name for t in holders.values() for name in t.members):
        if name not in merge.merged.types:
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
