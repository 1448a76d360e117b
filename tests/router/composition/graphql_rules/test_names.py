import pytest

from tests.support.composing import codes_of, load

QUERY = "type Query { q: Int }\n"


@pytest.mark.parametrize(
    "sdl",
    [
        "type __T { x: Int }",
        "type T { __x: Int }",
        "type T { x(__a: Int): Int }",
        "input __N { x: Int }",
        "input N { __x: Int }",
        "enum E { __A }",
        "directive @__d on FIELD",
        "directive @d(__a: Int) on FIELD",
    ],
)
def test_two_leading_underscores_are_reserved(sdl):
    assert codes_of(QUERY + sdl) == ["INVALID_GRAPHQL"]


def test_one_leading_underscore_is_fine():
    assert codes_of(QUERY + "type _T { _x(_a: Int): Int }") == []


@pytest.mark.parametrize("name", ["true", "false", "null"])
def test_literals_are_no_enum_values(name):
    assert codes_of(QUERY + f"enum E {{ {name} }}") == ["INVALID_GRAPHQL"]


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ('import: [{name: "@tag", as: "@__tag"}]', "@__tag"),
        ('import: [{name: "FieldSet", as: "__Fields"}]', "__Fields"),
        ('as: "__f"', "__f"),
    ],
)
def test_links_give_no_reserved_names(options, name):
    url = "https://specs.apollo.dev/federation/v2.9"
    link = f'extend schema @link(url: "{url}", {options})'
    errors = load(f"{link} {QUERY}")[1]

    assert [(error.code, error.message) for error in errors] == [
        (
            "INVALID_GRAPHQL",
            f'[a] Name "{name}" in the @link to "{url}": names must not begin with "__", which is'
            ' reserved for introspection; choose another one with "as".',
        )
    ]
