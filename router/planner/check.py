"""Invariants of query plans, checked against the graph: for tests and for debugging."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from graphql import (
    FieldNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
)

from trellis.router.planner.plan import (
    INTROSPECTION,
    EntityTarget,
    FetchStep,
    Need,
    Path,
    Selection,
)
from trellis.router.planner.query_plan import QueryPlan
from trellis.router.planner.tables import FederatedGraph, LocalType


def check_plan(plan: QueryPlan, graph: FederatedGraph) -> list[str]:
    """The invariants that ``plan`` violates, as sentences; empty for a sound plan.

    Steps wait only for earlier ones; the root steps of a mutation run one after another; each
    selected field is declared in its subgraph; each member of a representation, each runtime type
    that a path depends on, and each member of the answer is fetched by a step that the reader
    waits for.
    """
    return [
        *_order_problems(plan),
        *_field_problems(plan, graph),
        *_data_problems(plan),
    ]


def _order_problems(plan: QueryPlan) -> Iterator[str]:
    roots = [step for step in plan.steps if not step.entities and not step.path]
    for number, step in enumerate(plan.steps):
        if step.id != number:
            yield f"step {step.id} is at index {number}"
        for other in step.after:
            if other >= step.id:
                yield f"step {step.id} waits for step {other}, which comes later"
    if plan.kind == "mutation":
        reach = _reach(plan)
        for earlier, later in pairwise(roots):
            if earlier.id not in reach[later.id]:
                yield f"mutation step {later.id} does not wait for step {earlier.id}"


def _reach(plan: QueryPlan) -> dict[int, set[int]]:
    reach: dict[int, set[int]] = {}
    for step in plan.steps:
        reach[step.id] = set(step.after)
        for other in step.after:
            reach[step.id] |= reach.get(other, set())
    return reach


# -- every field is declared where it is selected --------------------------------------------------


def _field_problems(plan: QueryPlan, graph: FederatedGraph) -> Iterator[str]:
    index = {entry.name: entry.index for entry in graph.subgraphs}
    for step in plan.steps:
        types = graph.types[index[step.service]]
        root = _operation(step).selection_set
        if step.entities:
            for call in root.selections:
                assert isinstance(call, FieldNode)
                assert call.selection_set is not None
                yield from _undeclared(step, call.selection_set, None, types)
        else:
            name = plan.root_type if not step.path else graph.full.query_type
            yield from _undeclared(step, root, types.get(str(name)), types)


def _undeclared(
    step: FetchStep,
    selection: SelectionSetNode,
    parent: LocalType | None,
    types: "dict[str, LocalType] | object",
) -> Iterator[str]:
    assert isinstance(types, dict)
    for node in selection.selections:
        if isinstance(node, InlineFragmentNode):
            if node.type_condition is None:
                yield from _undeclared(step, node.selection_set, parent, types)
                continue
            name = node.type_condition.name.value
            if name not in types:
                yield f"step {step.id} asks {step.service} for the unknown type {name}"
            else:
                yield from _undeclared(step, node.selection_set, types[name], types)
        elif isinstance(node, FieldNode) and not node.name.value.startswith("__"):
            field = parent.fields.get(node.name.value) if parent is not None else None
            if field is None or field.is_overridden:
                place = parent.name if parent is not None else "?"
                yield f"step {step.id} asks {step.service} for {place}.{node.name.value}"
            elif node.selection_set is not None:
                yield from _undeclared(step, node.selection_set, types.get(field.base), types)


def _operation(step: FetchStep) -> OperationDefinitionNode:
    definition = parse(step.operation, no_location=True).definitions[0]
    assert isinstance(definition, OperationDefinitionNode)
    return definition


# -- everything read was fetched -------------------------------------------------------------------

Keys = tuple[str, ...]


def _data_problems(plan: QueryPlan) -> Iterator[str]:
    brought = {step.id: set(_brought(step)) for step in plan.steps}
    reach = _reach(plan)
    for step in plan.steps:
        known: set[Keys] = set()
        for other in reach[step.id]:
            known |= brought[other]
        needed = list(_types_read(step.path))
        for call in step.entities:
            for target in call.targets:
                needed += [*_types_read(target.path), *_needed(target)]
        for keys in needed:
            if keys not in known:
                yield f"step {step.id} needs {'.'.join(keys)}, which no earlier step fetches"
    everything = set().union(*brought.values()) if brought else set()
    absent = [tuple(segment.key for segment in path) for path in plan.absent]
    for keys in _read(plan.output, ()):
        if any(keys[: len(above)] == above for above in absent):
            continue
        if keys not in everything:
            yield f"the answer reads {'.'.join(keys)}, which no step fetches"


def _brought(step: FetchStep) -> Iterator[Keys]:
    root = _operation(step).selection_set
    if not step.entities:
        yield from _selected(root, tuple(segment.key for segment in step.path))
        return
    calls = {call.alias: call for call in step.entities}
    for node in root.selections:
        assert isinstance(node, FieldNode)
        assert node.selection_set is not None
        alias = node.alias.value if node.alias else node.name.value
        for target in calls[alias].targets:
            yield from _selected(node.selection_set, tuple(s.key for s in target.path))


def _selected(selection: SelectionSetNode, above: Keys) -> Iterator[Keys]:
    for node in selection.selections:
        if isinstance(node, InlineFragmentNode):
            yield from _selected(node.selection_set, above)
        elif isinstance(node, FieldNode):
            keys = (*above, node.alias.value if node.alias else node.name.value)
            yield keys
            if node.selection_set is not None:
                yield from _selected(node.selection_set, keys)


def _types_read(path: Path) -> Iterator[Keys]:
    """The keys of the ``__typename`` values that a path depends on."""
    for depth, segment in enumerate(path):
        if segment.types is not None:
            yield (*(above.key for above in path[:depth]), "__typename")


def _needed(target: EntityTarget) -> Iterator[Keys]:
    above = tuple(segment.key for segment in target.path)
    if target.types is not None or target.typename is None:
        yield (*above, "__typename")
    yield from _members(target.needs, above)


def _members(needs: Iterable[Need], above: Keys) -> Iterator[Keys]:
    for need in needs:
        # Needs of types that no subgraph can return at the position are never read.
        if need.types is not None:
            continue
        yield (*above, need.source)
        yield from _members(need.selection, (*above, need.source))


def _read(selection: Selection, above: Keys) -> Iterator[Keys]:
    for field in selection.fields:
        if field.denied or field.typename is not None or field.source.startswith(INTROSPECTION):
            continue
        keys = (*above, field.source)
        # Members of types that no subgraph can return at the position are never read.
        if field.types is None:
            yield keys
            if field.selection is not None:
                yield from _read(field.selection, keys)
