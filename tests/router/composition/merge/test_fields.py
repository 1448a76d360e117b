from tests.support.merging import merge_errors, merge_hints, merged_type


def fields_of(*sdls: str) -> str:
    return merged_type("T", *sdls).partition("{\n")[2].removesuffix("}")


def test_a_field_everywhere_needs_no_word_about_its_origin():
    same = 'type T @key(fields: "id") { id: ID! x: Int @shareable }'

    assert fields_of(same, same) == "  id: ID!\n  x: Int\n"


def test_a_field_of_some_subgraphs_names_them():
    assert (
        fields_of(
            'type T @key(fields: "id") { id: ID! x: Int }', 'type T @key(fields: "id") { id: ID! }'
        )
        == "  id: ID!\n  x: Int @join__field(graph: A)\n"
    )


def test_the_nullable_type_wins():
    sdls = ("type T { x: Int! @shareable }", "type T { x: Int @shareable }")

    assert fields_of(*sdls) == (
        '  x: Int @join__field(graph: A, type: "Int!") @join__field(graph: B, type: "Int")\n'
    )
    assert merge_hints(*sdls) == [("INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE", "T.x")]


def test_the_interface_wins_over_an_implementation():
    types = "interface I { a: Int } type A implements I { a: Int @shareable }"

    assert (
        fields_of(
            f"{types} type T {{ x: [A!] @shareable }}", f"{types} type T {{ x: [I] @shareable }}"
        )
        == '  x: [I] @join__field(graph: A, type: "[A!]") @join__field(graph: B, type: "[I]")\n'
    )


def test_the_union_wins_over_a_member():
    types = "union U = A type A { a: Int @shareable }"

    assert (
        fields_of(f"{types} type T {{ x: A @shareable }}", f"{types} type T {{ x: U @shareable }}")
        == '  x: U @join__field(graph: A, type: "A") @join__field(graph: B, type: "U")\n'
    )


def test_types_without_a_common_one_do_not_merge():
    assert merge_errors("type T { x: Int @shareable }", "type T { x: String @shareable }") == [
        ("FIELD_TYPE_MISMATCH", "T.x")
    ]


def test_neither_of_two_crossing_lists_is_the_wider_one():
    assert merge_errors("type T { x: [Int!] @shareable }", "type T { x: [Int]! @shareable }") == [
        ("FIELD_TYPE_MISMATCH", "T.x")
    ]


def test_requirements_and_provisions_are_kept():
    sdls = (
        """
        type T @key(fields: "id") { id: ID! x: Int @external y: Int @requires(fields: "x") }
        type Query { t: T @provides(fields: "x") }
        """,
        'type T @key(fields: "id") { id: ID! x: Int @shareable }',
    )

    assert fields_of(*sdls) == (
        "  id: ID!\n"
        "  x: Int @join__field(graph: A, external: true) @join__field(graph: B)\n"
        '  y: Int @join__field(graph: A, requires: "x")\n'
    )
    assert 't: T @join__field(graph: A, provides: "x")' in merged_type("Query", *sdls)


def test_fields_that_a_value_type_lacks_somewhere_are_worth_a_hint():
    assert merge_hints("type T { x: Int @shareable }", "type T { x: Int @shareable y: Int }") == [
        ("INCONSISTENT_OBJECT_VALUE_TYPE_FIELD", "T.y")
    ]
    assert merge_hints("interface I { x: Int }", "interface I { x: Int y: Int }") == [
        ("INCONSISTENT_INTERFACE_VALUE_TYPE_FIELD", "I.y")
    ]


def test_a_key_in_some_subgraphs_only_is_worth_a_hint():
    assert merge_hints(
        'type T @key(fields: "id") { id: ID! }', "type T { id: ID! @shareable }"
    ) == [("INCONSISTENT_ENTITY", "T")]
