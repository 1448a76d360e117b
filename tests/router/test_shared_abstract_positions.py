"""An interface that several subgraphs return together: each brings a part of its objects, and some
of them do not know what their objects are. The answer is right whoever answers first."""

import json

import pytest

from tests.support.planning import federated_graph, plan_lines
from tests.support.slow_subgraphs import answer_and_truth

VALUES = {
    "a": """
        type Query { found: [Found] @shareable }
        interface Found { x: Int }
        type One implements Found @shareable { x: Int }
        type Two implements Found { x: Int @shareable w: W }
        type W @key(fields: "id") { id: ID! }
    """,
    "b": """
        type Query { found: [Found] @shareable }
        interface Found { x: Int }
        type One implements Found @shareable { x: Int }
        type Two implements Found { x: Int @shareable u: U }
        type U @key(fields: "id") { id: ID! }
    """,
    "c": 'type W @key(fields: "id") { id: ID! name: String }',
    "d": 'type U @key(fields: "id") { id: ID! name: String }',
}


@pytest.mark.parametrize("last", ["", "a", "b"])
@pytest.mark.parametrize(
    "text",
    [
        "{ found { x ... on Two { w { name } u { name } } } }",
        "{ found { ... on Two { u { name } w { name } } } }",
        "{ found { __typename ... on One { x } ... on Two { w { name } u { name } } } }",
    ],
)
async def test_what_is_below_one_type_waits_for_nobody_else(text: str, last: str) -> None:
    got, right = await answer_and_truth(VALUES, text, last)

    assert got == right


def test_each_of_several_holders_says_what_its_objects_are() -> None:
    graph = federated_graph(**VALUES)

    assert plan_lines(graph, "{ found { ... on Two { u { name } w { name } } } }") == [
        "0 b {found {__typename ... on Two {u {id}}}}",
        "1 a {found {__typename ... on Two {w {id}}}}",
        "2 d <0 @found.Two:u U(id) {... on U {name}}",
        "3 c <1 @found.Two:w W(id) {... on W {name}}",
    ]


HOME = """
    type Query { found: [Found] @shareable }
    interface Found { id: ID! }
    interface Media implements Found @key(fields: "id") { id: ID! title: String }
    type Book implements Media & Found @key(fields: "id") { id: ID! title: String pages: Int }
    type Film implements Media & Found @key(fields: "id") { id: ID! title: String }
    type Other implements Found { id: ID! @shareable v: Int }
"""
STARS = """
    type Query { found: [Found] @shareable }
    interface Found { id: ID! }
    type Media implements Found @key(fields: "id") @interfaceObject {
        id: ID! stars: Int maker: Maker }
    type Maker @key(fields: "id") { id: ID! }
    type Other implements Found { id: ID! @shareable w: Int }
"""
RANKS = """
    type Query { found: [Found] @shareable }
    interface Found { id: ID! }
    type Media implements Found @key(fields: "id") @interfaceObject { id: ID! rank: Int }
    type Other implements Found { id: ID! @shareable z: Int }
"""
MAKERS = 'type Maker @key(fields: "id") { id: ID! name: String }'
PAGES = 'type Book @key(fields: "id") { id: ID! authors: [String] }'

WITH_HOME = {"a": HOME, "b": STARS, "c": MAKERS, "d": PAGES}
WITHOUT_HOME = {
    "a": HOME.replace("found: [Found] @shareable", "a: Int").replace(" v: Int", ""),
    "b": STARS,
    "c": MAKERS,
    "d": PAGES,
    "e": RANKS,
}


@pytest.mark.parametrize("last", ["", "a", "b"])
@pytest.mark.parametrize(
    "text",
    [
        "{ found { __typename } }",
        "{ found { ... on Book { stars } ... on Other { v } } }",
        "{ found { ... on Book { stars pages } ... on Other { w } } }",
        "{ found { ... on Film { stars } ... on Book { stars pages } ... on Other { v w } } }",
        "{ found { __typename ... on Other { v w } } }",
        "{ found { ... on Media { stars title } ... on Other { v w } } }",
        "{ found { ... on Other { v w } ... on Film { maker { name } } } }",
        "{ found { ... on Other { v w } ... on Book { authors maker { name } } } }",
    ],
)
async def test_interface_objects_are_told_by_who_knows_them(text: str, last: str) -> None:
    got, right = await answer_and_truth(WITH_HOME, text, last)

    assert got == right


@pytest.mark.parametrize("last", ["", "a", "b", "e"])
@pytest.mark.parametrize(
    "text",
    [
        "{ found { __typename id } }",
        "{ found { ... on Other { w z } ... on Media { stars rank title } } }",
        "{ found { ... on Other { w z } ... on Book { stars rank pages authors } } }",
        "{ found { ... on Other { w z } ... on Film { maker { name } rank } __typename } }",
    ],
)
async def test_interface_objects_that_nobody_tells_are_looked_up(text: str, last: str) -> None:
    got, right = await answer_and_truth(WITHOUT_HOME, text, last)

    assert got == right


def test_what_is_below_an_interface_object_waits_for_its_type() -> None:
    graph = federated_graph(**WITH_HOME)

    assert plan_lines(
        graph, "{ found { ... on Other { v w } ... on Film { maker { name } } } }"
    ) == [
        "0 a {found {__typename ... on Other {v}}}",
        "1 b {found {__typename ... on Media {maker {id}} ... on Other {w}}}",
        "2 c <0 <1 @found.Film:maker Maker(id) {... on Maker {name}}",
    ]


AGAIN = {
    **WITH_HOME,
    "b": STARS.replace("maker: Maker", "maker: Maker again: Query"),
    "d": "type Query { x: Int }",
}
ROOT_BELOW_A_TYPE = "{ found { ... on Other { v w } ... on Film { again { x } } } }"


def test_a_root_met_again_below_an_interface_object_waits_for_its_type() -> None:
    assert plan_lines(federated_graph(**AGAIN), ROOT_BELOW_A_TYPE) == [
        "0 a {found {__typename ... on Other {v}}}",
        "1 b {found {__typename ... on Media {again {__typename}} ... on Other {w}}}",
        "2 d <0 <1 @found.Film:again {x}",
    ]


@pytest.mark.parametrize("last", ["a", "b", "d"])
async def test_a_root_met_again_is_answered_whoever_answers_last(last: str) -> None:
    """The mock gives the root's fields other values where they are met again in one graph."""
    got, _ = await answer_and_truth(AGAIN, ROOT_BELOW_A_TYPE, last)
    film, other = json.loads(got)["data"]["found"]

    assert isinstance(film["again"]["x"], int)
    assert other.keys() == {"v", "w"}
