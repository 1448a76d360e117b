"""Joining small schemas: null, alternatives, objects."""

from trellis.router.rest.openapi.json_schema import NULL, an_object, array, either, nullable

TEXT = {"type": "string"}
NUMBER = {"type": "integer"}


def test_null_joins_the_types_enums_and_constants_of_a_schema():
    assert nullable(TEXT) == {"type": ["string", "null"]}
    assert nullable({"type": "string", "enum": ["a"]}) == {
        "type": ["string", "null"],
        "enum": ["a", None],
    }
    assert nullable({"type": "boolean", "const": True}) == {
        "type": ["boolean", "null"],
        "enum": [True, None],
    }


def test_null_beside_a_reference_is_an_alternative():
    assert nullable({"$ref": "#/x"}) == {"anyOf": [{"$ref": "#/x"}, NULL]}


def test_what_takes_everything_takes_null_already():
    assert nullable({}) == {}
    assert nullable({"description": "anything"}) == {"description": "anything"}
    assert nullable(nullable(TEXT)) == nullable(TEXT)


def test_a_member_that_only_some_objects_have_is_optional():
    a = an_object({"x": TEXT, "y": NUMBER}, ["x", "y"])
    b = an_object({"x": TEXT}, ["x"])
    assert either([a, b]) == an_object({"x": TEXT, "y": NUMBER}, ["x"])


def test_alternatives_that_are_the_same_are_one():
    assert either([TEXT, TEXT]) == TEXT
    assert either([TEXT, NULL, TEXT]) == {"type": ["string", "null"]}
    assert either([TEXT, {}]) == {}
    assert either([array(TEXT), array(NULL)]) == array({"type": ["string", "null"]})


def test_different_constants_become_an_enum_and_different_kinds_stay_alternatives():
    a, b = {"type": "string", "const": "A"}, {"type": "string", "const": "B"}
    assert either([either([a, b]), a]) == {"type": "string", "enum": ["A", "B"]}
    true, false = {"type": "boolean", "const": True}, {"type": "boolean", "const": False}
    assert either([true, false]) == {"type": "boolean"}
    assert either([TEXT, NUMBER]) == {"anyOf": [TEXT, NUMBER]}
