"""``@shareable``: a field that several subgraphs resolve must be shareable in all of them."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from trellis.router.composition.merge.interface_object import abstracting_fields
from trellis.router.composition.merge.state import Merge, quoted
from trellis.router.composition.model import FieldDefinition, TypeDefinition


def check_sharing(
    merge: Merge,
    parent: TypeDefinition,
    name: str,
    fields: Mapping[int, FieldDefinition],
    overridden: AbstractSet[int] = frozenset(),
) -> None:
    """``INVALID_FIELD_SHARING`` unless at most one subgraph resolves the field or all that do
    mark it ``@shareable`` (keys and provided fields are so implicitly).

    Subscription fields cannot be marked at all: events have one source."""
    if parent.name == merge.merged.roots.get("subscription"):
        _refuse_shareable_subscription(merge, f"{parent.name}.{name}", fields)
    copies = [
        (index, merge.sources[parent.name][index], field)
        for index, field in fields.items()
        if index not in overridden
    ]
    copies += [(a.index, a.parent, a.field) for a in abstracting_fields(merge, parent, name)]
    shareable: list[str] = []
    exclusive: list[str] = []
    for index, owner, field in copies if len(copies) > 1 else ():
        subgraph = merge.subgraphs[index]
        if subgraph.is_fully_external(owner, field):
            continue
        target = shareable if subgraph.is_shareable(owner, field) else exclusive
        through = "" if owner.name == parent.name else f", @interfaceObject {owner.name}"
        target.append(f"{subgraph.name}{through}")
    if exclusive and len(exclusive) + len(shareable) > 1:
        coordinate = f"{parent.name}.{name}"
        merge.error(
            "INVALID_FIELD_SHARING",
            f"{coordinate} is resolved by several subgraphs and must then be @shareable in each: "
            f"it is not in {quoted(exclusive)}"
            + (f" (it is in {quoted(shareable)})." if shareable else "."),
            coordinate,
            fields.values(),
        )


def _refuse_shareable_subscription(
    merge: Merge, coordinate: str, fields: Mapping[int, FieldDefinition]
) -> None:
    marked = {i: f for i, f in fields.items() if merge.subgraphs[i].has(f, "shareable")}
    if marked:
        merge.error(
            "INVALID_FIELD_SHARING",
            f"Subscription field {coordinate} is @shareable in {quoted(map(merge.name, marked))}: "
            "subscriptions cannot be shared, remove it.",
            coordinate,
            marked.values(),
        )
