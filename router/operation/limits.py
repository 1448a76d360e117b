"""Limits on the size of an operation. Each fragment is measured once, so that counting what a
document expands to takes time linear in the document."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from trellis.router.errors import OperationRefused


@dataclass(frozen=True, slots=True)
class OperationLimits:
    """The maximum of each measure of one operation. From ``depth`` on, fragments are expanded.

    ``variable_values``: list items and object members in the variables. ``nesting``: levels of
    brackets and selection sets. ``depth``: levels of fields. ``height``: fields. ``selections``:
    fields and fragments.
    """

    document_characters: int = 100_000
    tokens: int = 5_000
    nesting: int = 200
    definitions: int = 50
    variables: int = 200
    variable_values: int = 20_000
    depth: int = 15
    height: int = 200
    aliases: int = 30
    root_fields: int = 20
    directives: int = 50
    selections: int = 10_000


GENEROUS = OperationLimits(
    document_characters=1_000_000,
    tokens=100_000,
    definitions=1_000,
    variables=1_000,
    variable_values=1_000_000,
    depth=100,
    height=100_000,
    aliases=10_000,
    root_fields=1_000,
    directives=10_000,
    selections=100_000,
)
"""For operations from trusted sources: tests, tools, stored documents."""


def refuse(code: str, message: str, *, http_status: int = 400) -> OperationRefused:
    """An OperationRefused with one error."""
    error = {"message": message, "extensions": {"code": code}}
    return OperationRefused([error], http_status=http_status)


def check_limits(document: DocumentNode, limits: OperationLimits) -> None:
    """Raises OperationRefused with one error for each limit that an operation of ``document``
    exceeds: MAX_DEPTH_LIMIT, MAX_HEIGHT_LIMIT, MAX_ALIASES_LIMIT and so on.

    This runs before validation, so the document may be invalid: unknown fragments count as empty,
    and fragment cycles are not followed.
    """
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    found = {"definitions": len(document.definitions)}
    found["variables"] = max((len(op.variable_definitions or ()) for op in operations), default=0)
    fragments = _measure_fragments(document)
    for operation in operations:
        measured = _measure(operation.selection_set, fragments)
        found["root_fields"] = max(found.get("root_fields", 0), measured.roots)
        directives = measured.directives + len(operation.directives or ())
        found["directives"] = max(found.get("directives", 0), directives)
        for name in ("nesting", "depth", "height", "aliases", "selections"):
            found[name] = max(found.get(name, 0), getattr(measured, name))
    errors = [_error(name, most) for name, most in _each_limit(limits) if found.get(name, 0) > most]
    if errors:
        raise OperationRefused(errors)


def _each_limit(limits: OperationLimits) -> Iterator[tuple[str, int]]:
    for limit in fields(limits):
        yield limit.name, getattr(limits, limit.name)


_WORDS = {
    "definitions": "definitions",
    "variables": "variables",
    "depth": "levels of fields",
    "height": "fields",
    "aliases": "aliases",
    "root_fields": "root fields",
    "directives": "directives",
    "selections": "selections",
}


def _error(name: str, most: int) -> dict[str, object]:
    if name == "nesting":
        message = f"The document is nested deeper than {most} levels."
        return {"message": message, "extensions": {"code": "PARSER_LIMIT"}}
    message = f"The operation has more than {most} {_WORDS[name]}, fragments expanded."
    return {"message": message, "extensions": {"code": f"MAX_{name.upper()}_LIMIT"}}


# -- measuring ------------------------------------------------------------


@dataclass(slots=True)
class _Measure:
    """The measures of an expanded selection set. ``roots`` counts the fields of its top level."""

    nesting: int = 0
    depth: int = 0
    height: int = 0
    aliases: int = 0
    directives: int = 0
    selections: int = 0
    roots: int = 0


_MAX = sys.maxsize
"""Counters stop here. A chain of fragments that each spread the next one twice doubles them at each
link, and arithmetic with integers of thousands of digits is slow."""

_Measures = Mapping[str, _Measure]


def _measure_fragments(document: DocumentNode) -> dict[str, _Measure]:
    """The measures of all fragments, each after those it spreads, so that there is no recursion
    from fragment to fragment."""
    nodes = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    measures: dict[str, _Measure] = {}
    for name in _innermost_first(nodes):
        measures[name] = _measure(nodes[name].selection_set, measures)
    return measures


def _innermost_first(nodes: Mapping[str, FragmentDefinitionNode]) -> Iterator[str]:
    spreads = {name: list(_spread_names(node.selection_set)) for name, node in nodes.items()}
    entered: set[str] = set()
    left: set[str] = set()
    for start in nodes:
        stack = [start]
        while stack:
            name = stack[-1]
            if name not in entered:
                entered.add(name)
                stack += [s for s in spreads[name] if s in nodes and s not in entered]
                continue
            stack.pop()
            if name not in left:
                left.add(name)
                yield name


def _spread_names(selections: SelectionSetNode) -> Iterator[str]:
    pending = [selections]
    while pending:
        for node in pending.pop().selections:
            if isinstance(node, FragmentSpreadNode):
                yield node.name.value
            elif isinstance(node, FieldNode | InlineFragmentNode) and node.selection_set:
                pending.append(node.selection_set)


def _measure(selections: SelectionSetNode, fragments: _Measures) -> _Measure:
    total = _Measure()
    inner: _Measure | None
    for node in selections.selections:
        own_depth = 0
        total.directives += len(node.directives or ())
        total.selections += 1
        if isinstance(node, FieldNode):
            own_depth = 1
            total.height += 1
            total.roots += 1
            total.aliases += node.alias is not None
            is_introspection = node.name.value in ("__schema", "__type")
            inner = _measure(node.selection_set, fragments) if node.selection_set else None
            if inner is not None and is_introspection:
                # Introspection queries of tools are deep and long, and validation limits their
                # depth with a rule of its own (MaxIntrospectionDepthRule).
                inner = _Measure(inner.nesting, directives=inner.directives)
        elif isinstance(node, FragmentSpreadNode):
            inner = fragments.get(node.name.value)
        else:
            assert isinstance(node, InlineFragmentNode)
            inner = _measure(node.selection_set, fragments)
        _add(total, inner or _Measure(), own_depth)
    total.nesting += 1
    return total


def _add(total: _Measure, inner: _Measure, own_depth: int) -> None:
    total.nesting = max(total.nesting, inner.nesting)
    total.depth = max(total.depth, inner.depth + own_depth)
    if not own_depth:
        total.roots = min(_MAX, total.roots + inner.roots)
    total.height = min(_MAX, total.height + inner.height)
    total.aliases = min(_MAX, total.aliases + inner.aliases)
    total.directives = min(_MAX, total.directives + inner.directives)
    total.selections = min(_MAX, total.selections + inner.selections)
