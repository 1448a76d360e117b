import pytest

from tests.support.composing import codes_of

QUERY = "type Query { q: Int }\n"


@pytest.mark.parametrize(
    "sdl",
    [
        "type __T { x: Int }",
        "type T { __x: Int }",
        "type T { x(__a: Int): Int }",
        "input __N { x: Int }",
        "input N { __x: Int }",
        "enum E { __A }",
        "directive @__d on FIELD",
        "directive @d(__a: Int) on FIELD",
    ],
)
def test_two_leading_underscores_are_reserved(sdl):
    assert codes_of(QUERY + sdl) == ["INVALID_GRAPHQL"]


def test_one_leading_underscore_is_fine():
    assert codes_of(QUERY + "type _T { _x(_a: Int): Int }") == []


@pytest.mark.parametrize("name", ["true", "false", "null"])
def test_literals_are_no_enum_values(name):
    assert codes_of(QUERY + f"enum E {{ {name} }}") == ["INVALID_GRAPHQL"]
