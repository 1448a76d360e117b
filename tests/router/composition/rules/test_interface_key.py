import pytest

from tests.support.composing import codes_of

START = 'type Query { i: I } interface I @key(fields: "id b { c }") { id: ID! b: B }\n'
FIELDS = "{ id: ID! b: B } type B { c: Int }"


@pytest.mark.parametrize(
    "key", ['@key(fields: "b { c } id")', '@key(fields: "id b { c }", resolvable: true)']
)
def test_implementations_have_the_key_in_any_order(key):
    assert codes_of(f"{START} type T implements I {key} {FIELDS}") == []


@pytest.mark.parametrize(
    "key",
    ["", '@key(fields: "id")', '@key(fields: "id b { c }", resolvable: false)'],
)
def test_implementations_without_the_resolvable_key_are_refused(key):
    assert codes_of(f"{START} type T implements I {key} {FIELDS}") == [
        "INTERFACE_KEY_NOT_ON_IMPLEMENTATION"
    ]


def test_an_unresolvable_key_asks_for_no_more():
    sdl = """
    type Query { i: I }
    interface I @key(fields: "id", resolvable: false) { id: ID! }
    type T implements I @key(fields: "id", resolvable: false) { id: ID! }
    """

    assert codes_of(sdl) == []


def test_interfaces_between_need_no_key():
    sdl = """
    type Query { i: I }
    interface I @key(fields: "id") { id: ID! }
    interface J implements I { id: ID! }
    type T implements I & J @key(fields: "id") { id: ID! }
    """

    assert codes_of(sdl) == []
