import pytest

from tests.support.composing import codes_of

QUERY = "type Query { q: Int }\n"


@pytest.mark.parametrize(
    "sdl",
    [
        "type T",
        "interface T",
        "input T",
        "enum T",
        "union T",
        "type Mutation",
        'extend type T @tag(name: "x")',
    ],
)
def test_types_are_not_empty(sdl):
    assert codes_of(QUERY + sdl) == ["INVALID_GRAPHQL"]


def test_the_query_root_may_be_empty():
    assert codes_of("type Query") == []


@pytest.mark.parametrize("sdl", ["union U = Unknown", "union U = I interface I { x: Int }"])
def test_unions_are_of_objects(sdl):
    assert codes_of(QUERY + sdl) == ["INVALID_GRAPHQL"]
