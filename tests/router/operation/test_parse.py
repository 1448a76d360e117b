"""Documents are sized before they are parsed, and one operation is chosen."""

import pytest

from trellis.router.errors import OperationRefused
from trellis.router.operation.limits import OperationLimits
from trellis.router.operation.parse import choose_operation, parse_document

LIMITS = OperationLimits()


def code_of(text: str, limits: OperationLimits = LIMITS) -> str:
    with pytest.raises(OperationRefused) as refusal:
        parse_document(text, limits)
    assert refusal.value.status == 400
    return refusal.value.errors[0]["extensions"]["code"]


def test_a_syntax_error_has_its_place_and_code() -> None:
    with pytest.raises(OperationRefused) as refusal:
        parse_document("{ a", LIMITS)

    assert refusal.value.errors == [
        {
            "message": "Syntax Error: Expected Name, found <EOF>.",
            "locations": [{"line": 1, "column": 4}],
            "extensions": {"code": "GRAPHQL_PARSE_FAILED"},
        }
    ]


def test_a_document_with_too_many_characters_is_not_parsed() -> None:
    assert code_of("{ a }" + " " * 100_000) == "DOCUMENT_TOO_LARGE"


def test_a_document_with_too_many_tokens_is_refused() -> None:
    assert code_of("{" + "a " * 5_000 + "}") == "PARSER_LIMIT"


@pytest.mark.parametrize("opening", ["{", "{a", "{a(b:[", '{a(b:"}}}}"){', "{#}}}}\na", "{...{"])
def test_deep_nesting_is_refused_before_the_parser_recurses(opening: str) -> None:
    assert code_of(opening * 201) == "PARSER_LIMIT"


FIVE = OperationLimits(nesting=5)


@pytest.mark.parametrize(
    ("within", "beyond"),
    [
        ("{a{a{a{a{a}}}}}", "{a{a{a{a{a{a}}}}}}"),
        ("{a(b:[[{c:1}]])}", "{a(b:[[[{c:1}]]])}"),
        ("{a(b:{c:{d:{}}})}", "{a(b:{c:{d:{e:{}}}})}"),
        ("{" + "a(b:[1]){c} " * 50 + "}", "{" + "a(b:[1]){c} " * 50 + "a{a{a{a{a{a}}}}}}"),
        ("query($a:[[[[Int]]]]){a}", "query($a:[[[[[Int]]]]]){a}"),
    ],
)
def test_brackets_may_be_as_deep_as_the_limit_and_as_many_as_they_like(
    within: str, beyond: str
) -> None:
    assert parse_document(within, FIVE).operations.keys() == {None}
    with pytest.raises(OperationRefused) as refusal:
        parse_document(beyond, FIVE)
    (error,) = refusal.value.errors
    assert error["message"] == "The document is nested deeper than 5 levels."


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        (OperationLimits(document_characters=9), "{ a b c }"),
        (OperationLimits(tokens=5), "{ a b c }"),
    ],
)
def test_a_document_may_be_as_large_as_the_limit(limits: OperationLimits, text: str) -> None:
    assert parse_document(text, limits).operations.keys() == {None}
    code_of(text.replace("c", "c d"), limits)


def test_brackets_in_strings_and_comments_do_not_count() -> None:
    text = '{ a(b: "' + "{" * 300 + '", c: """' + "[" * 300 + '""") # ' + "(" * 300 + "\n}"

    assert list(parse_document(text, LIMITS).operations) == [None]


@pytest.mark.parametrize("text", ["{}", "{ a {} }", "", "#", "query"])
def test_empty_documents_and_selections_are_syntax_errors(text: str) -> None:
    assert code_of(text) == "GRAPHQL_PARSE_FAILED"


def test_the_only_operation_needs_no_name() -> None:
    parsed = parse_document("query A { a } fragment F on Query { a }", LIMITS)

    assert choose_operation(parsed, None) is choose_operation(parsed, "A")


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        (
            "query A { a } query B { a }",
            None,
            "The document has several operations: select one with 'operationName'.",
        ),
        ("query A { a } query B { a }", "C", "The document has no operation 'C'."),
        ("{ a }", "A", "The document has no operation 'A'."),
        ("fragment F on Query { a }", None, "The document has no operation."),
    ],
)
def test_an_operation_that_cannot_be_told_is_refused(
    text: str, name: str | None, message: str
) -> None:
    parsed = parse_document(text, LIMITS)

    with pytest.raises(OperationRefused) as refusal:
        choose_operation(parsed, name)

    extensions = {"code": "OPERATION_RESOLUTION_FAILURE"}
    assert refusal.value.errors == [{"message": message, "extensions": extensions}]


def test_condition_variables_are_found_in_fragments() -> None:
    parsed = parse_document(
        "query ($a: Boolean!, $b: Boolean!, $c: Int) { x(n: $c) @skip(if: $a) ...F }"
        " fragment F on Query { y @include(if: $b) }",
        LIMITS,
    )

    assert choose_operation(parsed, None).conditions == ("a", "b")
