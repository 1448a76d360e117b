"""Validation tells what is wrong where, and not more than a client may know."""

from typing import Any

import pytest
from graphql import build_schema, parse

from trellis.router.errors import OperationRefused
from trellis.router.operation.validate import MAX_ERRORS, Validator

SCHEMA = build_schema("type Query { hello: String deep: Query list: [Int] }")


def errors_of(text: str, **options: Any) -> list[dict[str, Any]]:
    try:
        Validator(SCHEMA, **options).check(parse(text, no_location=True), text)
    except OperationRefused as refusal:
        return refusal.errors
    return []


def test_an_unknown_field_is_told_with_its_place_and_a_suggestion() -> None:
    assert errors_of("{\n helo }") == [
        {
            "message": "Cannot query field 'helo' on type 'Query'. Did you mean 'hello'?",
            "locations": [{"line": 2, "column": 2}],
            "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"},
        }
    ]


def test_without_introspection_there_are_no_suggestions() -> None:
    errors = errors_of("{ helo }", introspection=False)

    assert [e["message"] for e in errors] == ["Cannot query field 'helo' on type 'Query'."]


@pytest.mark.parametrize(
    "text", ["{ __schema { types { name } } }", '{ __type(name: "A") { name } }']
)
def test_introspection_can_be_closed(text: str) -> None:
    assert errors_of(text) == []
    assert {e["extensions"]["code"] for e in errors_of(text, introspection=False)} == {
        "INTROSPECTION_DISABLED"
    }


def test_typename_is_always_allowed() -> None:
    assert errors_of("{ __typename }", introspection=False) == []


def test_defer_and_stream_are_accepted_but_not_advertised() -> None:
    assert errors_of('query ($on: Boolean!) { ... @defer(if: $on, label: "a") { hello } }') == []
    assert errors_of("{ list @stream(initialCount: 1) }") == []
    assert "defer" not in {directive.name for directive in SCHEMA.directives}


@pytest.mark.parametrize(
    "text",
    [
        "{ deep { hello @stream } }",
        "{ hello } fragment F on Query { hello }",
        "query ($a: Int) { hello }",
        "{ hello: list deep { hello } hello }",
        "query ($a: Boolean) { hello @skip(if: $a) }",
        "mutation { ... @defer { hello } }",
    ],
)
def test_tools_may_plan_what_has_a_meaning_though_clients_may_not_ask_it(text: str) -> None:
    schema = build_schema("type Query { hello: String deep: Query list: [Int] } "
                          "type Mutation { hello: String }")  # fmt: skip
    Validator(schema, is_strict=False).check(parse(text), text)
    with pytest.raises(OperationRefused):
        Validator(schema).check(parse(text), text)


def test_errors_are_bounded() -> None:
    text = "{" + " ".join(f"x{n}" for n in range(500)) + "}"

    assert len(errors_of(text)) == MAX_ERRORS + 1
