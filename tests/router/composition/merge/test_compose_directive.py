import pytest

from tests.support.composing import federation_2
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph

URL = "https://custom.example/mine/v1.0"


def subgraph(
    name: str,
    compose: str = '@composeDirective(name: "@mine")',
    *,
    url: str = URL,
    own: str = "mine",
) -> Subgraph:
    imported = '"@mine"' if own == "mine" else f'{{name: "@mine", as: "@{own}"}}'
    return Subgraph(
        name,
        f"http://{name}",
        federation_2(
            f"""
            extend schema @link(url: "{url}", import: [{imported}]) {compose}
            directive @{own}(n: Int) on FIELD_DEFINITION
            type Query {{ {name}: Int @{own}(n: 1) }}
            """
        ),
    )


def test_a_composed_directive_brings_its_link_definition_and_applications():
    sdl = compose([subgraph("a")]).supergraph_sdl

    assert f'@link(url: "{URL}", import: ["@mine"])' in sdl
    assert "directive @mine(n: Int) on FIELD_DEFINITION" in sdl
    assert "  a: Int @mine(n: 1)\n" in sdl


def test_clients_do_not_see_it():
    assert compose([subgraph("a")]).api_sdl == "type Query {\n  a: Int\n}\n"


def test_the_newest_minor_version_is_linked():
    newer = "https://custom.example/mine/v1.3"
    sdl = compose([subgraph("a"), subgraph("b", url=newer)]).supergraph_sdl

    assert f'@link(url: "{newer}", import: ["@mine"])' in sdl
    assert "  b: Int @join__field(graph: B) @mine(n: 1)\n" in sdl


def test_only_who_asks_for_it_contributes():
    sdl = compose([subgraph("a"), subgraph("b", "")]).supergraph_sdl

    assert "  b: Int @join__field(graph: B)\n" in sdl


def test_a_renamed_directive_keeps_its_new_name():
    sdl = compose([subgraph("a", '@composeDirective(name: "@ours")', own="ours")]).supergraph_sdl

    assert f'@link(url: "{URL}", import: [{{name: "@mine", as: "@ours"}}])' in sdl
    assert "  a: Int @ours(n: 1)\n" in sdl


@pytest.mark.parametrize("name", ["", "@", "mine", "@unknown", "@key", "@cost", "@link", "@skip"])
def test_other_names_are_refused(name):
    composition = compose([subgraph("a", f'@composeDirective(name: "{name}")')])

    assert [error.code for error in composition.errors] == ["DIRECTIVE_COMPOSITION_ERROR"]


@pytest.mark.parametrize(
    "other",
    [
        subgraph("b", url="https://custom.example/mine/v2.0"),
        subgraph("b", url="https://other.example/mine/v1.0"),
        subgraph("b", '@composeDirective(name: "@ours")', own="ours"),
    ],
)
def test_subgraphs_must_mean_the_same(other):
    composition = compose([subgraph("a"), other])

    assert [error.code for error in composition.errors] == ["DIRECTIVE_COMPOSITION_ERROR"]


@pytest.mark.parametrize("name", ["@tag", "@inaccessible", "@authenticated"])
def test_what_is_composed_anyway_needs_no_word(name):
    composition = compose([subgraph("a", f'@composeDirective(name: "{name}")')])

    assert [hint.code for hint in composition.hints] == ["DIRECTIVE_COMPOSITION_INFO"]


def test_another_name_elsewhere_is_worth_a_hint():
    composition = compose([subgraph("a"), subgraph("b", "", own="ours")])

    assert [hint.code for hint in composition.hints] == ["DIRECTIVE_COMPOSITION_WARN"]


def test_a_name_of_the_supergraph_s_own_features_is_taken():
    composition = compose([subgraph("a", '@composeDirective(name: "@join__x")', own="join__x")])

    assert [error.code for error in composition.errors] == ["INVALID_LINK_DIRECTIVE_USAGE"]
