import pytest

from tests.support.merging import merge_errors, merge_hints, merge_of
from trellis.router.composition.sdl import print_directive_definition


def merged(*definitions: str) -> list[str]:
    merge = merge_of(*definitions)
    assert merge.errors == []
    return [print_directive_definition(d) for d in merge.merged.directives.values()]


def test_clients_may_use_what_all_subgraphs_understand():
    assert merged(
        "directive @d(a: Int, b: Int) repeatable on FIELD | QUERY | OBJECT",
        "directive @d(a: Int!) on QUERY | FIELD",
    ) == ["directive @d(a: Int!) on FIELD | QUERY"]


@pytest.mark.parametrize(
    ("definitions", "hint"),
    [
        (["directive @d on FIELD", ""], "INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE"),
        (
            ["directive @d on FIELD", "directive @d on QUERY"],
            "NO_EXECUTABLE_DIRECTIVE_INTERSECTION",
        ),
    ],
)
def test_others_are_left_out(definitions, hint):
    assert merged(*definitions) == []
    assert merge_hints(*definitions) == [(hint, "@d")]


def test_differences_are_worth_a_hint():
    assert merge_hints(
        "directive @d(a: Int) repeatable on FIELD | QUERY", "directive @d on FIELD"
    ) == [
        ("INCONSISTENT_EXECUTABLE_DIRECTIVE_REPEATABLE", "@d"),
        ("INCONSISTENT_EXECUTABLE_DIRECTIVE_LOCATIONS", "@d"),
        ("INCONSISTENT_ARGUMENT_PRESENCE", "@d(a:)"),
    ]


def test_a_required_argument_must_be_everywhere():
    assert merge_errors("directive @d(a: Int!) on FIELD", "directive @d on FIELD") == [
        ("REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH", "@d(a:)")
    ]
