"""Creates and caches executable plans: the stage between authorization and execution."""

from typing import Any

from graphql import GraphQLEnumType, is_composite_type

from trellis.router.authorization.authorize import Authorized
from trellis.router.cache import Cache
from trellis.router.executor.complete import Hidden
from trellis.router.executor.executable import Executable, schema_abstract_types
from trellis.router.planner.planner import Planner
from trellis.router.planner.tables import FederatedGraph

_PLAN_BYTES = 32_000_000
"""Memory for plans, with the normalized operations in their keys. Ordinary plans take a few
kilobytes, so thousands fit."""


class Plans:
    """The executable plans of one supergraph, in a least-recently-used cache."""

    def __init__(self, graph: FederatedGraph) -> None:
        self._planner = Planner(graph)
        self._abstract = schema_abstract_types(graph.api)
        self._hidden = _hidden(graph)
        self.kept: Cache[tuple[Any, ...], Executable] = Cache(_PLAN_BYTES, "plans")

    def executable(self, authorized: Authorized, labels: frozenset[str]) -> Executable:
        """The executable plan of the operation with these active ``@override`` labels. Raises
        PlanningError."""
        return self.kept.find(
            (authorized.operation, labels),
            lambda: self._make(authorized, labels),
            lambda executable: authorized.operation.weight + weight_of_plan(executable),
        )

    def _make(self, authorized: Authorized, labels: frozenset[str]) -> Executable:
        plan = self._planner.plan(authorized.operation, labels)
        return Executable(
            plan, abstract=self._abstract, hidden=self._hidden, positions=authorized.positions
        )


def _hidden(graph: FederatedGraph) -> Hidden:
    """What is in the supergraph but not in the API schema."""
    types: set[str] = set()
    values: set[tuple[str, str]] = set()
    fields: set[tuple[str, str]] = set()
    for name, type_ in graph.full.type_map.items():
        shown = graph.api.type_map.get(name)
        if shown is None:
            types.add(name)
        elif isinstance(type_, GraphQLEnumType) and isinstance(shown, GraphQLEnumType):
            values.update((name, value) for value in type_.values if value not in shown.values)
        elif is_composite_type(type_):
            known = getattr(shown, "fields", {})
            fields.update(
                (name, field) for field in getattr(type_, "fields", {}) if field not in known
            )
    return Hidden(frozenset(types), frozenset(values), frozenset(fields))


def weight_of_plan(executable: Executable) -> int:
    """Its approximate size in bytes (factors measured with tracemalloc)."""
    return 2_500 + 10 * sum(len(step.operation) for step in executable.plan.steps)
