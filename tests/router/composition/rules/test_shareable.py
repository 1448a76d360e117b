import pytest

from tests.support.composing import codes_of

START = "type Query { q: Int }\n"


@pytest.mark.parametrize(
    "sdl",
    [
        "type T @shareable { x: Int }",
        "type T { x: Int @shareable }",
        "type T @shareable { x: Int @shareable }",
        "type T @shareable { x: Int } extend type T @shareable { y: Int }",
        "extend type T @shareable { x: Int } extend type T @shareable { y: Int }",
    ],
)
def test_shareable_once_per_declaration(sdl):
    assert codes_of(START + sdl) == []


@pytest.mark.parametrize(
    "sdl",
    [
        "interface I { x: Int @shareable }",
        "type T @shareable @shareable { x: Int }",
        "type T { x: Int @shareable @shareable }",
        "type T { x: Int } extend type T @shareable @shareable { y: Int }",
    ],
)
def test_other_uses_are_refused(sdl):
    assert codes_of(START + sdl) == ["INVALID_SHAREABLE_USAGE"]
