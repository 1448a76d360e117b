"""Arguments of composed directives must still be values once enums and inputs are merged."""

import pytest

from router.composition.compose import compose
from router.composition.subgraph import Subgraph
from tests.support.composing import federation_2

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
