"""How the arguments of non-repeatable directives are merged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

from graphql import IntValueNode, ValueNode

from trellis.router.composition.merge.alternatives import read_alternatives, write_alternatives
from trellis.router.composition.values import boolean, integer, is_true, list_of, string, strings_of
from trellis.router.requirements import NOTHING_NEEDED, both

Strategy = Callable[[Sequence[ValueNode]], ValueNode]


def highest(values: Sequence[ValueNode]) -> ValueNode:
    return integer(max(int(value.value) for value in values if isinstance(value, IntValueNode)))


def union(values: Sequence[ValueNode]) -> ValueNode:
    names = dict.fromkeys(name for value in values for name in strings_of(value))
    return list_of(string(name) for name in names)


def every(values: Sequence[ValueNode]) -> ValueNode:
    return boolean(all(is_true(value) for value in values))


def conjunction(values: Sequence[ValueNode]) -> ValueNode:
    return write_alternatives(reduce(both, map(read_alternatives, values), NOTHING_NEEDED))


STRATEGIES: dict[str, dict[str, Strategy]] = {
    "cost": {"weight": highest},
    "listSize": {
        "assumedSize": highest,
        "slicingArguments": union,
        "sizedFields": union,
        "requireOneSlicingArgument": every,
    },
    "requiresScopes": {"scopes": conjunction},
    "policy": {"policies": conjunction},
}
