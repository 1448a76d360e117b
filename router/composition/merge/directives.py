"""Applied directives: which are carried over to the merged element, and with which arguments."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from graphql import ValueNode

from trellis.router.composition.graphql_rules.directives import argument_problems
from trellis.router.composition.merge.context import context_name
from trellis.router.composition.merge.features import BUILT_IN, MERGED_DIRECTIVES
from trellis.router.composition.merge.state import Element, Merge, PendingDirectives, quoted
from trellis.router.composition.merge.strategies import STRATEGIES
from trellis.router.composition.model import (
    AppliedDirective,
    DirectiveDefinition,
    EnumValue,
    FieldDefinition,
    Schema,
    TypeDefinition,
)
from trellis.router.composition.specs import built_in_definitions
from trellis.router.composition.subgraph import string_value
from trellis.router.composition.values import enum_value, identity_of, list_of, object_of, string

Application = tuple[int, AppliedDirective]


def is_merged_always(directive: AppliedDirective) -> bool:
    """Whether it is a directive of GraphQL or federation that supergraphs always keep."""
    known = BUILT_IN if directive.feature is None else MERGED_DIRECTIVES
    return directive.name in known


def _is_merged(merge: Merge, index: int, directive: AppliedDirective) -> bool:
    return is_merged_always(directive) or (
        directive.feature is None and directive.name in merge.composed.get(index, ())
    )


def apply_directives(merge: Merge) -> None:
    """Merge the directives of all postponed elements.

    Error: ``INVALID_GRAPHQL`` when an application does not match the directive's definition in the
    supergraph. That happens when a composed directive has the definition of a newer version, when
    merging removed enum values or input fields that its arguments use, or when it is for objects
    only and applied to an ``@interfaceObject``, which is an interface in the supergraph.
    """
    composed = frozenset().union(*merge.composed.values())
    for pending in merge.pending:
        _apply_to(merge, pending)
        if composed or merge.interface_objects.get(pending.coordinate):
            _check_applied(merge, pending, composed)
    merge.pending.clear()


def _check_applied(merge: Merge, pending: PendingDirectives, composed: frozenset[str]) -> None:
    supergraph = merge.as_subgraph()
    for applied in pending.element.applied:
        definition = merge.merged.directives.get(applied.name)
        if definition is None:
            continue
        problems: list[str] = []
        if applied.name in composed:
            problems += argument_problems(supergraph, applied, definition)
        location = _location(pending)
        if location not in definition.locations:
            problems.append(f"it may not be used on {location}")
        for problem in problems:
            holders = [i for i, s in pending.sources.items() if _applies(merge, s, applied.name)]
            merge.error(
                "INVALID_GRAPHQL",
                f"@{applied.name} on {pending.coordinate} in {quoted(map(merge.name, holders))}: "
                f"{problem} once all subgraphs are merged. Remove it, or let it fit the "
                "directive's definition, of several versions the newest one, and its arguments "
                "what all subgraphs accept.",
                pending.coordinate,
                pending.sources.values(),
            )


def _applies(merge: Merge, element: Element, called: str) -> bool:
    return any(_definition_of(merge, applied.name)[1] == called for applied in element.applied)


def _location(pending: PendingDirectives) -> str:
    """The directive location of the element."""
    match pending.element:
        case Schema():
            return "SCHEMA"
        case TypeDefinition(kind=kind):
            return kind.name
        case FieldDefinition():
            return "FIELD_DEFINITION"
        case EnumValue():
            return "ENUM_VALUE"
        case _:
            is_argument = pending.coordinate.endswith(":)")
            return "ARGUMENT_DEFINITION" if is_argument else "INPUT_FIELD_DEFINITION"


def _apply_to(merge: Merge, pending: PendingDirectives) -> None:
    by_name: dict[str, list[Application]] = {}
    tags: list[Application] = []
    for index, source in pending.sources.items():
        for directive in source.applied:
            if directive.feature is not None and directive.name == "cacheTag":
                tags.append((index, directive))
            elif _is_merged(merge, index, directive):
                by_name.setdefault(directive.name, []).append((index, directive))
    for name, applications in by_name.items():
        _merge_applications(merge, pending.coordinate, pending.element, name, applications)
    _add_join_directives(merge, pending.element, tags)


def _merge_applications(
    merge: Merge, coordinate: str, element: Element, name: str, applications: list[Application]
) -> None:
    definition, called = _definition_of(merge, name)
    distinct: dict[Hashable, list[Application]] = {}
    for index, directive in applications:
        if name == "context":
            directive = _with_unique_context(merge, index, directive)
        key = _with_defaults_identity(directive, definition)
        distinct.setdefault(key, []).append((index, directive))
    groups = list(distinct.values())
    if definition is not None and definition.is_repeatable:
        for group in groups:
            element.applied.append(AppliedDirective(called, dict(group[0][1].arguments)))
    elif len(groups) == 1:
        element.applied.append(AppliedDirective(called, dict(groups[0][0][1].arguments)))
    elif name in STRATEGIES and definition is not None:
        arguments = _merged_arguments(name, applications, definition)
        element.applied.append(AppliedDirective(called, arguments))
        _hint_difference(merge, coordinate, called, groups, "MERGED")
    else:
        chosen = max(groups, key=len)
        element.applied.append(AppliedDirective(called, dict(chosen[0][1].arguments)))
        _hint_difference(merge, coordinate, called, groups, "INCONSISTENT")


def _definition_of(merge: Merge, name: str) -> tuple[DirectiveDefinition | None, str]:
    """The definition in the supergraph, and the directive's name there."""
    if name in built_in_definitions().directives:
        return built_in_definitions().directives[name], name
    called = merge.directive_names.get(name, name)
    return merge.merged.directives.get(called), called


def _with_unique_context(merge: Merge, index: int, directive: AppliedDirective) -> AppliedDirective:
    name = string_value(directive.arguments.get("name")) or ""
    unique = string(context_name(merge.subgraphs[index], name))
    return AppliedDirective(directive.name, {"name": unique})


def _with_defaults_identity(
    directive: AppliedDirective, definition: DirectiveDefinition | None
) -> Hashable:
    """A key that is equal for equivalent applications, including by default values."""
    values = {name: identity_of(value) for name, value in directive.arguments.items()}
    for name, argument in definition.arguments.items() if definition else ():
        if argument.default is not None:
            values.setdefault(name, identity_of(argument.default))
    return frozenset(values.items())


def _merged_arguments(
    name: str, applications: list[Application], definition: DirectiveDefinition
) -> dict[str, ValueNode]:
    merged: dict[str, ValueNode] = {}
    for argument in definition.arguments.values():
        given = [
            value
            for _, directive in applications
            if (value := directive.arguments.get(argument.name, argument.default)) is not None
        ]
        if given:
            merged[argument.name] = STRATEGIES[name][argument.name](given)
    return merged


def _hint_difference(
    merge: Merge, coordinate: str, name: str, groups: list[list[Application]], what: str
) -> None:
    sides = " and ".join(quoted(merge.name(i) for i, _ in group) for group in groups)
    done = (
        "the arguments were merged" if what == "MERGED" else "the most frequent application is used"
    )
    merge.hint(
        f"{what}_NON_REPEATABLE_DIRECTIVE_ARGUMENTS",
        f"@{name} on {coordinate} has different arguments in {sides}: {done}.",
        coordinate,
    )


def _add_join_directives(merge: Merge, element: Element, tags: list[Application]) -> None:
    """Record directives that are not merged as ``@join__directive``."""
    groups: dict[Hashable, tuple[Mapping[str, ValueNode], list[int]]] = {}
    for index, directive in tags:
        key = frozenset((k, identity_of(v)) for k, v in directive.arguments.items())
        groups.setdefault(key, (directive.arguments, []))[1].append(index)
    for arguments, indices in groups.values():
        element.applied.append(
            AppliedDirective(
                "join__directive",
                {
                    "graphs": list_of(enum_value(merge.graphs[i]) for i in indices),
                    "name": string("federation__cacheTag"),
                    "args": object_of(dict(arguments)),
                },
            )
        )
