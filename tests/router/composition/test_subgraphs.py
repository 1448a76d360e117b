from tests.support.composing import codes, federation_2, load
from trellis.router.composition.subgraph import Subgraph
from trellis.router.composition.subgraphs import load_subgraphs


def test_messages_name_the_subgraph():
    _, errors = load("type Query { q: Int }", "type T { x: Unknown }")

    assert [error.message for error in errors] == [
        '[b] Unknown type "Unknown" of "T.x"; define it or correct the name.'
    ]
    assert [place.subgraph for place in errors[0].places] == ["b"]


def test_all_subgraphs_report_their_first_stage_with_errors():
    assert codes("type T {", federation_2("type T { x: Y }"), federation_2("type Query")) == [
        "INVALID_GRAPHQL",
        "INVALID_GRAPHQL",
    ]


def test_broken_graphql_hides_federation_rules():
    sdl = 'type Query { t: T y: Unknown } type T @key(fields: "no") { id: ID! }'

    assert codes(federation_2(sdl)) == ["INVALID_GRAPHQL"]


def test_names_are_unique_and_not_reserved():
    sdl = "type Query { q: Int }"

    def found(*names: str) -> list[str]:
        _, errors = load_subgraphs([Subgraph(name, "", sdl) for name in names])
        return [error.code for error in errors]

    assert found("_") == ["INVALID_SUBGRAPH_NAME"]
    assert found("a", "a") == ["INVALID_SUBGRAPH_NAME"]
    assert found("a", "b", "_c") == []


def test_the_order_given_is_kept():
    schemas, _ = load(
        "type Query { q: Int }", federation_2("type T { x: Int }"), "type V { x: Int }"
    )

    assert [schema.name for schema in schemas] == ["a", "b", "c"]
