"""Which leaf values of subgraphs are handed on, and as what."""

from typing import Any

import pytest
from graphql import GraphQLNamedType, build_schema

from trellis.router.executor.leaves import LeafError, complete_leaf, fast_test

SCHEMA = build_schema("""
    type Query { a(i: Int, f: Float, s: String, b: Boolean, d: ID, e: E, x: Any): Int }
    enum E { RED GREEN }
    scalar Any
""")
EXACT = 2**53


def kind(name: str) -> GraphQLNamedType:
    return SCHEMA.type_map[name]


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("Int", 5, 5),
        ("Int", -(2**70), -(2**70)),
        ("Int", 5.0, 5),
        ("Int", float(EXACT - 1), EXACT - 1),
        ("Int", -float(EXACT - 1), 1 - EXACT),
        ("Float", 5, 5),
        ("Float", 0.5, 0.5),
        ("String", "", ""),
        ("ID", "a", "a"),
        ("ID", 7, "7"),
        ("Boolean", False, False),
        ("E", "RED", "RED"),
        ("Any", {"a": [1, None]}, {"a": [1, None]}),
        ("Any", True, True),
    ],
)
def test_a_value_of_the_right_kind_is_handed_on(type_: str, value: Any, expected: Any):
    found = complete_leaf(kind(type_), value)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("Int", 5.5),
        ("Int", float(EXACT)),
        ("Int", -float(EXACT)),
        ("Int", float("inf")),
        ("Int", "5"),
        ("Int", True),
        ("Float", "0.5"),
        ("Float", True),
        ("Float", 5.0j),
        ("String", 5),
        ("ID", 7.0),
        ("ID", True),
        ("Boolean", 1),
        ("E", "BLUE"),
        ("E", 1),
        ("E", ["RED"]),
        ("String", {}),
    ],
)
def test_any_other_value_is_an_error_that_names_the_type(type_: str, value: Any):
    with pytest.raises(LeafError, match=rf" {type_}[ .]"):
        complete_leaf(kind(type_), value)


@pytest.mark.parametrize("type_", ["Int", "Float", "String", "ID", "Boolean", "Any"])
def test_what_passes_the_fast_test_needs_no_completion(type_: str):
    test = compile(fast_test(kind(type_), "v"), "<test>", "eval")
    values: list[Any] = [5, 5.0, 5.5, "5", True, {}, []]
    passed = [v for v in values if eval(test, {"v": v, "NUMBERS": (float, int)})]
    completed = []
    for value in values:
        try:
            same = complete_leaf(kind(type_), value) is value
        except LeafError:
            continue
        if same:
            completed.append(value)
    assert passed == completed != []
