"""A plan made ready to run: everything that can be worked out once per plan, not per request."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    OperationDefinitionNode,
    is_abstract_type,
    parse,
)

from router.executor.complete import NOTHING_HIDDEN, Hidden
from router.executor.entities import ALONE
from router.executor.project import Project, make_project
from router.planner.plan import EntityTarget, FetchStep, Path, QueryPlan, Selection


@dataclass(frozen=True, slots=True)
class Executable:
    """A QueryPlan with its schedule, its sharing rules and its projection.

    ``waits[i]`` counts the steps that step ``i`` waits for, ``dependents[i]`` lists those waiting
    for it (both by position in ``plan.steps``). ``groups[i]`` has one tuple per entity call: the
    sharing group of each target. ``is_identity``: the answer of the only step is the client's
    answer, byte for byte.
    """

    plan: QueryPlan
    waits: tuple[int, ...]
    dependents: tuple[tuple[int, ...], ...]
    groups: tuple[tuple[tuple[int, ...], ...], ...]
    project: Project
    abstract: Set[str]
    hidden: Hidden
    is_identity: bool
    is_shared: bool


def make_executable(
    plan: QueryPlan, *, abstract: Set[str] = frozenset(), hidden: Hidden = NOTHING_HIDDEN
) -> Executable:
    """``abstract`` are the names of interfaces and unions, ``hidden`` what subgraphs may answer
    but clients must not see."""
    position = {step.id: index for index, step in enumerate(plan.steps)}
    dependents: list[list[int]] = [[] for _ in plan.steps]
    for index, step in enumerate(plan.steps):
        for before in step.after:
            dependents[position[before]].append(index)
    is_shared = any(step.entities or step.path for step in plan.steps)
    return Executable(
        plan=plan,
        waits=tuple(len(step.after) for step in plan.steps),
        dependents=tuple(tuple(indexes) for indexes in dependents),
        groups=tuple(_groups_of_step(step, plan) for step in plan.steps),
        project=make_project(plan.output, is_shared=is_shared),
        abstract=abstract,
        hidden=hidden,
        is_identity=hidden == NOTHING_HIDDEN and _is_identity(plan),
        is_shared=is_shared,
    )


# -- sharing ------------------------------------------------------------
#
# Objects that stand for one entity receive the same answer. They may receive the same *dicts*, as
# long as every later step that writes below one of them writes the same below all of them.

Writer = tuple[int, int, Path, Set[str] | None]
"""Step, call within it, the way from the target to the objects written, their types."""


def _groups_of_step(step: FetchStep, plan: QueryPlan) -> tuple[tuple[int, ...], ...]:
    groups: list[tuple[int, ...]] = []
    for call in step.entities:
        numbers: dict[frozenset[Writer], int] = {}
        row = []
        for target in call.targets:
            writers = _writers_below(target, plan)
            row.append(ALONE if writers is None else numbers.setdefault(writers, len(numbers)))
        groups.append(tuple(row))
    return tuple(groups)


def _writers_below(target: EntityTarget, plan: QueryPlan) -> frozenset[Writer] | None:
    """What other calls write below the target's objects; None when some write only below a part
    of them, so that no two of them may share."""
    writers: set[Writer] = set()
    for step in plan.steps:
        places = [(0, step.path, None)] if step.path else []
        places += [
            (number, other.path, other.types)
            for number, call in enumerate(step.entities)
            for other in call.targets
        ]
        for number, path, types in places:
            if len(path) <= len(target.path):
                continue
            relation = _covers(path, target.path)
            if relation is None:
                return None
            if relation:
                writers.add((step.id, number, path[len(target.path) :], types))
    return frozenset(writers)


def _covers(path: Path, start: Path) -> bool | None:
    """Whether ``path`` goes through every object at ``start`` (True), none (False) or some."""
    is_total = True
    for segment, own in zip(path, start, strict=False):
        if segment.key != own.key:
            return False
        if segment.types is None:
            continue
        if own.types is None or not own.types <= segment.types:
            if own.types is not None and own.types.isdisjoint(segment.types):
                return False
            is_total = False
    return True if is_total else None


# -- identity ------------------------------------------------------------


def _is_identity(plan: QueryPlan) -> bool:
    """Whether the only step asks for exactly the client's answer, keys and order included."""
    if plan.kind != "query" or len(plan.steps) != 1:
        return False
    step = plan.steps[0]
    if step.entities or step.path:
        return False
    operation = _only_operation(parse(step.operation))
    return operation is not None and _selects(operation, plan.output)


def _only_operation(document: DocumentNode) -> OperationDefinitionNode | None:
    if len(document.definitions) != 1:
        return None
    definition = document.definitions[0]
    return definition if isinstance(definition, OperationDefinitionNode) else None


def _selects(node: OperationDefinitionNode | FieldNode, output: Selection) -> bool:
    selections = node.selection_set.selections if node.selection_set else ()
    if output.possible is not None or len(selections) != len(output.fields):
        return False
    for selection, field in zip(selections, output.fields, strict=True):
        # Fragments make members depend on the runtime type; such answers go the usual way.
        if not isinstance(selection, FieldNode) or selection.directives:
            return False
        key = selection.alias.value if selection.alias else selection.name.value
        if key != field.key or key != field.source or field.types is not None or field.denied:
            return False
        if field.typename is not None:  # subgraphs may call their root types otherwise
            return False
        if (selection.selection_set is None) != (field.selection is None):
            return False
        if field.selection is not None and not _selects(selection, field.selection):
            return False
    return True


def schema_abstract_types(schema: GraphQLSchema) -> frozenset[str]:
    """The names of the schema's interfaces and unions."""
    return frozenset(name for name, type_ in schema.type_map.items() if is_abstract_type(type_))
