from tests.support.merging import merge_errors, merge_hints, merged_type

OUT = "type Query { e: E @shareable }"
IN = "type Query { x(e: E): Int @shareable }"
BOTH = "type Query { e(e: E): E @shareable }"
XY, XZ, Z = "enum E { X Y }", "enum E { X Z }", "enum E { Z }"


def values(use: str, one: str, other: str) -> list[str]:
    text = merged_type("E", f"{use} {one}", f"{use} {other}")
    return [line.split()[0] for line in text.splitlines() if "@join__enumValue" in line]


def test_a_returned_enum_has_all_values():
    assert values(OUT, XY, XZ) == ["X", "Y", "Z"]
    assert merge_hints(f"{OUT} {XY}", f"{OUT} {XZ}") == [
        ("INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM", "E.Y"),
        ("INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM", "E.Z"),
    ]


def test_a_sent_enum_has_the_common_values():
    assert values(IN, XY, XZ) == ["X"]
    assert merge_hints(f"{IN} {XY}", f"{IN} {XZ}") == [
        ("INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM", "E.Y"),
        ("INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM", "E.Z"),
    ]


def test_a_sent_enum_needs_a_common_value():
    assert ("EMPTY_MERGED_ENUM_TYPE", "E") in merge_errors(f"{IN} {XY}", f"{IN} {Z}")


def test_an_enum_sent_and_returned_must_be_the_same():
    assert merge_errors(f"{BOTH} {XY}", f"{BOTH} enum E {{ X }}") == [
        ("ENUM_VALUE_MISMATCH", "E.Y")
    ]


def test_an_inaccessible_value_may_differ():
    assert values(BOTH, "enum E { X Y @inaccessible }", "enum E { X }") == ["X", "Y"]


def test_an_unused_enum_has_all_values():
    assert values("", XY, XZ) == ["X", "Y", "Z"]
    assert ("UNUSED_ENUM_TYPE", "E") in merge_hints(XY, XZ)


def test_an_argument_of_a_directive_counts_as_sent():
    directive = "directive @d(e: E) on FIELD"

    assert values(directive, XY, XZ) == ["X"]


def test_each_value_names_its_subgraphs():
    assert (
        merged_type("E", f"{OUT} {XY}", f"{OUT} {XZ}")
        == """\
enum E
  @join__type(graph: A)
  @join__type(graph: B)
{
  X @join__enumValue(graph: A) @join__enumValue(graph: B)
  Y @join__enumValue(graph: A)
  Z @join__enumValue(graph: B)
}"""
    )
