"""What is asked about the schema is answered from the API schema alone."""

from typing import Any

import pytest
from graphql import build_schema, get_introspection_query, graphql_sync

from trellis.router.errors import OperationRefused
from trellis.router.operation.introspection import Introspection
from trellis.router.operation.limits import GENEROUS
from trellis.router.operation.normalize import normalize
from trellis.router.operation.parse import choose_operation, parse_document

SCHEMA = build_schema("""
    type Query { a: String! b: Query c(one: One, all: All): Int }
    input One @oneOf { x: Int }
    input All { x: Int }
    type Mutation { m: Int! q: Query }
""")


def introspect(text: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
    parsed = choose_operation(parse_document(text, GENEROUS), None)
    operation = normalize(parsed.operation, SCHEMA, parsed.fragments, variables or {})
    return Introspection(SCHEMA).answer(operation.introspections, parsed, variables or {})


def test_the_full_query_is_answered_as_graphql_core_answers_it() -> None:
    query = get_introspection_query()

    (answer,) = introspect(query).values()

    assert {"__schema": answer} == graphql_sync(SCHEMA, query).data


def test_each_question_is_answered_once_wherever_it_stands() -> None:
    text = '{ a x: __type(name: "Query") { ...T } ...F b { a y: __type(name: "Query") { ...T } } }'
    text += " fragment F on Query { a ... { __schema { queryType { ...T } } } ...G }"
    text += " fragment G on Query { b { a } } fragment T on __Type { name }"

    assert list(introspect(text).values()) == [
        {"name": "Query"},
        {"queryType": {"name": "Query"}},
    ]


def test_a_question_that_is_asked_in_parts_has_one_answer() -> None:
    text = '{ t: __type(name: "Query") { name } ... { t: __type(name: "Query") { kind } } }'

    assert list(introspect(text).values()) == [{"name": "Query", "kind": "OBJECT"}]


def test_only_input_types_say_whether_they_are_one_of() -> None:
    text = '{ q: __type(name: "Query") { isOneOf } s: __type(name: "String") { isOneOf }'
    text += ' one: __type(name: "One") { isOneOf } all: __type(name: "All") { isOneOf } }'

    assert [answer["isOneOf"] for answer in introspect(text).values()] == [None, None, True, False]


def test_conditions_and_variables_are_respected() -> None:
    text = "query ($n: String!, $on: Boolean!) { __type(name: $n) { name kind @include(if: $on) }"
    text += " ... @include(if: $on) { __schema { queryType { name } } } }"

    assert list(introspect(text, {"n": "Mutation", "on": False}).values()) == [{"name": "Mutation"}]


def test_a_mutation_may_ask_below_and_nothing_of_it_runs() -> None:
    text = "mutation { m q { a ...F } } fragment F on Query { __schema { mutationType { name } } }"

    assert list(introspect(text).values()) == [{"mutationType": {"name": "Mutation"}}]


def test_a_variable_that_does_not_fit_is_refused() -> None:
    text = "query ($n: ID!) { __type(name: $n) { name } }"

    with pytest.raises(OperationRefused) as refusal:
        introspect(text, {"n": "Query"})

    assert [error["extensions"]["code"] for error in refusal.value.errors] == ["BAD_USER_INPUT"]
