from tests.support.composing import codes_of

SDL = """
type Query { t: T }
type T @key(fields: "id") { id: ID! u: U %s @provides(fields: "n") }
type U @key(fields: "id") { id: ID! n: Int @external }
"""


def test_an_external_field_provides_nothing_and_other_rules_wait():
    assert codes_of(SDL.replace("%s", "@external")) == ["EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE"]


def test_other_fields_may_provide():
    assert codes_of(SDL.replace("%s", "")) == []
