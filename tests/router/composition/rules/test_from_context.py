import pytest

from tests.support.composing import codes_of

TYPES = """
type Query {{ t: T v: V }}
interface Named {{ name: String! }}
interface WithField {{ taken(a: String): Int }}
enum E {{ A }}
type T implements Named @key(fields: "id") @context(name: "ctx") {{
  id: ID!
  name: String!
  nick: String
  names: [String!]!
  owner: Owner
  owners: [Owner!]!
  mood: E
  u: U
}}
type V implements Named @key(fields: "id") {{ id: ID! name: String! other: Int! u: U }}
type Owner {{ name: String! }}
union Both @context(name: "both") = T | V
type U implements WithField @key(fields: "id") {{
  id: ID!
  taken(a: String): Int
  {field}
}}
"""


def problems(argument: str) -> list[str]:
    return codes_of(TYPES.format(field=f"f(a: {argument}): Int"))


@pytest.mark.parametrize(
    "argument",
    [
        'String @fromContext(field: "$ctx { name }")',
        'String! @fromContext(field: "$ctx name")',
        'String @fromContext(field: "  $ctx { nick }")',
        'String @fromContext(field: "$ctx { owner { name } }")',
        '[String!] @fromContext(field: "$ctx { owners { name } }")',
        '[String] @fromContext(field: "$ctx { names }")',
        'E @fromContext(field: "$ctx { mood }")',
        'String @fromContext(field: "$ctx ... on T { name }")',
        'String @fromContext(field: "$ctx ... on Named { name }")',
        'String @fromContext(field: "$both ... on T { name } ... on V { name }")',
        'String @fromContext(field: "$both ... on Named { name }")',
    ],
)
def test_a_context_gives_one_leaf_for_each_type(argument):
    assert problems(argument) == []


@pytest.mark.parametrize(
    ("argument", "code"),
    [
        ('String @fromContext(field: "{ name }")', "NO_CONTEXT_IN_SELECTION"),
        ('String @fromContext(field: "$ctx")', "NO_CONTEXT_IN_SELECTION"),
        ('String @fromContext(field: "$ { name }")', "NO_CONTEXT_IN_SELECTION"),
        ("String @fromContext", "NO_CONTEXT_IN_SELECTION"),
        ('String @fromContext(field: "$other { name }")', "CONTEXT_NOT_SET"),
        ('String = "x" @fromContext(field: "$ctx { name }")', "CONTEXT_NOT_SET"),
        ('String @fromContext(field: "$ctx { }")', "CONTEXT_INVALID_SELECTION"),
        ('String @fromContext(field: "$ctx { unknown }")', "CONTEXT_INVALID_SELECTION"),
        ('String @fromContext(field: "$ctx { name nick }")', "CONTEXT_INVALID_SELECTION"),
        ('String @fromContext(field: "$ctx { x: name }")', "CONTEXT_INVALID_SELECTION"),
        (
            'String @fromContext(field: "$ctx { name @skip(if: true) }")',
            "CONTEXT_INVALID_SELECTION",
        ),
        ('Int @fromContext(field: "$ctx { name }")', "CONTEXT_INVALID_SELECTION"),
        ('String! @fromContext(field: "$ctx { nick }")', "CONTEXT_INVALID_SELECTION"),
        ('String! @fromContext(field: "$ctx { owner { name } }")', "CONTEXT_INVALID_SELECTION"),
        ('String @fromContext(field: "$ctx { owners { name } }")', "CONTEXT_INVALID_SELECTION"),
        ('String @fromContext(field: "$ctx { owner }")', "CONTEXT_INVALID_SELECTION"),
        ('String @fromContext(field: "$ctx ... on V { name }")', "CONTEXT_INVALID_SELECTION"),
        ('String @fromContext(field: "$both ... on T { name }")', "CONTEXT_INVALID_SELECTION"),
        ('String @fromContext(field: "$both { name }")', "CONTEXT_INVALID_SELECTION"),
        (
            'Int @fromContext(field: "$both ... on T { name } ... on V { other }")',
            "CONTEXT_INVALID_SELECTION",
        ),
        (
            'String @fromContext(field: "$ctx ... on T { name } nick")',
            "CONTEXT_INVALID_SELECTION",
        ),
    ],
)
def test_other_contextual_arguments_are_refused(argument, code):
    assert problems(argument) == [code]


def test_the_field_belongs_to_no_interface():
    own = TYPES.format(field="f: Int").replace(
        "  taken(a: String): Int\n  f",
        '  taken(a: String @fromContext(field: "$ctx { nick }")): Int\n  f',
    )

    assert codes_of(own) == ["CONTEXT_NOT_SET"]


def test_interfaces_and_directives_have_no_context():
    field = "f: Int"
    of_interface = TYPES.format(field=field).replace(
        "taken(a: String): Int }", 'taken(a: String @fromContext(field: "$ctx { nick }")): Int }'
    )
    of_directive = TYPES.format(field=field) + (
        'directive @d(a: String @fromContext(field: "$ctx { nick }")) on FIELD'
    )

    assert codes_of(of_interface) == ["CONTEXT_NOT_SET"]
    assert codes_of(of_directive) == ["CONTEXT_NOT_SET"]


def test_the_object_has_a_resolvable_key():
    sdl = TYPES.format(field='f(a: String @fromContext(field: "$ctx { name }")): Int')
    before, _, after = sdl.rpartition('@key(fields: "id")')

    assert codes_of(before + '@key(fields: "id", resolvable: false)' + after) == [
        "CONTEXT_NO_RESOLVABLE_KEY"
    ]
    assert codes_of(before + after) == ["CONTEXT_NO_RESOLVABLE_KEY"]
