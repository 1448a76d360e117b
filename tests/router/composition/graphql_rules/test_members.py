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


@pytest.mark.parametrize(
    "sdl", ["type T { x(a: Int! @deprecated): Int }", "input N { x: Int! @deprecated }"]
)
def test_what_is_required_is_not_deprecated(sdl):
    assert codes_of(QUERY + sdl) == ["INVALID_GRAPHQL"]


def test_what_has_a_default_may_be_deprecated():
    assert codes_of(QUERY + "input N { x: Int! = 1 @deprecated y: Int @deprecated }") == []


@pytest.mark.parametrize("field", ["x: Int!", "x: Int = 1"])
def test_one_of_fields_are_nullable_and_without_default(field):
    assert codes_of(QUERY + f"input N @oneOf {{ {field} }}") == ["INVALID_GRAPHQL"]


def test_one_of_is_known():
    assert codes_of(QUERY + "input N @oneOf { x: Int y: String }") == []
