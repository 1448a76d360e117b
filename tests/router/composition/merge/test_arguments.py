import pytest

from tests.support.merging import merge_codes, merge_errors, merge_hints, merged_type


def of(arguments: str) -> str:
    return f"type T {{ x({arguments}): Int @shareable }}"


def test_an_argument_that_all_have_takes_the_narrowest_type():
    sdls = (of("a: Int"), of("a: Int!"))

    assert "  x(a: Int!): Int\n" in merged_type("T", *sdls)
    assert merge_hints(*sdls) == [("INCONSISTENT_BUT_COMPATIBLE_ARGUMENT_TYPE", "T.x(a:)")]


def test_an_optional_argument_that_some_lack_is_dropped():
    sdls = (of("a: Int, b: Int"), of("b: Int"))

    assert "  x(b: Int): Int\n" in merged_type("T", *sdls)
    assert merge_hints(*sdls) == [("INCONSISTENT_ARGUMENT_PRESENCE", "T.x(a:)")]


def test_a_required_argument_must_be_everywhere():
    assert merge_errors(of("a: Int!, b: Int"), of("b: Int")) == [
        ("REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH", "T.x(a:)")
    ]


def test_an_argument_with_a_default_is_not_required():
    assert merge_codes(of("a: Int! = 1, b: Int"), of("b: Int")) == []


def test_types_must_agree():
    assert merge_errors(of("a: Int"), of("a: String")) == [
        ("FIELD_ARGUMENT_TYPE_MISMATCH", "T.x(a:)")
    ]


def test_defaults_must_be_equal():
    assert merge_errors(of("a: Int = 1"), of("a: Int = 2")) == [
        ("FIELD_ARGUMENT_DEFAULT_MISMATCH", "T.x(a:)")
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [("a: Float = 1", "a: Float = 1.0"), ('a: String = "x"', 'a: String = """x"""')],
)
def test_equal_defaults_may_be_written_differently(one, other):
    assert merge_codes(of(one), of(other)) == []


def test_a_default_that_some_lack_is_dropped():
    sdls = (of("a: Int = 1"), of("a: Int"))

    assert "  x(a: Int): Int\n" in merged_type("T", *sdls)
    assert merge_hints(*sdls) == [("INCONSISTENT_DEFAULT_VALUE_PRESENCE", "T.x(a:)")]


CONTEXT = """
type C @key(fields: "id") @context(name: "c") { id: ID! p: Int! u: U }
type U @key(fields: "id") { id: ID! x(a: Int @fromContext(field: "$c { p }")): Int @shareable }
"""


def contextual_with(arguments: str) -> tuple[str, str]:
    return CONTEXT, f'type U @key(fields: "id") {{ id: ID! x{arguments}: Int @shareable }}'


def test_a_contextual_argument_vanishes():
    assert merged_type("U", *contextual_with("")) == (
        'type U\n  @join__type(graph: A, key: "id")\n  @join__type(graph: B, key: "id")\n{\n'
        "  id: ID!\n"
        '  x: Int @join__field(graph: A, contextArguments: [{context: "a__c", name: "a", '
        'type: "Int", selection: " { p }"}]) @join__field(graph: B)\n}'
    )


def test_an_optional_argument_gives_way_to_a_contextual_one():
    assert merge_hints(*contextual_with("(a: Int)")) == [
        ("CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS", "U.x(a:)")
    ]


def test_a_required_argument_cannot_give_way():
    assert merge_errors(*contextual_with("(a: Int!)")) == [
        ("CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS", "U.x(a:)")
    ]


def test_contexts_of_two_subgraphs_stay_apart():
    assert '@context(name: "a__c")' in merged_type("C", CONTEXT)
