"""What an operation costs at most, by its text and its variables.

The rules are those of Apollo's demand control, so that a graph keeps its figures when it moves: a
mutation costs 10; an object, interface or union 1 and a leaf 0, unless ``@cost`` on the field or
its type says otherwise; a list costs its length times what one item costs; arguments cost what
``@cost`` says and 1 for each input object. Where several runtime types are possible, the dearest
counts and not the sum of all.

An estimate is compiled once per operation. Selection sets are shared
(``trellis.router.operation.model``) and so are their numbers: neither compiling nor evaluating
takes longer than the operation has distinct selection sets.
"""

from collections.abc import Mapping

from graphql import Undefined, ValueNode

from trellis.router.cost.prices import Price, Prices, lists_of
from trellis.router.cost.program import Estimate, Number, Program
from trellis.router.cost.values import Values, at_path, has_variable, value_of
from trellis.router.cost.weights import InputWeight, ListSize, Weights
from trellis.router.operation.model import Field, NormalizedOperation, SelectionSet

MUTATION = 10

Sizes = Mapping[str, Number]
"""How long the lists of some fields are, as the field around them says."""


def compile_estimate(
    operation: NormalizedOperation, weights: Weights, default_size: int
) -> Estimate:
    """``default_size`` is the length of lists about which nothing is known. Denied fields, which
    nobody fetches, and questions about the schema cost nothing."""
    compiler = Compiler(weights, default_size)
    result = compiler.of_selection(operation.selection, {})
    if operation.kind == "mutation":
        result = compiler.program.sum([MUTATION, result])
    return Estimate(tuple(compiler.program.steps), result)


class Compiler:
    """Writes the estimate of one operation. ``holders`` are the subgraphs from which the object
    comes whose fields are priced, if only the part of one subgraph is requested."""

    def __init__(self, weights: Weights, default_size: int) -> None:
        self.program = Program()
        self._prices = Prices(weights)
        self._default_size = default_size
        self.holders: frozenset[int] = frozenset()
        self._known: dict[tuple[int, frozenset[tuple[str, Number]], frozenset[int]], Number] = {}

    def of_selection(self, selection: SelectionSet, sizes: Sizes) -> Number:
        key = id(selection), frozenset(sizes.items()), self.holders
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._selection(selection, sizes)
        return known

    def _selection(self, selection: SelectionSet, sizes: Sizes) -> Number:
        for_all: list[Number] = []
        for_some: dict[frozenset[str], list[Number]] = {}
        for field in selection.fields:
            if field.denied or field.introspection:
                continue
            cost = self.of_field(field, selection, sizes)
            if cost == 0:
                continue
            numbers = for_all if field.types is None else for_some.setdefault(field.types, [])
            numbers.append(cost)
        if for_some:
            for_all.append(self._dearest(for_some))
        return self.program.sum(for_all)

    def _dearest(self, for_some: Mapping[frozenset[str], list[Number]]) -> Number:
        """The largest cost among the runtime types that are distinguished."""
        parts = {types: self.program.sum(numbers) for types, numbers in for_some.items()}
        chosen: dict[str, list[frozenset[str]]] = {}
        for types in parts:
            for type_ in types:
                chosen.setdefault(type_, []).append(types)
        different = dict.fromkeys(tuple(sets) for sets in chosen.values())
        return self.program.most(
            [self.program.sum([parts[types] for types in sets]) for sets in different]
        )

    def of_field(self, field: Field, selection: SelectionSet, sizes: Sizes) -> Number:
        price = self._prices.of(field, selection)
        lists = lists_of(field.type)
        size = self._size(field, price) if price.sizes else None
        below: Number = 0
        if field.selection is not None:
            sized = {name for one in price.sizes for name in one.sized}
            inner = {} if size is None else dict.fromkeys(sized, size)
            below = self.of_selection(field.selection, inner)
        cost = self.program.sum([self.weight_of(price), below])
        if lists:
            given = sizes.get(field.name)
            own = size if any(not one.sized for one in price.sizes) else None
            outermost = given if given is not None else own
            outermost = self._default_size if outermost is None else outermost
            for length in (*[self._default_size] * (lists - 1), outermost):
                cost = self.program.product(length, cost)
        return self.program.sum([cost, *self.own_cost(field, price)])

    def weight_of(self, price: Price) -> int:
        """What one object or leaf of a field costs."""
        return price.weight

    def _size(self, field: Field, price: Price) -> Number:
        given = dict(field.arguments)
        return self.program.most([self._list_size(one, given) for one in price.sizes])

    def _list_size(self, size: ListSize, given: Mapping[str, ValueNode]) -> Number:
        unknown = self._default_size if size.assumed is None else max(0, size.assumed)
        names = {path[0] for path in size.slicing}
        if any(has_variable(node) for name, node in given.items() if name in names):
            return self.program.step(lambda _, values: _length(size, given, values, unknown))
        return _length(size, given, {}, unknown)

    def own_cost(self, field: Field, price: Price) -> list[Number]:
        """What the arguments of a field cost, each."""
        return [
            self._argument(node, price.arguments[name])
            for name, node in field.arguments
            if name in price.arguments and self._prices.may_cost(price.arguments[name])
        ]

    def _argument(self, node: ValueNode, declared: InputWeight) -> Number:
        prices = self._prices
        if not has_variable(node):
            return prices.of_value(value_of(node, {}), declared)
        return self.program.step(
            lambda _, variables: prices.of_value(value_of(node, variables), declared)
        )


def _length(size: ListSize, given: Mapping[str, ValueNode], variables: Values, unknown: int) -> int:
    """The largest of the slicing arguments, the schema's defaults for those left out; ``unknown``
    where none has a value."""
    found: list[int] = []
    for path in size.slicing:
        node = given.get(path[0])
        value = Undefined if node is None else value_of(node, variables)
        length = size.defaults.get(path) if value is Undefined else at_path(value, path[1:])
        # A Float without fraction is a valid Int (coercion rules of the specification).
        if isinstance(length, int | float) and not isinstance(length, bool):
            found.append(int(length))
    return max(0, *found) if found else unknown
