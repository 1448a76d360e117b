"""Validation rules that are found out about faster do the same."""

import pytest
from graphql import (
    GraphQLError,
    NoSchemaIntrospectionCustomRule,
    TypeInfo,
    ValidationContext,
    ValidationRule,
    build_schema,
    parse,
    specified_rules,
    validate,
)
from graphql.language.ast import QUERY_DOCUMENT_KEYS

from trellis.router.operation.rules import FOCUSED_RULES, focused

SCHEMA = build_schema("type Query { hello(to: String): String deep: Query list: [Int] }")
RULES = (*specified_rules, NoSchemaIntrospectionCustomRule)


def context() -> ValidationContext:
    def on_error(error: GraphQLError) -> None:
        raise error

    return ValidationContext(SCHEMA, parse("{ hello }"), TypeInfo(SCHEMA), on_error)


def function(method: object) -> object:
    """What a method of an instance is in its class."""
    return getattr(method, "__func__", method)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_rule_has_its_methods_for_every_kind_of_node(rule: type[ValidationRule]) -> None:
    original, faster = rule(context()), focused(rule)(context())

    for kind in QUERY_DOCUMENT_KEYS:
        wanted = original.get_enter_leave_for_kind(kind)
        found = faster.get_enter_leave_for_kind(kind)
        assert [*map(function, found)] == [*map(function, wanted)]


def test_a_rule_for_one_kind_of_node_is_not_asked_for_others() -> None:
    class Fields(ValidationRule):
        asked: list[str] = []  # noqa: RUF012

        def enter_field(self, *_: object) -> None: ...

        def __getattribute__(self, name: str) -> object:
            Fields.asked.append(name)
            return super().__getattribute__(name)

    validate(SCHEMA, parse("query ($a: Int) { deep { hello(to: null) } }"), [focused(Fields)])

    lookups = {name for name in Fields.asked if name.startswith(("enter_", "leave_"))}
    assert lookups - {"enter_leave_map"} == {"enter_field", "leave_field"}


@pytest.mark.parametrize(
    "text",
    [
        "{ nothing }",
        "{ hello(from: 1) }",
        "{ hello(to: 1) hello(to: 2) }",
        "{ deep }",
        "{ hello @skip }",
        "{ hello @skip(if: true) @skip(if: true) }",
        "query A { hello } query A { hello }",
        "query ($a: Query, $b: Int, $b: Int) { hello(to: $c) }",
        "{ ...F } fragment F on Query { ...F } fragment G on Nothing { hello }",
    ],
)
def test_the_errors_are_the_same_in_the_same_order(text: str) -> None:
    document = parse(text)

    wanted = [error.formatted for error in validate(SCHEMA, document)]
    assert wanted
    assert [error.formatted for error in validate(SCHEMA, document, FOCUSED_RULES)] == wanted
