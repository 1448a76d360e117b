import pytest

from tests.support.composing import codes_of

QUERY = "type Query { q: Int }\n"


@pytest.mark.parametrize(
    "sdl",
    [
        "type T { x(a: Int! @deprecated): Int }",
        "input N { x: Int! @deprecated }",
        "directive @d(a: Int! @deprecated) on FIELD",
    ],
)
def test_what_is_required_is_not_deprecated(sdl):
    assert codes_of(QUERY + sdl) == ["INVALID_GRAPHQL"]


def test_what_has_a_default_may_be_deprecated():
    assert codes_of(QUERY + "input N { x: Int! = 1 @deprecated y: Int @deprecated }") == []
