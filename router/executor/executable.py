"""A plan prepared for execution: everything that is computed once per plan, not per request."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace
from functools import cached_property

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    OperationDefinitionNode,
    is_abstract_type,
    parse,
)

from trellis.router.authorization.object_checks import Position
from trellis.router.executor.check_objects import OutputGuards
from trellis.router.executor.complete import NOTHING_HIDDEN, Hidden
from trellis.router.executor.entities import EntityCollector
from trellis.router.executor.introspected import Introspected
from trellis.router.executor.project import Project, make_project
from trellis.router.executor.sharing import sharing_groups
from trellis.router.planner.plan import Selection
from trellis.router.planner.query_plan import QueryPlan


class Executable:
    """A QueryPlan with its schedule, its sharing rules and its projection. Immutable. What only
    an execution needs is created by the first one, so that planning alone stays cheap.

    Indexes are positions in ``plan.steps``: ``waits[i]`` is the number of steps that step ``i``
    waits for, ``dependents[i]`` lists the steps that wait for it, ``ancestors[i]`` has the ids of
    all steps that are done before it.
    """

    def __init__(
        self,
        plan: QueryPlan,
        *,
        abstract: Set[str] = frozenset(),
        hidden: Hidden = NOTHING_HIDDEN,
        positions: Sequence[Position] = (),
    ) -> None:
        """``abstract``: the names of interfaces and unions. ``hidden``: what subgraphs may return
        but clients must not see. ``positions``: where objects must pass policies."""
        self.guards = OutputGuards(plan.output, positions) if positions else None
        self.plan = replace(plan, output=self.guards.output) if self.guards else plan
        self.abstract = abstract
        self.hidden = hidden
        self.waits = tuple(len(step.after) for step in plan.steps)
        position = {step.id: index for index, step in enumerate(plan.steps)}
        dependents: list[list[int]] = [[] for _ in plan.steps]
        for index, step in enumerate(plan.steps):
            for before in step.after:
                dependents[position[before]].append(index)
        self.dependents = tuple(tuple(indexes) for indexes in dependents)

    @cached_property
    def ancestors(self) -> tuple[frozenset[int], ...]:
        found: dict[int, frozenset[int]] = {}
        for step in self.plan.steps:
            found[step.id] = frozenset(step.after).union(*(found[before] for before in step.after))
        return tuple(found.values())

    @cached_property
    def collectors(self) -> tuple[EntityCollector | None, ...]:
        """Collects the representations of each entity step; None for root steps."""
        groups = sharing_groups(self.plan, self.ancestors)
        return tuple(
            EntityCollector(step, row) if step.entities else None
            for step, row in zip(self.plan.steps, groups, strict=True)
        )

    @cached_property
    def introspected(self) -> Introspected:
        """The places of the response that hold introspection results."""
        return Introspected(self.plan.output)

    @cached_property
    def project_tree(self) -> Project:
        """Projects data in which no object is part of several others."""
        return make_project(self.plan.output, is_shared=False)

    @cached_property
    def project_shared(self) -> Project:
        """Projects data with shared objects, each of them once."""
        return make_project(self.plan.output, is_shared=True)

    @cached_property
    def is_identity(self) -> bool:
        """Whether the response of the only step is the client's response, byte for byte."""
        if self.guards is not None:
            return False
        return not self.hidden.is_answered and _is_identity(self.plan)


# -- identity ------------------------------------------------------------


def _is_identity(plan: QueryPlan) -> bool:
    """Whether the only step selects exactly the client's response, keys and order included."""
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
    if output.possible is not None or output.orders or len(selections) != len(output.fields):
        return False
    for selection, field in zip(selections, output.fields, strict=True):
        # With fragments the fields depend on the runtime type: such data needs a projection.
        if not isinstance(selection, FieldNode) or selection.directives:
            return False
        key = selection.alias.value if selection.alias else selection.name.value
        if key != field.key or key != field.source or field.types is not None or field.denied:
            return False
        if field.typename is not None:  # subgraphs may use other names for their root types
            return False
        if (selection.selection_set is None) != (field.selection is None):
            return False
        if field.selection is not None and not _selects(selection, field.selection):
            return False
    return True


def schema_abstract_types(schema: GraphQLSchema) -> frozenset[str]:
    """The names of the schema's interfaces and unions."""
    return frozenset(name for name, type_ in schema.type_map.items() if is_abstract_type(type_))
