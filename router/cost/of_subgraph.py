"""The part of an operation's cost that one subgraph has."""

from collections.abc import Iterable

from trellis.router.cost.estimate import Compiler, Sizes
from trellis.router.cost.prices import Price
from trellis.router.cost.program import Estimate, Number
from trellis.router.cost.weights import Weights
from trellis.router.operation.model import Field, NormalizedOperation, SelectionSet
from trellis.router.planner.tables import FederatedGraph


class Resolvers:
    """Which subgraphs can answer a field by themselves, as positions in ``graph.subgraphs``."""

    def __init__(self, graph: FederatedGraph) -> None:
        self._types = graph.types
        self._known: dict[tuple[frozenset[str], str], frozenset[int]] = {}

    def of(self, types: Iterable[str], field: str) -> frozenset[int]:
        """Those that resolve ``field`` on any of the object types."""
        key = frozenset(types), field
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = frozenset(
                index
                for index, local in enumerate(self._types)
                for name in key[0]
                if name in local
                and field in local[name].fields
                and not local[name].fields[field].is_external
            )
        return found


def compile_part(
    operation: NormalizedOperation,
    weights: Weights,
    default_size: int,
    subgraph: int,
    resolvers: Resolvers,
) -> Estimate:
    """The cost of the fields that may be requested from ``subgraph``. A field is requested from the
    subgraph of its parent object, if that has it; otherwise it counts for each subgraph that has
    it, because the estimate is an upper bound."""
    compiler = _PartCompiler(weights, default_size, subgraph, resolvers)
    result = compiler.of_selection(operation.selection, {})
    return Estimate(tuple(compiler.program.steps), result)


class _PartCompiler(Compiler):
    def __init__(
        self, weights: Weights, default_size: int, subgraph: int, resolvers: Resolvers
    ) -> None:
        super().__init__(weights, default_size)
        self._subgraph = subgraph
        self._resolvers = resolvers

    def of_field(self, field: Field, selection: SelectionSet, sizes: Sizes) -> Number:
        types = selection.possible if field.types is None else field.types
        able = self._resolvers.of(types, field.name)
        around, self.holders = self.holders, able & self.holders or able
        try:
            return super().of_field(field, selection, sizes)
        finally:
            self.holders = around

    def own_cost(self, field: Field, price: Price) -> list[Number]:
        return super().own_cost(field, price) if self._subgraph in self.holders else []

    def weight_of(self, price: Price) -> int:
        return price.weight if self._subgraph in self.holders else 0
