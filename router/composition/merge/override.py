"""``@override``: which copies of a field move to another subgraph."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from trellis.router.composition.merge.interface_object import abstracting_fields
from trellis.router.composition.merge.state import Merge
from trellis.router.composition.model import (
    AppliedDirective,
    FieldDefinition,
    TypeDefinition,
    TypeKind,
)
from trellis.router.composition.values import string_of

LABEL = re.compile(r"[a-zA-Z][a-zA-Z0-9_\-:./]*\Z")
PERCENT = re.compile(r"percent\((\d{1,2}(\.\d{1,8})?|100)\)\Z")


@dataclass(slots=True)
class OverrideOutcome:
    """By subgraph index. ``overridden``: every copy that is overridden. Of these, ``dropped`` are
    removed from the graph and ``kept`` stay because a key, ``@requires`` or interface of their
    subgraph still uses them; ``labels``: both copies of a field with a progressive override."""

    overridden: set[int] = field(default_factory=set)
    dropped: set[int] = field(default_factory=set)
    kept: set[int] = field(default_factory=set)
    labels: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Case:
    """One ``@override``: the field ``target`` moves from subgraph ``source`` to ``index``."""

    parent: TypeDefinition
    name: str
    index: int
    target: FieldDefinition
    directive: AppliedDirective

    @property
    def coordinate(self) -> str:
        return f"{self.parent.name}.{self.name}"


def resolve_overrides(
    merge: Merge,
    parent: TypeDefinition,
    name: str,
    fields: Mapping[int, FieldDefinition],
) -> OverrideOutcome:
    """Decide for every copy of a field whether it is overridden.

    Errors: ``OVERRIDE_ON_INTERFACE``, ``OVERRIDE_FROM_SELF_ERROR``,
    ``OVERRIDE_SOURCE_HAS_OVERRIDE``, ``OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE``,
    ``OVERRIDE_LABEL_INVALID``.
    """
    outcome = OverrideOutcome()
    cases = [
        _Case(parent, name, index, source, applied[-1])
        for index, source in fields.items()
        if source.applied and (applied := merge.subgraphs[index].applied(source, "override"))
    ]
    overriding = {case.index for case in cases}
    for case in cases:
        if _is_allowed_here(merge, case):
            origin = _origin(merge, case, fields, overriding)
            if origin is None:
                continue
            source = fields.get(origin)
            if source is None:
                _report_nothing_to_override(merge, case, origin)
            elif _is_free_of_collisions(merge, case, origin, source):
                _apply(merge, case, origin, source, outcome)
    return outcome


def _is_allowed_here(merge: Merge, case: _Case) -> bool:
    if case.index in merge.interface_objects.get(case.parent.name, ()):
        merge.error(
            "OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE",
            f'@override on {case.coordinate} in subgraph "{merge.name(case.index)}" is not '
            "supported: its type is an @interfaceObject there.",
            case.coordinate,
            [case.target],
        )
        return False
    if case.parent.kind is TypeKind.INTERFACE:
        merge.error(
            "OVERRIDE_ON_INTERFACE",
            f'@override on {case.coordinate} in subgraph "{merge.name(case.index)}" is not '
            "allowed: an interface field is not resolved. Put it on the implementations.",
            case.coordinate,
            [case.target],
        )
        return False
    return True


def _origin(
    merge: Merge,
    case: _Case,
    fields: Mapping[int, FieldDefinition],
    overriding: set[int],
) -> int | None:
    """The index of the subgraph named by ``from``, if there is something to override."""
    name = string_of(case.directive.arguments.get("from")) or ""
    index = next((i for i, s in enumerate(merge.subgraphs) if s.name == name), None)
    here = f'{case.coordinate} in subgraph "{merge.name(case.index)}"'
    if index is None:
        merge.hint(
            "FROM_SUBGRAPH_DOES_NOT_EXIST",
            f'{here} overrides the field from subgraph "{name}", which does not exist.',
            case.coordinate,
            [case.target],
        )
        return None
    if index == case.index:
        merge.error(
            "OVERRIDE_FROM_SELF_ERROR",
            f"{here} overrides itself: name another subgraph in `from`.",
            case.coordinate,
            [case.target],
        )
        return None
    if index in overriding:
        merge.error(
            "OVERRIDE_SOURCE_HAS_OVERRIDE",
            f'{here} overrides the field from subgraph "{name}", where it is itself marked '
            "@override: keep one of the two.",
            case.coordinate,
            [case.target, fields[index]],
        )
        return None
    return index


def _report_nothing_to_override(merge: Merge, case: _Case, origin: int) -> None:
    here = f'{case.coordinate} in subgraph "{merge.name(case.index)}"'
    abstracting = [
        a for a in abstracting_fields(merge, case.parent, case.name) if a.index == origin
    ]
    if abstracting:
        merge.error(
            "OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE",
            f'{here} overrides the field from subgraph "{merge.name(origin)}", which '
            f"contributes it through @interfaceObject {abstracting[0].parent.name}.{case.name}: "
            "that cannot be overridden.",
            case.coordinate,
            [case.target, abstracting[0].field],
        )
        return
    merge.hint(
        "OVERRIDE_DIRECTIVE_CAN_BE_REMOVED",
        f'{here}: subgraph "{merge.name(origin)}" no longer has the field, @override can be '
        "removed.",
        case.coordinate,
        [case.target],
    )


def _is_free_of_collisions(merge: Merge, case: _Case, origin: int, source: FieldDefinition) -> bool:
    here = f'{case.coordinate} in subgraph "{merge.name(case.index)}"'
    collision = _collision(merge, case, origin, source)
    if collision is None:
        return True
    directive, index = collision
    merge.error(
        "OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE",
        f'{here} cannot be combined with @{directive} in subgraph "{merge.name(index)}".',
        case.coordinate,
        [case.target, source],
    )
    return False


def _collision(
    merge: Merge, case: _Case, origin: int, source: FieldDefinition
) -> tuple[str, int] | None:
    for directive in ("requires", "provides"):
        if merge.subgraphs[origin].has(source, directive):
            return directive, origin
    if merge.is_external(case.index, case.parent.name, case.target):
        return "external", case.index
    return None


def _apply(
    merge: Merge,
    case: _Case,
    origin: int,
    source: FieldDefinition,
    outcome: OverrideOutcome,
) -> None:
    subgraph = merge.subgraphs[origin]
    here = f'{case.coordinate} in subgraph "{subgraph.name}"'
    elements = [case.target, source]
    if merge.is_external(origin, case.parent.name, source):
        merge.hint(
            "OVERRIDE_DIRECTIVE_CAN_BE_REMOVED",
            f"{here} is external already: @override in subgraph "
            f'"{merge.name(case.index)}" can be removed.',
            case.coordinate,
            elements,
        )
        return
    outcome.overridden.add(origin)
    is_used = subgraph.is_used(merge.sources[case.parent.name][origin], source)
    if is_used:
        outcome.kept.add(origin)
    label = string_of(case.directive.arguments.get("label"))
    if label:
        _apply_label(merge, case, origin, label, outcome)
        return
    if not is_used:
        outcome.dropped.add(origin)
    advice = "mark it @external or remove what reads it" if is_used else "it can be removed"
    merge.hint(
        "OVERRIDDEN_FIELD_CAN_BE_REMOVED",
        f'{here} is overridden by subgraph "{merge.name(case.index)}": {advice}.',
        case.coordinate,
        elements,
    )


def _apply_label(
    merge: Merge, case: _Case, origin: int, label: str, outcome: OverrideOutcome
) -> None:
    if not (LABEL.match(label) or PERCENT.match(label)):
        merge.error(
            "OVERRIDE_LABEL_INVALID",
            f'Label "{label}" of @override on {case.coordinate} in subgraph '
            f'"{merge.name(case.index)}" is not valid: start with a letter and use letters, '
            "digits and _-:./ only, or write percent(x) with x from 0 to 100.",
            case.coordinate,
            [case.target],
        )
        return
    outcome.labels[case.index] = label
    outcome.labels[origin] = label
    merge.hint(
        "OVERRIDE_MIGRATION_IN_PROGRESS",
        f'{case.coordinate} is moving from subgraph "{merge.name(origin)}" to '
        f'"{merge.name(case.index)}" under label "{label}".',
        case.coordinate,
        [case.target],
    )
