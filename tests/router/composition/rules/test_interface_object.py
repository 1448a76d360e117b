from tests.support.composing import codes_of


def test_an_interface_object_is_an_entity():
    keyed = 'type Query { i: I } type I @interfaceObject @key(fields: "id") { id: ID! x: Int }'

    assert codes_of(keyed) == []
    assert codes_of(keyed.replace('@key(fields: "id")', "")) == ["INTERFACE_OBJECT_USAGE_ERROR"]
