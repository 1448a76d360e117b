import pytest

from tests.support.merging import merge_errors


def copy(field: str) -> str:
    return (
        f'type T @key(fields: "id") {{ id: ID! {field} @external y: Int @requires(fields: "x") }}'
    )


def owner(field: str) -> str:
    return f'type T @key(fields: "id") {{ id: ID! {field} }}'


def test_somebody_must_resolve_an_external_field():
    assert merge_errors(copy("x: Int")) == [("EXTERNAL_MISSING_ON_BASE", "T.x")]


@pytest.mark.parametrize(
    ("external", "own", "error"),
    [
        ("x: Int", "x: String", ("EXTERNAL_TYPE_MISMATCH", "T.x")),
        ("x: Int!", "x: Int", ("EXTERNAL_TYPE_MISMATCH", "T.x")),
        ("x: Int", "x(a: Int): Int", ("EXTERNAL_ARGUMENT_MISSING", "T.x(a:)")),
        ("x(a: ID): Int", "x(a: Int): Int", ("EXTERNAL_ARGUMENT_TYPE_MISMATCH", "T.x(a:)")),
        (
            "x(a: Int = 1): Int",
            "x(a: Int = 2): Int",
            ("EXTERNAL_ARGUMENT_DEFAULT_MISMATCH", "T.x(a:)"),
        ),
    ],
)
def test_an_external_copy_looks_like_the_field(external, own, error):
    assert merge_errors(copy(external), owner(own)) == [error]


def test_a_copy_may_have_an_argument_more():
    assert merge_errors(copy("x(a: Int): Int"), owner("x: Int")) == []


@pytest.mark.parametrize(
    "directive",
    ['@tag(name: "t")', "@inaccessible", "@authenticated", "@deprecated", "@cost(weight: 2)"],
)
def test_merged_directives_stand_where_the_field_is_resolved(directive):
    assert merge_errors(copy(f"x: Int {directive}"), owner("x: Int")) == [
        ("MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL", "T.x")
    ]


def test_that_holds_for_arguments_too():
    assert merge_errors(copy('x(a: Int @tag(name: "t")): Int'), owner("x(a: Int): Int")) == [
        ("MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL", "T.x(a:)")
    ]
