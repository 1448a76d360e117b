import pytest

from tests.support.composing import codes_of

QUERY = "type Query { q: Int }\n"


@pytest.mark.parametrize(
    ("sdl", "count"),
    [
        ("input A { a: A! }", 1),
        ("input A { b: B! } input B { a: A! }", 2),
        ("input Start { a: A! } input A { b: B! } input B { a: A! }", 2),
    ],
)
def test_an_input_cannot_require_itself(sdl, count):
    assert codes_of(QUERY + sdl) == ["INVALID_GRAPHQL"] * count


@pytest.mark.parametrize(
    "sdl", ["input A { a: A }", "input A { a: [A!]! }", "input A { b: B! } input B { a: A }"]
)
def test_a_nullable_field_or_list_ends_the_chain(sdl):
    assert codes_of(QUERY + sdl) == []
