"""Composed directives must still fit once all is merged: the definition is that of the newest
version, and enums and inputs are what all subgraphs accept."""

import pytest

from tests.support.composing import federation_2
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph

A = """
extend schema @link(url: "https://own.example/own/v1.0", import: ["@own"])
  @composeDirective(name: "@own")
directive @own(e: E, i: I) on FIELD_DEFINITION
type Query { x(e: E, i: I): Int @own(%s) }
enum E { BOTH ONE }
input I { both: E one: Int }
"""
B = "type Query { y(e: E, i: I): Int } enum E { BOTH } input I { both: E }"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("e: BOTH", []),
        ("i: {both: BOTH}", []),
        ("e: ONE", ["INVALID_GRAPHQL"]),
        ("i: {both: ONE}", ["INVALID_GRAPHQL"]),
        ("i: {one: 1}", ["INVALID_GRAPHQL"]),
    ],
)
def test_arguments_of_composed_directives_fit_the_merged_types(arguments: str, expected: list[str]):
    first = Subgraph("a", "http://a", federation_2(A.replace("%s", arguments)))
    result = compose([first, Subgraph("b", "http://b", federation_2(B))])

    assert [error.code for error in result.errors] == expected


LINK = """
extend schema @link(url: "https://own.example/own/v1.%s", import: ["@own"])
  @composeDirective(name: "@own")
"""
OLD = LINK % 0 + "directive @own(a: Int) on OBJECT type Query { x: T } type T @own(a: 1) { y: Int }"


@pytest.mark.parametrize(
    ("definition", "problem"),
    [
        ("@own(a: Int) on OBJECT", None),
        ("@own(a: Int, b: Int = 1) on OBJECT | FIELD_DEFINITION", None),
        ("@own on OBJECT", 'unknown argument "a"'),
        ("@own(a: Int, b: Int!) on OBJECT", 'argument "b" of type Int! is required'),
        ("@own(a: String) on OBJECT", 'argument "a" of type String cannot be 1'),
        ("@own(a: Int) on SCALAR", "it may not be used on OBJECT"),
    ],
)
def test_a_composed_directive_fits_the_newest_definition(definition: str, problem: str | None):
    old = Subgraph("a", "http://a", federation_2(OLD))
    newest = LINK % 1 + f"directive {definition} type Query {{ z: Int }}"
    result = compose([old, Subgraph("b", "http://b", federation_2(newest))])

    found = [(error.code, error.coordinate, error.message) for error in result.errors]
    assert found == (
        []
        if problem is None
        else [
            (
                "INVALID_GRAPHQL",
                "T",
                f'@own on T in subgraph "a": {problem} once all subgraphs are merged. Remove it, or'
                " let it fit the directive's definition, of several versions the newest one, and"
                " its arguments what all subgraphs accept.",
            )
        ]
    )
