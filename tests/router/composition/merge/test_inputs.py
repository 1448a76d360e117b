import pytest

from tests.support.merging import merge_errors, merge_hints, merge_of, merged_type


def test_an_input_object_has_the_fields_that_all_have():
    sdls = ("input I { x: Int! y: Int }", "input I { x: Int }")

    assert merged_type("I", *sdls) == (
        "input I\n  @join__type(graph: A)\n  @join__type(graph: B)\n{\n"
        '  x: Int! @join__field(graph: A, type: "Int!") @join__field(graph: B, type: "Int")\n}'
    )
    assert merge_hints(*sdls) == [
        ("INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE", "I.x"),
        ("INCONSISTENT_INPUT_OBJECT_FIELD", "I.y"),
    ]


def test_a_required_field_must_be_everywhere():
    assert merge_errors("input I { x: Int y: Int! }", "input I { x: Int }") == [
        ("REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH", "I.y")
    ]


def test_an_inaccessible_field_may_be_missing():
    assert "y: Int @join__field(graph: A) @inaccessible" in merged_type(
        "I", "input I { x: Int y: Int @inaccessible }", "input I { x: Int }"
    )


def test_no_common_field_leaves_nothing():
    assert ("EMPTY_MERGED_INPUT_TYPE", "I") in merge_errors(
        "input I { x: Int }", "input I { y: Int }"
    )


def test_types_must_agree():
    assert merge_errors("input I { x: Int }", "input I { x: ID }") == [
        ("FIELD_TYPE_MISMATCH", "I.x")
    ]


def test_defaults_must_be_equal():
    assert merge_errors("input I { x: Int = 1 }", "input I { x: Int = 2 }") == [
        ("INPUT_FIELD_DEFAULT_MISMATCH", "I.x")
    ]


@pytest.mark.parametrize(
    "other",
    [
        "input I @oneOf { x: Int y: Int }",
        "input I @oneOf { x: Int = null y: Int = null }",
        "input I { x: Int = null y: Int }",
    ],
)
def test_null_is_no_default_of_a_one_of_field(other):
    sdls = ("input I @oneOf { x: Int = null y: Int = null }", other)

    assert merged_type("I", *sdls) == (
        "input I\n  @join__type(graph: A)\n  @join__type(graph: B)\n  @oneOf\n"
        "{\n  x: Int\n  y: Int\n}"
    )
    assert merge_hints(*sdls) == [("NULL_DEFAULT_IN_ONE_OF_INPUT", "I")]


def test_the_hint_about_null_defaults_says_which_and_where():
    (hint,) = merge_of(
        "input I @oneOf { x: Int = null y: Int }", "input I @oneOf { x: Int y: Int = null }"
    ).hints

    assert hint.message == (
        "Fields of @oneOf inputs have no default value: null is left out as the one of I.x, I.y in"
        ' subgraphs "a" and "b". Remove it there.'
    )
    assert hint.level == "INFO"
    assert [place.subgraph for place in hint.places] == ["a", "b"]


def test_null_remains_the_default_of_other_fields():
    assert "x: Int = null" in merged_type("I", "input I { x: Int = null }")
