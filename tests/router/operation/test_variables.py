"""Variables are checked once and travel as JSON."""

from typing import Any

import pytest
from graphql import OperationDefinitionNode, build_schema, parse

from trellis.router.errors import OperationRefused
from trellis.router.operation.variables import VariableReader, Variables

SCHEMA = build_schema("""
    type Query { f(i: Int, e: Kind, in: In, l: [Int!], d: Date, id: ID, x: Float): Int }
    enum Kind { RED GREEN }
    input In { n: Int! = 3, list: [In!], kind: Kind = RED }
    scalar Date
""")


def coerce(definitions: str, given: dict[str, Any]) -> Variables:
    operation = parse(f"query ({definitions}) {{ f }}").definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return VariableReader(SCHEMA, operation.variable_definitions or ()).read(given)


def test_values_travel_as_the_client_sent_them() -> None:
    given = {"in": {"list": [{"n": 1}]}, "e": "GREEN", "l": 5, "d": "2026-01-01"}

    result = coerce("$in: In, $e: Kind, $l: [Int!], $d: Date", given)

    assert result.wire == given
    assert result.coerced["l"] == [5]


@pytest.mark.parametrize(
    ("kind", "value", "coerced"),
    [
        ("ID", "7", "7"),
        ("ID!", 7, "7"),
        ("String", "x", "x"),
        ("Boolean", True, True),
        ("Int", 2**31 - 1, 2**31 - 1),
        ("Int", 1.0, 1),
        ("Float", 1, 1),
    ],
)
def test_built_in_scalars_are_coerced_as_graphql_says(kind: str, value: Any, coerced: Any) -> None:
    result = coerce(f"$x: {kind}, $y: Int = 3", {"x": value, "y": 1, "other": 2})

    assert result.wire == {"x": value, "y": 1}
    assert result.coerced == {"x": coerced, "y": 1}


def test_defaults_of_the_operation_are_filled_in_and_absent_stays_absent() -> None:
    result = coerce("$e: Kind = RED, $in: In = {n: 2}, $i: Int, $l: [Int!] = [1]", {})

    assert result.wire == {"e": "RED", "in": {"n": 2}, "l": [1]}


def test_null_wins_over_a_default_and_unknown_variables_are_dropped() -> None:
    result = coerce("$i: Int = 5", {"i": None, "other": 1})

    assert result.wire == {"i": None}


@pytest.mark.parametrize(
    ("definitions", "given"),
    [
        ("$i: Int!", {}),
        ("$i: Int!", {"i": None}),
        ("$i: Int", {"i": "1"}),
        ("$i: Int", {"i": True}),
        ("$i: Int", {"i": 2**31}),
        ("$i: Int", {"i": -(2**31) - 1}),
        ("$i: String", {"i": 1}),
        ("$i: Boolean", {"i": 1}),
        ("$e: Kind", {"e": "BLUE"}),
        ("$in: In", {"in": {"n": 1, "hidden": 2}}),
        ("$in: In", {"in": []}),
    ],
)
def test_values_that_do_not_fit_are_refused(definitions: str, given: dict[str, Any]) -> None:
    with pytest.raises(OperationRefused) as refusal:
        coerce(definitions, given)

    assert refusal.value.errors[0]["extensions"] == {"code": "BAD_USER_INPUT"}


def test_a_deeply_nested_value_is_refused_without_exhausting_the_stack() -> None:
    value: Any = {"n": 1}
    for _ in range(5_000):
        value = {"n": 1, "list": [value]}

    with pytest.raises(OperationRefused):
        coerce("$in: In", {"in": value})


def test_many_wrong_values_give_a_bounded_number_of_errors() -> None:
    with pytest.raises(OperationRefused) as refusal:
        coerce("$l: [Int!]", {"l": ["x"] * 10_000})

    assert len(refusal.value.errors) == 21


def test_as_many_values_as_allowed_are_checked() -> None:
    # The variable and its items.
    assert coerce("$l: [Int!]", {"l": [1] * 19_999}).wire == {"l": [1] * 19_999}


@pytest.mark.parametrize("value", [[1] * 20_000, [[1] * 200] * 200, {"x": [{"y": 1}] * 15_000}])
def test_more_values_than_allowed_are_refused_before_they_are_checked(value: Any) -> None:
    with pytest.raises(OperationRefused) as refusal:
        coerce("$l: [Int!]", {"l": value})

    assert refusal.value.errors[0]["extensions"] == {"code": "MAX_VARIABLE_VALUES_LIMIT"}


SECRETS = build_schema(
    """enum E { AB } input One @oneOf { a: Int, b: Int } scalar Any
    input Card { name: String!, number: String, year: Int, valid: Boolean, rate: Float, kind: E,
      id: ID, codes: [Int!], one: One, card: Card, extra: Any }
    type Query { pay(card: Card!): Int }"""
)


@pytest.mark.parametrize(
    ("card", "told"),
    [
        ({"number": "4111"}, ": Expected value of type 'Card' to include required field 'name'."),
        (
            {"name": "A", "number": "4111", "nam": "B"},
            ": Expected value of type 'Card' not to include unknown field 'nam'. "
            "Did you mean 'name'?",
        ),
        ({"name": 4111}, " at .name: String cannot represent a non string value."),
        ({"name": "A", "year": "4111"}, " at .year: Int cannot represent non-integer value."),
        (
            {"name": "A", "year": 4111 * 2**30},
            " at .year: Int cannot represent non 32-bit signed integer value.",
        ),
        ({"name": "A", "rate": "4111"}, " at .rate: Float cannot represent non numeric value."),
        ({"name": "A", "kind": "4111"}, " at .kind: Value does not exist in 'E' enum."),
        (
            {"name": "A", "kind": "ab"},
            " at .kind: Value does not exist in 'E' enum. Did you mean the enum value 'AB'?",
        ),
        ({"name": "A", "kind": 4111}, " at .kind: Enum 'E' cannot represent non-string value."),
        ({"name": "A", "id": 41.11}, " at .id: ID cannot represent value."),
        (
            {"name": "A", "codes": ["41\n11"]},
            " at .codes[0]: Int cannot represent non-integer value.",
        ),
        (
            {"name": "A", "card": "4111"},
            " at .card: Expected value of type 'Card' to be an object.",
        ),
        (
            {"name": "A", "card": {"number": "x, found: 4111"}},
            " at .card: Expected value of type 'Card' to include required field 'name'.",
        ),
        (None, ": Expected value of non-null type 'Card!' not to be None."),
    ],
)
def test_errors_do_not_repeat_values(card: Any, told: str) -> None:
    operation = parse("query($card: Card!) { pay(card: $card) }").definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    with pytest.raises(OperationRefused) as refused:
        VariableReader(SECRETS, operation.variable_definitions or ()).read({"card": card})
    [error] = refused.value.errors
    assert error["message"] == "Variable '$card' has invalid value" + told
