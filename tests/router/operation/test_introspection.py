"""Introspection is answered from the API schema alone."""

from typing import Any

from graphql import build_schema, get_introspection_query, graphql_sync

from router.operation.introspection import Introspection
from router.operation.limits import GENEROUS
from router.operation.parse import choose_operation, parse_document

SCHEMA = build_schema("""
    type Query { a: String! b: Query }
    type Mutation { m: Int! }
""")


def introspect(text: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
    operation = choose_operation(parse_document(text, GENEROUS), None)
    return Introspection(SCHEMA).answer(operation, variables or {})


def test_the_full_query_is_answered_as_graphql_core_answers_it() -> None:
    query = get_introspection_query()

    assert introspect(query) == graphql_sync(SCHEMA, query).data


def test_data_fields_beside_it_are_left_out() -> None:
    text = '{ a x: __type(name: "Query") { ...T } ...F b { a } } fragment T on __Type { name }'
    text += " fragment F on Query { a ... { __schema { queryType { ...T } } } ...G }"
    text += " fragment G on Query { b { a } }"

    assert introspect(text) == {
        "x": {"name": "Query"},
        "__schema": {"queryType": {"name": "Query"}},
    }


def test_conditions_and_variables_are_respected() -> None:
    text = "query ($n: String!, $on: Boolean!) { __type(name: $n) { name }"
    text += " ... @include(if: $on) { __schema { queryType { name } } } }"

    assert introspect(text, {"n": "Mutation", "on": False}) == {"__type": {"name": "Mutation"}}


def test_a_mutation_may_ask_too_and_nothing_of_it_runs() -> None:
    text = "mutation { m ...F } fragment F on Mutation { __schema { mutationType { name } } }"

    assert introspect(text) == {"__schema": {"mutationType": {"name": "Mutation"}}}
