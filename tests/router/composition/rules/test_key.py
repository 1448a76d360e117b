import pytest

from tests.support.composing import codes, codes_of, messages_of

START = """
type Query { t: T }
interface I { x: Int }
type O implements I { x: Int }
union U = O
"""
FIELDS = "{ id: ID! f(a: Int): Int i: I u: U o: O list: [O!]! tags: [String] }"


@pytest.mark.parametrize(
    "fields", ['"id"', '"id o { x }"', '"{ id }"', '"o { ... on O { x } }"', '"list { x } tags"']
)
def test_keys_select_fields_of_their_type(fields):
    assert codes_of(f"{START} type T @key(fields: {fields}) {FIELDS}") == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ('""', "KEY_INVALID_FIELDS"),
        ('"id {"', "KEY_INVALID_FIELDS"),
        ('"id o { }"', "KEY_INVALID_FIELDS"),
        ('"unknown"', "KEY_INVALID_FIELDS"),
        ('"o"', "KEY_INVALID_FIELDS"),
        ('"id { x }"', "KEY_INVALID_FIELDS"),
        ('"key: id"', "KEY_INVALID_FIELDS"),
        ('"...F"', "KEY_INVALID_FIELDS"),
        ('"o { ... on Unknown { x } }"', "KEY_INVALID_FIELDS"),
        ('"o { ... on Query { t { id } } }"', "KEY_INVALID_FIELDS"),
        ('"id @unknown"', "KEY_INVALID_FIELDS"),
        ('"id } query { id"', "KEY_INVALID_FIELDS"),
        ('"id @skip(if: true)"', "KEY_DIRECTIVE_IN_FIELDS_ARG"),
        ('"id @tag(name: \\"x\\")"', "KEY_DIRECTIVE_IN_FIELDS_ARG"),
        ('"f"', "KEY_FIELDS_HAS_ARGS"),
        ('"i { x }"', "KEY_FIELDS_SELECT_INVALID_TYPE"),
        ('"u { ... on O { x } }"', "KEY_FIELDS_SELECT_INVALID_TYPE"),
        ("1", "KEY_INVALID_FIELDS_TYPE"),
        ("id", "KEY_INVALID_FIELDS_TYPE"),
        ('["id"]', "KEY_INVALID_FIELDS_TYPE"),
    ],
)
def test_other_keys_are_refused(fields, code):
    assert codes_of(f"{START} type T @key(fields: {fields}) {FIELDS}") == [code]


def test_interfaces_have_keys_since_2_3():
    sdl = """
    type Query { i: I }
    interface I @key(fields: "id") { id: ID! }
    type T implements I @key(fields: "id") { id: ID! }
    """

    assert codes_of(sdl, "2.2") == ["KEY_UNSUPPORTED_ON_INTERFACE"]
    assert codes_of(sdl, "2.3") == []
    assert codes_of(sdl) == []


def test_nested_fields_are_checked_on_their_own_type():
    assert codes('type Query { t: T } type T @key(fields: "id { y }") { id: ID! }') == [
        "KEY_INVALID_FIELDS"
    ]


def test_the_message_names_the_type_and_the_fields():
    sdl = 'type Query { t: T } type T @key(fields: "no") { id: ID! }'

    assert messages_of(sdl) == [
        '[a] On T, for @key(fields: "no"): Cannot query field "no" on type "T". If another'
        " subgraph defines the field, add it to this one with @external."
    ]


def test_a_key_field_with_a_required_argument_is_no_selection():
    sdl = 'type Query { t: T } type T @key(fields: "id") { id(a: Int!): ID! }'

    assert codes_of(sdl) == ["KEY_INVALID_FIELDS"]
