"""Sharing: a field that several subgraphs resolve must be shareable in all of them."""

from __future__ import annotations

from collections.abc import Mapping

from router.composition.merge.interface_object import abstracting_fields
from router.composition.merge.override import OverrideOutcome
from router.composition.merge.state import Merge, quoted
from router.composition.model import FieldDefinition, TypeDefinition


def check_sharing(
    merge: Merge,
    parent: TypeDefinition,
    name: str,
    fields: Mapping[int, FieldDefinition | None],
    outcome: OverrideOutcome,
) -> None:
    """``INVALID_FIELD_SHARING`` unless at most one subgraph resolves the field or all that do
    mark it ``@shareable`` (keys and provided fields are so implicitly).

    Subscription fields cannot be marked at all: events have one source."""
    if parent.name == merge.merged.roots.get("subscription"):
        _refuse_shareable_subscription(merge, f"{parent.name}.{name}", fields)
    shareable: list[str] = []
    exclusive: list[str] = []
    for index, source in fields.items():
        subgraph = merge.subgraphs[index]
        if source is None:
            copies = [(a.parent, a.field) for a in abstracting_fields(merge, parent, name, index)]
        elif index in outcome.overridden:
            continue
        else:
            copies = [(merge.sources[parent.name][index], source)]
        for owner, copy in copies:
            if subgraph.is_fully_external(owner, copy):
                continue
            target = shareable if subgraph.is_shareable(owner, copy) else exclusive
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
    merge: Merge, coordinate: str, fields: Mapping[int, FieldDefinition | None]
) -> None:
    marked = {
        i: f for i, f in fields.items() if f is not None and merge.subgraphs[i].has(f, "shareable")
    }
    if marked:
        merge.error(
            "INVALID_FIELD_SHARING",
            f"Subscription field {coordinate} is @shareable in {quoted(map(merge.name, marked))}: "
            "subscriptions cannot be shared, remove it.",
            coordinate,
            marked.values(),
        )
