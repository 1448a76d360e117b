import pytest

from tests.support.composing import federation_2
from trellis.router.composition.api_schema import api_schema_sdl
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph

SDL = """
extend schema @link(url: "https://custom.example/own/v1.0", import: ["@own"])
  @composeDirective(name: "@own")
directive @own on FIELD_DEFINITION
directive @shown(n: Int @inaccessible) on FIELD
\"""What can be asked\"""
type Query implements Shown & Hidden @tag(name: "t") {
  kept(a: Int = 1, b: Int @inaccessible): Kind @deprecated(reason: "old")
  gone: Secret @inaccessible
  either: Either @own @authenticated
}
interface Shown { kept(a: Int): Kind @deprecated(reason: "older") }
interface Hidden @inaccessible { kept(a: Int): Kind @deprecated }
enum Kind { A B @inaccessible @deprecated }
type Secret @inaccessible { x: Int }
type Open { x: Url y: Int @inaccessible }
union Either = Open | Secret
scalar Url @specifiedBy(url: "https://url.example")
input Filter { x: Int y: Int @inaccessible }
"""
API = """\
directive @shown on FIELD

union Either = Open

input Filter {
  x: Int
}

enum Kind {
  A
}

type Open {
  x: Url
}

\"""What can be asked\"""
type Query implements Shown {
  kept(a: Int = 1): Kind @deprecated(reason: "old")
  either: Either
}

interface Shown {
  kept(a: Int): Kind @deprecated(reason: "older")
}

scalar Url
  @specifiedBy(url: "https://url.example")
"""


def composition():
    return compose([Subgraph("a", "http://a", federation_2(SDL))])


def test_clients_see_neither_hidden_elements_nor_specifications():
    assert composition().errors == ()
    assert composition().api_sdl == API


def test_a_printed_supergraph_gives_the_same_schema():
    assert api_schema_sdl(composition().supergraph_sdl) == API


def test_the_definition_of_one_of_is_for_supergraphs():
    sdl = federation_2("type Query { q(i: I): Int } input I @oneOf { x: Int y: Int }")
    result = compose([Subgraph("a", "http://a", sdl)])

    assert "directive @oneOf on INPUT_OBJECT\n" in result.supergraph_sdl
    assert "directive" not in result.api_sdl
    assert "input I @oneOf {" in " ".join(result.api_sdl.split())
    assert api_schema_sdl(result.supergraph_sdl) == result.api_sdl


def test_types_of_a_composed_feature_are_not_for_clients():
    sdl = federation_2(
        """
        extend schema @link(url: "https://custom.example/own/v1.0") @composeDirective(name: "@own")
        directive @own(by: own__By) on FIELD_DEFINITION
        enum own__By { A B }
        type Query { q: Int @own(by: A) }
        """
    )
    result = compose([Subgraph("a", "http://a", sdl)])

    assert "enum own__By" in result.supergraph_sdl
    assert result.api_sdl == "type Query {\n  q: Int\n}\n"
    assert api_schema_sdl(result.supergraph_sdl) == result.api_sdl


def test_other_names_of_the_directives_change_nothing():
    renamed = (
        federation_2(SDL)
        .replace('"@inaccessible"', '{name: "@inaccessible", as: "@hidden"}')
        .replace("@inaccessible", "@hidden")
        .replace('name: "@hidden"', 'name: "@inaccessible"')
    )
    result = compose([Subgraph("a", "http://a", renamed)])

    assert result.api_sdl == API
    assert api_schema_sdl(result.supergraph_sdl) == API


@pytest.mark.parametrize("sdl", ["type Query {", "type Query { x: Int }"])
def test_what_is_no_supergraph_is_refused(sdl):
    with pytest.raises(ValueError, match="supergraph"):
        api_schema_sdl(sdl)
