import pytest
from graphql import parse_value

from trellis.router.composition.parse import parse_schema
from trellis.router.composition.sdl import print_schema
from trellis.router.composition.values import identity_of, print_description, print_value

SDL = '''\
"""About it"""
schema
  @x
{
  query: Root
}

directive @x(a: [Int!] = [1, 2], b: I = {y: "\\n"}) repeatable on SCHEMA | FIELD

type Root implements Node & Other
  @x
  @x(a: 1)
{
  """One"""
  plain: Int
  with(a: Int! = 3 @x, b: E = A): [Root!]! @deprecated
  described(
    """Two"""
    a: Int
    b: Int
  ): Int
}

union U
  @x
  = Root | Item

union V = Root

enum E {
  A
  B @deprecated
}

input I {
  y: String = null
}

scalar S
  @x

type Empty

interface Node {
  plain: Int
}
'''


def test_what_is_printed_reads_as_the_same():
    schema, errors = parse_schema("", SDL)

    assert errors == []
    assert print_schema(schema) == SDL


@pytest.mark.parametrize(
    "sdl",
    [
        "type Query {\n  x: Int\n}\n",
        # Without the schema element, Mutation would be a root.
        "schema {\n  query: Query\n}\n\ntype Query {\n  x: Mutation\n}\n\n"
        "type Mutation {\n  x: Int\n}\n",
    ],
)
def test_the_schema_element_is_printed_where_names_do_not_tell_the_roots(sdl):
    assert print_schema(parse_schema("", sdl)[0]) == sdl


@pytest.mark.parametrize(
    ("one", "other"),
    [("1", "1.0"), ('"a"', '"""a"""'), ("{a: 1, b: [A]}", "{b: [A], a: 1}"), ("1e2", "100")],
)
def test_values_are_equal_however_they_are_written(one, other):
    assert identity_of(parse_value(one)) == identity_of(parse_value(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [("1", '"1"'), ("A", '"A"'), ("[1]", "1"), ("null", "false"), ("{a: 1}", "{}")],
)
def test_values_of_different_kinds_differ(one, other):
    assert identity_of(parse_value(one)) != identity_of(parse_value(other))


@pytest.mark.parametrize(
    "text", ["$v", "-1.5e3", "true", "null", '["a\\"b"]', "{a: {b: [E, 1]}}", '"\\u0007"']
)
def test_values_print_as_they_were(text):
    assert print_value(parse_value(text)) == text


def test_a_block_string_value_stays_on_one_line():
    assert print_value(parse_value('"""a\nb"""')) == '"a\\nb"'


@pytest.mark.parametrize("text", ["plain", 'with """ inside', "two\nlines", 'ends "', "bell \x07"])
def test_descriptions_survive_printing(text):
    schema, errors = parse_schema("", f"{print_description(text)}scalar S")

    assert errors == []
    assert schema.types["S"].description == text
