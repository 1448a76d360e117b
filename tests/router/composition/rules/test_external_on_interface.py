from tests.support.composing import codes_of


def test_interface_fields_are_never_external():
    sdl = """
    type Query { i: I }
    interface I { x: Int @external }
    type T implements I @key(fields: "x") { x: Int }
    """

    assert codes_of(sdl) == ["EXTERNAL_ON_INTERFACE", "EXTERNAL_UNUSED"]
