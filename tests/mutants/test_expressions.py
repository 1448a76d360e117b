"""Which faults an expression can be given: source in, the lines after each fault out."""

import pytest

from tests.mutants.find import changes_program, find_mutants
from tests.mutants.source import Source


def after(line: str) -> list[str]:
    """The expression of a function's only line, after each fault; what leaves no program or takes
    the whole result away is not listed."""
    source = Source("m.py", f"def f(a, b, c):\n    return {line}\n")
    return [
        mutant.after.strip().removeprefix("return ")
        for mutant in find_mutants(source)
        if mutant.edit.operator != "return None" and changes_program(source, mutant.edit)
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a < b", ["(a <= b)"]),
        ("a >= b", ["(a > b)"]),
        ("a == b", ["(a != b)"]),
        ("a is None", ["(a is not None)"]),
        ("a not in b", ["(a in b)"]),
        ("a < b <= c", ["(a <= b <= c)", "(a < b < c)"]),
    ],
)
def test_comparisons_are_flipped_or_moved_by_one(line: str, expected: list[str]):
    assert after(line) == expected


def test_and_and_or_change_places_and_lose_each_operand():
    assert after("a and b and c") == ["(a or b or c)", "(b and c)", "(a and c)", "(a and b)"]
    assert after("a or b") == ["(a and b)", "b", "a"]


def test_a_negation_is_removed_without_changing_what_binds_to_what():
    assert after("a and not (b or c)")[3:] == [
        "a and (b or c)",
        "a and not ((b and c))",
        "a and not (c)",
        "a and not (b)",
    ]


def test_numbers_move_by_one_and_truth_values_flip():
    assert after("5") == ["6", "4"]
    assert after("0") == ["1"]
    assert after("True") == ["False"]


def test_texts_stay_as_they_are():
    assert after("'text'") == []
    assert after("f'{a + 1} of {b < c}'") == []
    assert after("a + ' more'") == []


def test_operators_of_sets_and_numbers_change():
    assert after("a & b") == ["(a | b)", "a"]
    assert after("a | b") == ["(a & b)", "a"]
    assert after("a - b") == ["(a + b)", "a"]


def test_either_branch_of_a_conditional_is_taken_for_granted():
    assert after("a if c else b") == ["a", "b"]


def test_the_filter_of_a_comprehension_is_lost():
    assert after("[x for x in a if x]") == ["[x for x in a if True]"]


def test_a_slice_is_lost():
    assert after("a[:b]") == ["a"]


def test_each_element_of_a_display_is_dropped():
    assert after("{a, b}") == ["{b}", "{a}"]
    assert after("[a]") == ["[]"]
    assert after("{a}") == ["set()"]
    assert after("{'k': a, **b}") == ["{**b}", "{'k': a}"]


def test_a_tuple_loses_elements_where_it_is_a_choice_and_not_where_it_is_unpacked():
    assert after("a in (b, c)") == ["(a not in (b, c))", "a in (c,)", "a in (b,)"]
    assert after("isinstance(a, (b, c))") == ["isinstance(a, (c,))", "isinstance(a, (b,))"]
    assert after("(a, b)") == []


def test_keyword_arguments_are_dropped_and_positional_ones_of_calls_that_take_any_number():
    assert after("a(b, key=c)") == ["a(b)"]
    assert after("a(key=c)") == ["a()"]
    assert after("where(a, b)") == ["where(b)", "where(a)"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("min(a)", "max(a)"),
        ("any(a)", "all(a)"),
        ("sorted(a)", "list(a)"),
        ("a.is_(None)", "a.is_not(None)"),
        ("and_(a)", "or_(a)"),
        ("a.where(b)", "a"),
        ("a.order_by(b)", "a"),
        ("a.with_for_update()", "a"),
        ("a.casefold()", "a"),
    ],
)
def test_calls_change_places_or_are_left_out(line: str, expected: str):
    assert after(line) == [expected]
