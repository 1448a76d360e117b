from tests.support.composing import codes_of

START = "type Query { q: Int }\n"


def test_fields_of_objects_have_a_cost():
    assert codes_of(START + "type T @cost(weight: 1) { x(a: Int @cost(weight: 2)): Int }") == []
    assert codes_of(START + "type T { x: Int @cost(weight: 3) }") == []


def test_fields_of_interfaces_have_none():
    assert codes_of(START + "interface I { x: Int @cost(weight: 3) }") == [
        "COST_APPLIED_TO_INTERFACE_FIELD"
    ]
