import pytest

from tests.support.merging import merge_errors


@pytest.mark.parametrize(
    ("sdl", "errors"),
    [
        ("type T @inaccessible { x: Int }", []),
        ("type Query { t: T @inaccessible } type T @inaccessible { x: Int }", []),
        (
            "type Query { t: T } type T @inaccessible { x: Int }",
            [("REFERENCED_INACCESSIBLE", "Query.t")],
        ),
        (
            "type Query { t(e: E): Int } enum E @inaccessible { X }",
            [("REFERENCED_INACCESSIBLE", "Query.t(e:)")],
        ),
        (
            "input I { e: E } enum E @inaccessible { X }",
            [("REFERENCED_INACCESSIBLE", "I.e")],
        ),
        ("union U = T | V type T @inaccessible { x: Int } type V { x: Int }", []),
        (
            "union U = T type T @inaccessible { x: Int }",
            [("ONLY_INACCESSIBLE_CHILDREN", "U")],
        ),
        ("type T { x: Int @inaccessible }", [("ONLY_INACCESSIBLE_CHILDREN", "T")]),
        ("enum E { X @inaccessible }", [("ONLY_INACCESSIBLE_CHILDREN", "E")]),
        ("input I { x: Int @inaccessible }", [("ONLY_INACCESSIBLE_CHILDREN", "I")]),
        ("input I { x: Int y: Int! = 1 @inaccessible }", []),
        ("input I { x: Int y: Int! @inaccessible }", [("REQUIRED_INACCESSIBLE", "I.y")]),
        (
            "type T { x(a: Int! @inaccessible): Int }",
            [("REQUIRED_INACCESSIBLE", "T.x(a:)")],
        ),
        (
            "interface I { x: Int } type T implements I { x: Int @inaccessible y: Int }",
            [("IMPLEMENTED_BY_INACCESSIBLE", "T.x")],
        ),
        (
            "interface I @inaccessible { x: Int }"
            " type T implements I { x: Int @inaccessible y: Int }",
            [],
        ),
        (
            "interface I { x(a: Int): Int } type T implements I { x(a: Int @inaccessible): Int }",
            [("IMPLEMENTED_BY_INACCESSIBLE", "T.x(a:)")],
        ),
        (
            "interface I { x(a: Int! = 1 @inaccessible): Int }"
            " type T implements I { x(a: Int!): Int }",
            [("REQUIRED_INACCESSIBLE", "I.x(a:)")],
        ),
        (
            "interface I { x(a: Int! = 1 @inaccessible): Int }"
            " type T implements I { x(a: Int! = 2): Int }",
            [],
        ),
        (
            "enum E { X @inaccessible Y } type T { x(e: E = X): Int }",
            [("DEFAULT_VALUE_USES_INACCESSIBLE", "T.x(e:)")],
        ),
        (
            "enum E { X @inaccessible Y } input I { e: [E!] = [Y, X] }",
            [("DEFAULT_VALUE_USES_INACCESSIBLE", "I.e")],
        ),
        (
            "input I { a: Int @inaccessible b: Int } type T { x(i: I = {a: 1}): Int }",
            [("DEFAULT_VALUE_USES_INACCESSIBLE", "T.x(i:)")],
        ),
        ("type Query @inaccessible { x: Int }", [("QUERY_ROOT_TYPE_INACCESSIBLE", "Query")]),
        ("directive @d(a: Int @inaccessible) on FIELD", []),
        (
            "directive @d(a: Int! @inaccessible) on FIELD",
            [("REQUIRED_INACCESSIBLE", "@d(a:)")],
        ),
        (
            'extend schema @link(url: "https://x.example/d/v1.0", import: ["@d"])'
            ' @composeDirective(name: "@d")'
            " directive @d(a: Int @inaccessible) on FIELD_DEFINITION",
            [("DISALLOWED_INACCESSIBLE", "@d(a:)")],
        ),
    ],
)
def test_nothing_visible_needs_anything_hidden(sdl, errors):
    assert merge_errors(sdl) == errors


def test_what_one_subgraph_hides_is_hidden():
    assert merge_errors(
        "type Query { t: T @shareable } type T { x: Int @shareable }",
        "type T @inaccessible { x: Int @shareable }",
    ) == [("REFERENCED_INACCESSIBLE", "Query.t")]
