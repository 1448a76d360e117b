"""What an answer has cost: the rules of estimates applied to the lists that came."""

from collections.abc import Mapping
from typing import Any

from trellis.router.cost.estimate import MUTATION
from trellis.router.cost.prices import Price, Prices
from trellis.router.cost.values import Values, value_of
from trellis.router.cost.weights import Weights
from trellis.router.operation.model import Field, NormalizedOperation, SelectionSet


def count_cost(
    operation: NormalizedOperation,
    weights: Weights,
    variables: Values,
    data: Mapping[str, Any] | None,
) -> int:
    """The cost of an answer's ``data`` under the client's response keys. A null costs nothing but
    the arguments of its field. Visits every value; meant for measuring, not for every request."""
    if data is None:
        return 0
    base = MUTATION if operation.kind == "mutation" else 0
    return base + _Counter(weights, variables).of_object(operation.selection, data)


class _Counter:
    def __init__(self, weights: Weights, variables: Values) -> None:
        self._prices = Prices(weights)
        self._variables = variables
        self._priced: dict[int, list[tuple[Field, Price, int]]] = {}

    def of_object(self, selection: SelectionSet, data: Mapping[str, Any]) -> int:
        cost = 0
        counted: set[str] = set()
        for field, price, arguments in self._fields(selection):
            # Fields of different types may share a key: only one of them was requested from an
            # object.
            if field.key not in data or field.key in counted:
                continue
            counted.add(field.key)
            cost += arguments + self._of_value(data[field.key], field, price)
        return cost

    def _of_value(self, value: Any, field: Field, price: Price) -> int:
        if value is None:
            return 0
        if isinstance(value, list):
            return sum(self._of_value(item, field, price) for item in value)
        below = 0
        if field.selection is not None and isinstance(value, Mapping):
            below = self.of_object(field.selection, value)
        return price.weight + below

    def _fields(self, selection: SelectionSet) -> list[tuple[Field, Price, int]]:
        known = self._priced.get(id(selection))
        if known is None:
            known = self._priced[id(selection)] = [
                (field, price, self._arguments(field, price))
                for field in selection.fields
                if not field.denied and not field.introspection
                for price in [self._prices.of(field, selection)]
            ]
        return known

    def _arguments(self, field: Field, price: Price) -> int:
        return sum(
            self._prices.of_value(value_of(node, self._variables), price.arguments[name])
            for name, node in field.arguments
            if name in price.arguments
        )
