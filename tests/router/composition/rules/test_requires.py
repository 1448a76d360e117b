import pytest

from tests.support.composing import codes_of

TYPES = """
type Query {{ t: T }}
interface Shape {{ size: Int }}
type Box implements Shape {{ size: Int @external }}
type O {{ x: Int own: Int @shareable }}
type T @key(fields: "id") {{
  id: ID!
  e: Int @external
  f(a: Int!): Int @external
  o: O @external
  s: Shape
  mine: O
  own: Int
  r: Int @requires(fields: {fields})
}}
"""


def problems(fields: str) -> list[str]:
    """The codes about @requires: the other externals may go unused here."""
    return [c for c in codes_of(TYPES.format(fields=fields)) if c != "EXTERNAL_UNUSED"]


@pytest.mark.parametrize(
    "fields",
    ['"e"', '"f(a: 1)"', '"o { x }"', '"e o { own }"', '"... on T { e }"'],
)
def test_requires_selects_external_leaves(fields):
    assert problems(fields) == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ('"own"', "REQUIRES_FIELDS_MISSING_EXTERNAL"),
        ('"s { size }"', "REQUIRES_FIELDS_MISSING_EXTERNAL"),
        ('"id"', "REQUIRES_FIELDS_MISSING_EXTERNAL"),
        ('"mine { x }"', "REQUIRES_FIELDS_MISSING_EXTERNAL"),
        ('"f"', "REQUIRES_INVALID_FIELDS"),
        ('"f(a: \\"x\\")"', "REQUIRES_INVALID_FIELDS"),
        ('"f(a: $x)"', "REQUIRES_INVALID_FIELDS"),
        ('"f(a: 1, b: 2)"', "REQUIRES_INVALID_FIELDS"),
        ('"unknown"', "REQUIRES_INVALID_FIELDS"),
        ('"x: e"', "REQUIRES_INVALID_FIELDS"),
        ('"o"', "REQUIRES_INVALID_FIELDS"),
        ('"e @include(if: true)"', "REQUIRES_DIRECTIVE_IN_FIELDS_ARG"),
        ("e", "REQUIRES_INVALID_FIELDS_TYPE"),
        ("3", "REQUIRES_INVALID_FIELDS_TYPE"),
    ],
)
def test_other_requires_are_refused(fields, code):
    assert problems(fields) == [code]


def test_interfaces_do_not_require():
    sdl = """
    type Query { i: I }
    interface I { x: Int y: Int @requires(fields: "x") }
    type T implements I @key(fields: "x") { x: Int y: Int }
    """

    assert codes_of(sdl) == [
        "REQUIRES_FIELDS_MISSING_EXTERNAL",
        "REQUIRES_UNSUPPORTED_ON_INTERFACE",
    ]
