import pytest

from tests.support.composing import codes_of, messages_of

START = "type Query { t: T }\n"


@pytest.mark.parametrize(
    "sdl",
    [
        'type T @key(fields: "id") { id: ID! @external x: Int }',
        'type T @key(fields: "id") { id: ID! e: Int @external r: Int @requires(fields: "e") }',
        'type T @key(fields: "id") { id: ID! e: Int @external }'
        ' type U @key(fields: "id") { id: ID! t: T @provides(fields: "e") }',
        "interface I { e: Int }"
        ' type T implements I @key(fields: "id") { id: ID! e: Int @external }',
        'type T @key(fields: "o { x }") { o: O @external } type O { x: Int @external }',
        'type T @key(fields: "id") @context(name: "c") { id: ID! e: Int @external u: U }'
        ' type U @key(fields: "id") { id: ID! f(a: Int @fromContext(field: "$c { e }")): Int }',
        'extend type T @key(fields: "id") { id: ID! @external }',
    ],
)
def test_external_fields_with_a_use(sdl):
    assert codes_of(START + sdl) == []


@pytest.mark.parametrize(
    "sdl",
    [
        'type T @key(fields: "id") { id: ID! e: Int @external }',
        'type T @key(fields: "id") { id: ID! } type O @external { x: Int }',
    ],
)
def test_external_fields_without_any(sdl):
    assert codes_of(START + sdl) == ["EXTERNAL_UNUSED"]


def test_the_message_names_the_field():
    assert messages_of(START + 'type T @key(fields: "id") { id: ID! e: Int @external }') == [
        '[a] Field "T.e" is marked @external but no @key, @requires or '
        "@provides names it and no interface requires it: remove the field, "
        "or its @external."
    ]
