"""Estimates as short programs: each step is a number that reads the numbers before it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from trellis.router.cost.values import Values

MOST = 10**12
"""Numbers stop here: nested lists multiply, and chained fragments double with each link."""

Step = Callable[[Sequence[int], Values], int]


@dataclass(frozen=True, slots=True)
class Ref:
    """The number of a step."""

    index: int


Number = int | Ref


@dataclass(frozen=True, slots=True)
class Estimate:
    """The cost of one operation, as a function of its variables."""

    steps: tuple[Step, ...]
    result: Number

    @property
    def is_constant(self) -> bool:
        """Whether it is the same for all variables."""
        return isinstance(self.result, int)

    def of(self, variables: Values) -> int:
        """The cost with these variables."""
        if isinstance(self.result, int):
            return self.result
        numbers: list[int] = []
        for step in self.steps:
            numbers.append(step(numbers, variables))
        return numbers[self.result.index]


class Program:
    """Writes the steps of an estimate. What depends on no variable is folded."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def step(self, step: Step) -> Ref:
        """Append a step."""
        self.steps.append(step)
        return Ref(len(self.steps) - 1)

    def sum(self, numbers: Iterable[Number]) -> Number:
        """All of the numbers together."""
        constants, indexes = _parted(numbers)
        constant = min(sum(constants), MOST)
        if not indexes:
            return constant
        if len(indexes) == 1 and not constant:
            return Ref(indexes[0])
        return self.step(lambda n, _: min(constant + sum([n[i] for i in indexes]), MOST))

    def most(self, numbers: Iterable[Number]) -> Number:
        """The largest of the numbers; at least 0."""
        constants, indexes = _parted(numbers)
        constant = max(constants, default=0)
        if not indexes:
            return constant
        if len(indexes) == 1 and not constant:
            return Ref(indexes[0])
        return self.step(lambda n, _: max(constant, *[n[i] for i in indexes]))

    def product(self, size: Number, item: Number) -> Number:
        """``size`` times ``item``."""
        constants, indexes = _parted([size, item])
        if not indexes:
            return min(constants[0] * constants[1], MOST)
        if not constants:
            by, of = indexes
            return self.step(lambda n, _: min(n[by] * n[of], MOST))
        [factor], [index] = constants, indexes
        if factor < 2:
            return Ref(index) if factor else 0
        return self.step(lambda n, _: min(n[index] * factor, MOST))


def _parted(numbers: Iterable[Number]) -> tuple[list[int], list[int]]:
    constants: list[int] = []
    indexes: list[int] = []
    for number in numbers:
        if isinstance(number, int):
            constants.append(number)
        else:
            indexes.append(number.index)
    return constants, indexes
