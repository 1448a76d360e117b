import pytest

from tests.support.composing import codes_of, messages_of

QUERY = "type Query { q: Int }\n"


@pytest.mark.parametrize("field", ["x: Int!", "x: Int = 1", "x: Int! = 1"])
def test_one_of_fields_are_nullable_and_without_default(field):
    assert messages_of(QUERY + f"input N @oneOf {{ {field} }}") == [
        '[a] Field "N.x" of a @oneOf input must be nullable and without default.'
    ]


@pytest.mark.parametrize("field", ["x: Int", "x: Int = null"])
def test_one_of_fields_may_spell_out_that_they_have_none(field):
    assert codes_of(QUERY + f"input N @oneOf {{ {field} y: String }}") == []
