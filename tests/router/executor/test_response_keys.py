"""The response keys that a step's operation gives."""

import pytest

from trellis.router.executor.response_keys import response_keys
from trellis.router.planner.plan import FetchStep


def keys(operation: str) -> dict[str | None, set[str]]:
    step = FetchStep(0, "s", "query", operation)
    return {alias: set(found) for alias, found in response_keys(step).items()}


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("{ a b: c }", {None: {"a", "b"}, "a": set(), "b": set()}),
        ("{ a { x y: z { deep } } }", {None: {"a"}, "a": {"x", "y"}}),
        (
            "query ($r: [_Any!]!) { e: _entities(representations: $r) { __typename "
            "... on A { x ... on B { y } } ...F } } "
            "fragment F on A { z ...G } fragment G on A { w }",
            {None: {"e"}, "e": {"x", "y", "z", "w"}},
        ),
        (
            "query { r0: _entities(representations: []) { ... on A { x } } "
            "r1: _entities(representations: []) @include(if: true) { ... on B { y } } }",
            {None: {"r0", "r1"}, "r0": {"x"}, "r1": {"y"}},
        ),
        ("{ ...Q } fragment Q on Query { a { __typename } }", {None: {"a"}, "a": set()}),
    ],
)
def test_keys_are_found_below_each_alias_through_all_fragments(
    operation: str, expected: dict[str | None, set[str]]
):
    assert keys(operation) == expected
