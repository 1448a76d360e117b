"""The stage that refuses operations for what they would cost."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from graphql import DocumentNode

from trellis.router.cache import Cache
from trellis.router.config import Cost
from trellis.router.cost.actual import count_cost
from trellis.router.cost.estimate import compile_estimate
from trellis.router.cost.of_subgraph import Resolvers, compile_part
from trellis.router.cost.program import Estimate
from trellis.router.cost.values import Values
from trellis.router.cost.weights import read_weights
from trellis.router.errors import OperationRefused
from trellis.router.operation.model import KEPT_BYTES, NormalizedOperation
from trellis.router.planner.tables import FederatedGraph


class Part(NamedTuple):
    """The part of a request's cost that one subgraph has."""

    subgraph: str
    estimated: int
    most: int


class Demand(NamedTuple):
    """The cost of one request. ``dear`` is the part that is too much for its subgraph."""

    estimated: int
    most: int
    dear: Part | None = None

    @property
    def is_too_high(self) -> bool:
        return self.estimated > self.most or self.dear is not None


class DemandControl(Protocol):
    """Belongs to one supergraph."""

    def check(self, operation: NormalizedOperation, variables: Values) -> Demand | None:
        """What the operation, without what was denied, costs at most; None where that is not
        estimated. Raises OperationRefused with COST_LIMIT when it is too much."""
        ...

    def actual(
        self, operation: NormalizedOperation, variables: Values, data: Mapping[str, Any] | None
    ) -> int:
        """What an answer has cost."""
        ...


class NoDemandControl:
    """Fills ``DemandControl`` where costs do not matter."""

    def check(self, operation: NormalizedOperation, variables: Values) -> None:
        return None

    def actual(
        self, operation: NormalizedOperation, variables: Values, data: Mapping[str, Any] | None
    ) -> int:
        return 0


class Estimates:
    """Fills ``DemandControl`` by estimating each operation; it is compiled once."""

    def __init__(
        self, supergraph: DocumentNode, limits: Cost, graph: FederatedGraph | None = None
    ) -> None:
        """``graph`` says which subgraph has which field; without it the limits of single subgraphs
        are not looked at."""
        self._weights = read_weights(supergraph)
        self._limits = limits
        self._parts: dict[str, int] = {}
        if graph is not None and limits.subgraphs:
            self._resolvers = Resolvers(graph)
            for index, entry in enumerate(graph.subgraphs):
                if entry.name in limits.subgraphs:
                    self._parts[entry.name] = index
        self._estimates_of_parts: Cache[NormalizedOperation, dict[str, Estimate]] = Cache(
            KEPT_BYTES, "costs_of_subgraphs"
        )
        self._estimates: Cache[NormalizedOperation, Estimate] = Cache(KEPT_BYTES, "costs")

    def check(self, operation: NormalizedOperation, variables: Values) -> Demand:
        estimate = self._estimates.get(operation)
        if estimate is None:
            estimate = compile_estimate(operation, self._weights, self._limits.list_size)
            self._estimates.put(operation, estimate, operation.weight)
        demand = Demand(estimate.of(variables), self._limits.most)
        if not demand.is_too_high and self._parts:
            demand = demand._replace(dear=self._dear_part(operation, variables))
        if demand.is_too_high and self._limits.mode == "enforce":
            raise OperationRefused([_error(demand)])
        return demand

    def _dear_part(self, operation: NormalizedOperation, variables: Values) -> Part | None:
        """The first part that costs more than its subgraph's limit."""
        parts = self._estimates_of_parts.get(operation)
        if parts is None:
            parts = {
                name: compile_part(
                    operation, self._weights, self._limits.list_size, index, self._resolvers
                )
                for name, index in self._parts.items()
            }
            weight = operation.weight * len(parts)
            self._estimates_of_parts.put(operation, parts, weight)
        for name, estimate in parts.items():
            part = Part(name, estimate.of(variables), self._limits.subgraphs[name])
            if part.estimated > part.most:
                return part
        return None

    def actual(
        self, operation: NormalizedOperation, variables: Values, data: Mapping[str, Any] | None
    ) -> int:
        return count_cost(operation, self._weights, variables, data)


def _error(demand: Demand) -> dict[str, Any]:
    dear = demand.dear
    where = "" if dear is None else f" in the subgraph '{dear.subgraph}'"
    cost, most = (dear or demand).estimated, (dear or demand).most
    message = (
        f"The operation may cost {cost}{where}, and {most} is the maximum. "
        "Request shorter lists, fewer nested lists, or split the operation."
    )
    details: dict[str, Any] = {"code": "COST_LIMIT", "cost": cost, "limit": most}
    if dear is not None:
        details["subgraph"] = dear.subgraph
    return {"message": message, "extensions": details}
