from tests.support.merging import merge_errors


def test_implementations_have_every_field_of_the_merged_interface():
    assert merge_errors(
        "interface I { x: Int } type T implements I { x: Int @shareable }",
        "interface I { x: Int y: Int } type V implements I { x: Int y: Int }",
    ) == [("INTERFACE_FIELD_NO_IMPLEM", "T.y")]


def test_a_field_that_an_interface_between_lacks_is_reported_there():
    assert merge_errors(
        "interface A { x: Int y: Int } interface B { x: Int } type T implements B { x: Int }",
        "interface A { x: Int } interface B implements A { x: Int }",
    ) == [("INTERFACE_FIELD_NO_IMPLEM", "B.y")]
