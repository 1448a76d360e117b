import pytest

from tests.support.composing import codes_of, messages_of

QUERY = "type Query { q: Int }\n"


@pytest.mark.parametrize(
    ("sdl", "fields"),
    [
        ("input A { a: A! }", "A.a"),
        ("input A { b: B! } input B { a: A! }", "A.b, B.a"),
        ("input Start { a: A! } input A { b: B! } input B { a: A! }", "A.b, B.a"),
        ("input A @oneOf { a: A }", "A.a"),
        ("input A @oneOf { a: A b: B } input B { a: A! x: Int }", "A.a"),
        ("input A { b: B! } input B @oneOf { a: A }", "A.b, B.a"),
    ],
)
def test_an_input_cannot_need_itself(sdl, fields):
    (message,) = messages_of(QUERY + sdl)

    assert f"it needs another one of itself in {fields}." in message


def test_each_cycle_is_reported_once():
    sdl = "input A { b: B! } input B { a: A! } input C { c: C! a: A! } input D { x: Int }"

    assert codes_of(QUERY + sdl) == ["INVALID_GRAPHQL"] * 2


@pytest.mark.parametrize(
    "sdl",
    [
        "input A { a: A }",
        "input A { a: [A!]! }",
        "input A { b: B! } input B { a: A }",
        "input A @oneOf { a: A x: Int }",
        "input A @oneOf { a: [A] }",
        "input A @oneOf { a: A b: B } input B { x: Int }",
        "input A { b: B! } input B @oneOf { a: A x: Int }",
    ],
)
def test_a_way_out_ends_the_chain(sdl):
    assert codes_of(QUERY + sdl) == []
