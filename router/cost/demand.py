"""The stage that refuses operations for what they would cost."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from graphql import DocumentNode

from trellis.router.cache import Cache
from trellis.router.config import Cost
from trellis.router.cost.actual import count_cost
from trellis.router.cost.estimate import compile_estimate
from trellis.router.cost.program import Estimate
from trellis.router.cost.values import Values
from trellis.router.cost.weights import read_weights
from trellis.router.errors import OperationRefused
from trellis.router.operation.model import KEPT_BYTES, NormalizedOperation


class Demand(NamedTuple):
    """The cost of one request."""

    estimated: int
    most: int

    @property
    def is_too_high(self) -> bool:
        return self.estimated > self.most


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

    def __init__(self, supergraph: DocumentNode, limits: Cost) -> None:
        self._weights = read_weights(supergraph)
        self._limits = limits
        self._estimates: Cache[NormalizedOperation, Estimate] = Cache(KEPT_BYTES, "costs")

    def check(self, operation: NormalizedOperation, variables: Values) -> Demand:
        estimate = self._estimates.get(operation)
        if estimate is None:
            estimate = compile_estimate(operation, self._weights, self._limits.list_size)
            self._estimates.put(operation, estimate, operation.weight)
        demand = Demand(estimate.of(variables), self._limits.most)
        if demand.is_too_high and self._limits.mode == "enforce":
            raise OperationRefused([_error(demand)])
        return demand

    def actual(
        self, operation: NormalizedOperation, variables: Values, data: Mapping[str, Any] | None
    ) -> int:
        return count_cost(operation, self._weights, variables, data)


def _error(demand: Demand) -> dict[str, Any]:
    message = (
        f"The operation may cost {demand.estimated}, and {demand.most} is the most. Ask for "
        "shorter lists, for fewer lists within lists, or in several requests."
    )
    details = {"code": "COST_LIMIT", "cost": demand.estimated, "limit": demand.most}
    return {"message": message, "extensions": details}
