"""What clients may send for each GraphQL type, and the problems that are told otherwise."""

from typing import Any

import pytest
from graphql import GraphQLInputType, type_from_ast
from graphql.language import parse_type

from tests.router.rest.library import LIBRARY
from trellis.router.rest.input_values import Decoders
from trellis.router.rest.profile import Problem
from trellis.router.rest.route import Parameter, Rules
from trellis.router.rest.spelling import snake_case

FORMAT, REQUIRED, ENUM = "INVALID_FORMAT", "REQUIRED_FIELD_MISSING", "INVALID_ENUM_VALUE"


def decode(
    type_: str, value: Any, *, is_text: bool = False, rules: Rules | None = None, words: Any = None
) -> tuple[Any, list[tuple[str, str]]]:
    decoders = Decoders(snake_case, snake_case, refuses_unknown=True)
    found: GraphQLInputType | None = type_from_ast(LIBRARY.supergraph.schema, parse_type(type_))  # type: ignore
    assert found is not None
    make = decoders.text if is_text else decoders.json
    problems: list[Problem] = []
    decoded = make(found, words, rules or Rules())(value, "x", problems)
    return decoded, [(problem.field, problem.code) for problem in problems]


@pytest.mark.parametrize(
    ("type_", "value", "decoded"),
    [
        ("Int", 3, 3),
        ("Int", 3.0, 3),
        ("Int", -(2**31), -(2**31)),
        ("Float", 3, 3),
        ("Float", 3.5, 3.5),
        ("String", "", ""),
        ("Boolean", False, False),
        ("ID", "a", "a"),
        ("ID", 7, "7"),
        ("Date", "2026-01-31", "2026-01-31"),
        ("JSON", {"aB": [1]}, {"aB": [1]}),
        ("Genre", "science_fiction", "SCIENCE_FICTION"),
        ("[Genre!]", ["crime"], ["CRIME"]),
        ("[[Int]]", [[1, None], None], [[1, None], None]),
        ("Int", None, None),
        ("Place", {"shelf_name": "s"}, {"shelfName": "s"}),
        (
            "BookInput",
            {"book_title": "T", "genre": None, "others": []},
            {"bookTitle": "T", "genre": None, "others": []},
        ),
    ],
)
def test_json_values_become_what_the_graph_takes(type_: str, value: Any, decoded: Any):
    assert decode(type_, value) == (decoded, [])


@pytest.mark.parametrize(
    ("type_", "value", "problems"),
    [
        ("Int", "3", [("x", FORMAT)]),
        ("Int", 3.5, [("x", FORMAT)]),
        ("Int", 2.0**31, [("x", FORMAT)]),
        ("Int", float("inf"), [("x", FORMAT)]),
        ("Int", True, [("x", FORMAT)]),
        ("Int", 2**31, [("x", FORMAT)]),
        ("Float", "3", [("x", FORMAT)]),
        ("Float", False, [("x", FORMAT)]),
        ("String", 3, [("x", FORMAT)]),
        ("String", "a\0b", [("x", FORMAT)]),
        ("Boolean", "true", [("x", FORMAT)]),
        ("Boolean", 1, [("x", FORMAT)]),
        ("ID", 1.5, [("x", FORMAT)]),
        ("ID", True, [("x", FORMAT)]),
        ("Date", "2026-02-30", [("x", FORMAT)]),
        ("Date", "20260131", [("x", FORMAT)]),
        ("Date", "2026-W05-4", [("x", FORMAT)]),
        ("Genre", "CRIME", [("x", ENUM)]),
        ("Genre", ["crime"], [("x", ENUM)]),
        ("Int!", None, [("x", REQUIRED)]),
        ("[Int!]", [1, None, "a"], [("x.1", REQUIRED), ("x.2", FORMAT)]),
        ("[Int]", 3, [("x", FORMAT)]),
        ("Place", [], [("x", FORMAT)]),
        ("Place", {}, [("x.shelf_name", REQUIRED)]),
        ("Place", {"shelf_name": None}, [("x.shelf_name", REQUIRED)]),
        (
            "Place",
            {"shelfName": "s"},
            [("x.shelfName", "UNKNOWN_FIELD"), ("x.shelf_name", REQUIRED)],
        ),
        (
            "BookInput",
            {"book_title": "T", "others": [{"shelf_name": "s"}, {"shelf_name": 1}]},
            [("x.others.1.shelf_name", FORMAT)],
        ),
    ],
)
def test_wrong_json_values_are_told_with_their_place(
    type_: str, value: Any, problems: list[tuple[str, str]]
):
    assert decode(type_, value)[1] == problems


@pytest.mark.parametrize(
    ("type_", "text", "decoded"),
    [
        ("Int!", "3", 3),
        ("Int", "-3", -3),
        ("Float", "3.5e2", 350.0),
        ("Boolean", "true", True),
        ("Boolean", "false", False),
        ("String", "3", "3"),
        ("ID!", "", ""),
        ("Genre", "crime", "CRIME"),
        ("[Int!]", "1,2", [1, 2]),
        ("[Int!]", "", []),
        ("[Genre!]!", ["crime", "crime"], ["CRIME", "CRIME"]),
    ],
)
def test_texts_become_what_the_graph_takes(type_: str, text: Any, decoded: Any):
    assert decode(type_, text, is_text=True) == (decoded, [])


@pytest.mark.parametrize(
    ("type_", "text", "code"),
    [
        ("Int", "3.0", FORMAT),
        ("Int", "٣", FORMAT),
        ("Int", "99999999999999999999", FORMAT),
        ("Int", "2147483648", FORMAT),
        ("Int", "", FORMAT),
        ("Float", "nan", FORMAT),
        ("Float", "1e999", FORMAT),
        ("Boolean", "True", FORMAT),
        ("Genre", "CRIME", ENUM),
        ("[Int!]", "1,,2", FORMAT),
        ("Date", "yesterday", FORMAT),
    ],
)
def test_wrong_texts_are_told(type_: str, text: str, code: str):
    assert decode(type_, text, is_text=True)[1] == [("x", code)]


@pytest.mark.parametrize(
    ("type_", "value", "rules", "code"),
    [
        ("Int", 5, Rules(min=1, max=5), None),
        ("Int", 0, Rules(min=1), "VALUE_OUT_OF_RANGE"),
        ("Int", 6, Rules(max=5), "VALUE_OUT_OF_RANGE"),
        ("Float", 0.5, Rules(min=0.6), "VALUE_OUT_OF_RANGE"),
        ("String", "abc", Rules(min_length=3, max_length=3), None),
        ("String", "ab", Rules(min_length=3), "VALUE_TOO_SHORT"),
        ("String", "abcd", Rules(max_length=3), "VALUE_TOO_LONG"),
        ("String", "12a", Rules(pattern="^[0-9]+$"), FORMAT),
        ("String", " \n\u3000", Rules(not_blank=True), REQUIRED),
        ("String", " a ", Rules(not_blank=True), None),
        ("String", "b", Rules(enum=("a",)), ENUM),
        ("String", "a@b.co", Rules(format="EMAIL"), None),
        ("String", "a@b", Rules(format="EMAIL"), FORMAT),
        ("String", "a b@c.de", Rules(format="EMAIL"), FORMAT),
        ("String", "https://x.y/z?q", Rules(format="URI"), None),
        ("String", "javascript:alert(1)", Rules(format="URI"), FORMAT),
        ("String", "http://", Rules(format="URI"), FORMAT),
        ("ID", "550e8400-e29b-41d4-a716-446655440001", Rules(format="UUID"), None),
        ("ID", "7", Rules(format="UUID"), FORMAT),
        ("String", "Europe/Paris", Rules(format="TIME_ZONE"), None),
        ("String", "Europe/Nowhere", Rules(format="TIME_ZONE"), FORMAT),
        ("String", "../etc/passwd", Rules(format="TIME_ZONE"), FORMAT),
        ("String", "2026-01-31T12:00:00Z", Rules(format="DATE_TIME"), None),
        ("String", "2026-01-31T12:00:00", Rules(format="DATE_TIME"), FORMAT),
        ("String", "9999-12-31T23:59:59-12:00", Rules(format="DATE_TIME"), FORMAT),
        ("String", "2026-01-31", Rules(format="DATE"), None),
        ("[String!]", ["abc", "a"], Rules(min_length=2), "VALUE_TOO_SHORT"),
        ("String", None, Rules(min_length=2), None),
        ("String", None, Rules(not_null=True), REQUIRED),
        ("[String!]", None, Rules(not_null=True), REQUIRED),
        ("String", "12\n", Rules(pattern="^[0-9]+$"), FORMAT),
        ("JSON", {"a": 1}, Rules(format="OBJECT"), None),
        ("JSON", [], Rules(format="OBJECT"), FORMAT),
        ("JSON", "{}", Rules(format="OBJECT"), FORMAT),
        ("Genre", "crime", Rules(enum=("crime",)), None),
        ("Genre", "science_fiction", Rules(enum=("crime",)), ENUM),
        ("String", 3, Rules(min_length=2), FORMAT),
    ],
)
def test_rules_are_checked_after_the_type(type_: str, value: Any, rules: Rules, code: str | None):
    assert [found for _, found in decode(type_, value, rules=rules)[1]] == ([code] if code else [])


def test_words_of_an_enum_and_of_a_string_can_be_others():
    assert decode("Genre", "Krimi", words={"CRIME": "Krimi"})[0] == "CRIME"
    assert decode("String", "pending", words={"TODO": "pending"})[0] == "TODO"
    assert decode("String", "other", words={"TODO": "pending"})[0] == "other"


@pytest.mark.parametrize(
    ("value", "problems"),
    [
        ({"shelf_name": "ab", "row_number": 1}, []),
        ({"shelf_name": "abc", "row_number": 9}, [("x.shelf_name", "VALUE_TOO_LONG")]),
        ({"shelf_name": 7, "row_number": 1}, [("x.shelf_name", FORMAT)]),
        ({}, [("x.shelf_name", REQUIRED)]),
        (None, []),
        ("text", [("x", FORMAT)]),
    ],
)
def test_members_of_an_object_may_have_rules(value: Any, problems: list[tuple[str, str]]):
    place: Any = type_from_ast(LIBRARY.supergraph.schema, parse_type("Place"))
    rules = (("shelf_name", Rules(max_length=2)), ("not.there", Rules(max_length=0)))
    parameter = Parameter("x", "body", "x", place, is_required=False, member_rules=rules)
    found: list[Problem] = []

    Decoders(snake_case, snake_case, refuses_unknown=True).of(parameter, is_json=True)(
        value, "x", found
    )

    assert [(problem.field, problem.code) for problem in found] == problems


def test_a_constant_rule_accepts_only_its_value():
    rules = Rules(const=True)

    assert decode("Boolean", True, rules=rules) == (True, [])
    assert decode("Boolean", False, rules=rules)[1] == [("x", ENUM)]
    assert decode("Boolean", "true", rules=rules)[1] == [("x", FORMAT)]
    assert decode("Boolean!", None, rules=rules)[1] == [("x", REQUIRED)]
