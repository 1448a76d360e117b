import pytest

from tests.support.merging import merge_errors, merge_of

COMPOSED = """
extend schema @link(url: "https://own.example/own/v1.0") @composeDirective(name: "@own")
directive @own(f: own__Filter) on FIELD_DEFINITION
input own__Filter { x: Int }
"""


@pytest.mark.parametrize(
    ("sdl", "place"),
    [
        ("type T { x: federation__FieldSet }", "T.x"),
        ("type T { x: link__Import }", "T.x"),
        ("type T { x(a: [federation__Scope!]): Int }", "T.x(a:)"),
        ("input I { x: federation__Policy }", "I.x"),
        ("directive @d(a: federation__FieldSet) on FIELD", "@d(a:)"),
        ("scalar _Any type T { x: _Any }", "T.x"),
        ("scalar _Any input I { x: _Any }", "I.x"),
        ("type _Service { sdl: String } type T { x: [_Service] }", "T.x"),
        ("type _Service { sdl: String } union U = _Service", "U"),
        ("type _Service { sdl: String } type T { x: Int } union U = T | _Service", "U"),
        ('type T @key(fields: "x") { x: ID } union _Entity = T type V { x: _Entity }', "V.x"),
    ],
)
def test_types_of_federation_are_no_part_of_the_graph(sdl, place):
    assert merge_errors(sdl) == [("INVALID_GRAPHQL", place)]


def test_the_message_names_the_type_and_whose_it_is():
    assert [error.message for error in merge_of("type T { x: link__Import }").errors] == [
        'T.x in subgraph "a" refers to type link__Import, which belongs to'
        " https://specs.apollo.dev/link and is not part of the graph: define a type of your own for"
        " it."
    ]


@pytest.mark.parametrize(
    ("sdl", "place"),
    [
        ("enum join__Graph { A }", "join__Graph"),
        ("scalar join__FieldSet type T { x: join__FieldSet }", "join__FieldSet"),
        ('type tag__Label { x: Int @tag(name: "x") }', "tag__Label"),
        ("scalar requiresScopes__Scope type T { x: Int @requiresScopes(scopes: []) }",
         "requiresScopes__Scope"),
        ("directive @join on FIELD", "@join"),
        ("directive @join__type on FIELD", "@join__type"),
    ],
)  # fmt: skip
def test_names_of_the_supergraph_are_its_own(sdl, place):
    assert merge_errors(sdl) == [("INVALID_GRAPHQL", place)]


def test_names_of_features_that_nobody_uses_are_free():
    assert merge_errors("type tag__Label { x: Int } directive @cost__of on FIELD") == []


def test_a_composed_directive_may_have_arguments_of_its_feature_s_types():
    assert merge_errors(COMPOSED + "type T { x: Int @own(f: {x: 1}) }") == []


@pytest.mark.parametrize(
    ("sdl", "place"),
    [
        ("type T { x(f: own__Filter): Int }", "T.x(f:)"),
        ("input I { f: own__Filter }", "I.f"),
        ("directive @d(f: own__Filter) on FIELD", "@d(f:)"),
    ],
)
def test_the_graph_itself_does_not_use_a_composed_feature_s_types(sdl, place):
    assert merge_errors(COMPOSED + sdl) == [("INVALID_GRAPHQL", place)]
