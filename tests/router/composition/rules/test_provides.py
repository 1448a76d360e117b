import pytest

from tests.support.composing import codes_of

TYPES = """
type Query {{ t: T @provides(fields: {fields}) n: Int }}
interface I {{ x: Int }}
type A implements I @key(fields: "id") {{ id: ID! x: Int @external }}
type T @key(fields: "id") {{
  id: ID!
  e: Int @external
  f(a: Int): Int @external
  i: I
  own: Int
}}
"""


def problems(fields: str) -> list[str]:
    return [c for c in codes_of(TYPES.format(fields=fields)) if c != "EXTERNAL_UNUSED"]


@pytest.mark.parametrize("fields", ['"e"', '"i { x }"', '"i { ... on A { x } }"'])
def test_provides_selects_external_leaves(fields):
    expected = ["PROVIDES_FIELDS_MISSING_EXTERNAL"] if fields == '"i { x }"' else []
    # "i { x }" ends at the field of the interface, which is not external itself.
    assert problems(fields) == expected


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ('"own"', "PROVIDES_FIELDS_MISSING_EXTERNAL"),
        ('"f"', "PROVIDES_FIELDS_HAS_ARGS"),
        ('"unknown"', "PROVIDES_INVALID_FIELDS"),
        ('"i"', "PROVIDES_INVALID_FIELDS"),
        ('"i { ... on A { unknown } }"', "PROVIDES_INVALID_FIELDS"),
        ('"x: e"', "PROVIDES_INVALID_FIELDS"),
        ('"e @skip(if: false)"', "PROVIDES_DIRECTIVE_IN_FIELDS_ARG"),
        ("true", "PROVIDES_INVALID_FIELDS_TYPE"),
    ],
)
def test_other_provides_are_refused(fields, code):
    assert problems(fields) == [code]


@pytest.mark.parametrize("type_", ["Int", "[String!]", "E"])
def test_a_leaf_has_nothing_to_provide(type_):
    sdl = f'type Query {{ x: {type_} @provides(fields: "y") }} enum E {{ A }}'

    assert codes_of(sdl) == ["PROVIDES_ON_NON_OBJECT_FIELD"]


def test_interfaces_do_not_provide():
    sdl = """
    type Query { i: I }
    interface I { t: T @provides(fields: "e") }
    type T @key(fields: "id") { id: ID! e: Int @external }
    """

    assert codes_of(sdl) == ["PROVIDES_UNSUPPORTED_ON_INTERFACE"]


def test_the_key_of_an_extension_counts_as_its_own():
    sdl = """
    type Query { t: T @provides(fields: "id") }
    extend type T @key(fields: "id") { id: ID! @external x: Int }
    """

    assert codes_of(sdl) == ["PROVIDES_FIELDS_MISSING_EXTERNAL"]
