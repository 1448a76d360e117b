from tests.support.merging import merge_errors


def test_implementations_have_every_field_of_the_merged_interface():
    assert merge_errors(
        "interface I { x: Int } type T implements I { x: Int @shareable }",
        "interface I { x: Int y: Int } type V implements I { x: Int y: Int }",
    ) == [("INTERFACE_FIELD_NO_IMPLEM", "T.y")]


def test_merging_may_make_types_disagree():
    assert merge_errors(
        "interface I { x: Int! } type T implements I { x: Int! @shareable }",
        "type T { x: Int @shareable }",
    ) == [("INVALID_GRAPHQL", "T.x")]


def test_merging_may_make_arguments_disagree():
    assert merge_errors(
        "interface I { x(a: Int): Int } type T implements I { x(a: Int): Int @shareable }",
        "type T { x: Int @shareable }",
    ) == [("INVALID_GRAPHQL", "T.x(a:)")]
