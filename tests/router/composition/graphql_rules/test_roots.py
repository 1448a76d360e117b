import pytest

from tests.support.composing import codes_of


@pytest.mark.parametrize(
    "sdl",
    [
        "schema { query: Q }",
        "schema { query: Q } scalar Q",
        "schema { query: Q mutation: Q } type Q { x: Int }",
    ],
)
def test_roots_are_distinct_object_types(sdl):
    assert codes_of(sdl) == ["INVALID_GRAPHQL"]


def test_other_names_are_fine():
    assert codes_of("schema { query: Q mutation: M } type Q { x: Int } type M { x: Int }") == []
