import pytest

from tests.support.composing import codes_of

START = """
type Query { q: Int }
interface I { f(a: Int): Node }
interface Node { id: ID }
interface Wide implements Node { id: ID }
type O implements Node { id: ID }
union U = O
"""


@pytest.mark.parametrize(
    "sdl",
    [
        "type T implements I { f(a: Int): Node }",
        "type T implements I { f(a: Int, b: Int, c: Int! = 1): Node! }",
        "type T implements I { f(a: Int): O! }",
        "type T implements I { f(a: Int): Wide }",
        "type T implements Wide & Node { id: ID! }",
        "type T implements Node { id: ID } interface L { x: [Node] } "
        "type M implements L { x: [T!]! }",
        "interface V { x: U } type M implements V { x: O }",
    ],
)
def test_implementations_may_be_more_specific(sdl):
    assert codes_of(START + sdl) == []


@pytest.mark.parametrize(
    "sdl",
    [
        "type T implements Unknown { x: Int }",
        "type T implements O { id: ID }",
        "type T implements I { other: Int }",
        "type T implements I { f: Node }",
        "type T implements I { f(a: Int!): Node }",
        "type T implements I { f(a: Int, b: Int!): Node }",
        "type T implements I { f(a: Int): ID }",
        "type T implements I { f(a: Int): [Node] }",
        "type T implements Wide { id: ID }",
        "interface S implements S { x: Int }",
        "interface L { x: [Node] } type M implements L { x: Node }",
        "interface L { x: ID! } type M implements L { x: ID }",
    ],
)
def test_other_implementations_are_refused(sdl):
    assert codes_of(START + sdl) == ["INVALID_GRAPHQL"]


def test_interfaces_cannot_implement_one_another():
    sdl = "interface A implements B { x: Int } interface B implements A { x: Int }"

    assert set(codes_of(START + sdl)) == {"INVALID_GRAPHQL"}
