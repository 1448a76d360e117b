"""Merging type references that differ between subgraphs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from trellis.router.composition.model import Schema, TypeKind, TypeRef


@dataclass(frozen=True, slots=True)
class MergedReference:
    """``type`` of the merged element; ``same`` when every source has exactly that type;
    ``compatible`` is False when there is no common type."""

    type: TypeRef
    same: bool = True
    compatible: bool = True


def merge_references(
    schema: Schema, references: Iterable[TypeRef], *, is_input: bool
) -> MergedReference:
    """The widest of the references for an output position, the narrowest for an input position.

    ``schema`` is the merged one, its interfaces and unions filled in already.
    """
    types = iter(references)
    chosen = next(types)
    same = compatible = True
    for reference in types:
        if reference == chosen:
            continue
        same = False
        if is_strict_subtype(schema, chosen, reference):
            chosen = reference if is_input else chosen
        elif is_strict_subtype(schema, reference, chosen):
            chosen = chosen if is_input else reference
        else:
            compatible = False
    return MergedReference(chosen, same, compatible)


def is_strict_subtype(schema: Schema, wide: TypeRef, narrow: TypeRef) -> bool:
    """Whether ``narrow`` is a subtype of ``wide`` and not equal to it."""
    if wide == narrow:
        return False
    if narrow.non_null:
        inner = narrow.nullable()
        target = wide.nullable()
        return inner == target or is_strict_subtype(schema, target, inner)
    if wide.non_null:
        return False
    if wide.of is not None:
        return narrow.of is not None and is_strict_subtype(schema, wide.of, narrow.of)
    return narrow.of is None and _is_member(schema, wide.base, narrow.base)


def _is_member(schema: Schema, wide: str, narrow: str) -> bool:
    outer, inner = schema.types.get(wide), schema.types.get(narrow)
    if outer is None or inner is None:
        return False
    if outer.kind is TypeKind.UNION:
        return narrow in outer.members
    return outer.kind is TypeKind.INTERFACE and wide in inner.interfaces
