from tests.support.merging import merge_hints, merge_of, merged_type

HINT = "DEPRECATED_IMPLEMENTATION_OF_INTERFACE_FIELD"
INTERFACE = "interface I { x: Int y: Int @deprecated } "


def test_a_field_is_not_deprecated_before_the_interface_s():
    sdl = (
        INTERFACE
        + "type T implements I { x: Int @deprecated y: Int @deprecated z: Int @deprecated }"
    )

    assert merged_type("T", sdl).endswith(
        "{\n  x: Int\n  y: Int @deprecated\n  z: Int @deprecated\n}"
    )
    assert merge_hints(sdl) == [(HINT, "T.x")]


def test_this_holds_for_interfaces_of_interfaces_too():
    sdl = (
        "interface I { x: Int } interface J implements I { x: Int @deprecated }"
        " type T implements J & I { x: Int @deprecated }"
    )

    assert "@deprecated" not in merged_type("J", sdl) + merged_type("T", sdl)
    assert merge_hints(sdl) == [(HINT, "J.x"), (HINT, "T.x")]


def test_a_deprecation_of_another_subgraph_counts():
    (hint,) = merge_of(
        INTERFACE + "type T implements I { x: Int @shareable y: Int @shareable }",
        "type T { x: Int @shareable @deprecated }",
    ).hints[-1:]

    assert (hint.code, hint.level) == (HINT, "WARN")
    assert hint.message == (
        'T.x is @deprecated in subgraph "b", but I.x, which it implements, is not: clients are not'
        " warned. Deprecate both."
    )
    assert [place.subgraph for place in hint.places] == ["b"]


def test_the_interface_may_be_deprecated_alone():
    assert merge_hints(INTERFACE + "type T implements I { x: Int y: Int }") == []
