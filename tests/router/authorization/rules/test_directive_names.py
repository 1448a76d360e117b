"""Under which names a supergraph applies a directive of one of our specifications."""

import pytest
from graphql import parse

from trellis.router.authorization.rules.directive_names import names_of_element

SPEC = "https://specs.trellis.dev/rest/"


@pytest.mark.parametrize(
    ("link", "names"),
    [
        ("", {"rest__rest", "rest"}),
        (', as: "web"', {"web__rest", "web"}),
        (', import: ["@rest"]', {"rest__rest", "rest"}),
        (', import: [{name: "@rest", as: "@at"}]', {"rest__rest", "at"}),
        (', import: ["@hidden"]', {"rest__rest", "rest"}),
        (', as: "web", import: [{name: "@rest", as: "@at"}]', {"web__rest", "at"}),
    ],
)
def test_the_directive_that_is_called_like_its_specification_needs_no_import(
    link: str, names: set[str]
):
    sdl = f'schema @link(url: "{SPEC}v0.1"{link}) {{ query: Query }} type Query {{ a: Int }}'
    assert names_of_element(parse(sdl), SPEC, "@rest") == names
    assert names_of_element(parse(sdl), "https://specs.trellis.dev/other/", "@rest") == set()
