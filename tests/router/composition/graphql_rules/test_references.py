import pytest

from tests.support.composing import codes_of, messages_of

QUERY = "type Query { q: Int }\ntype O { x: Int }\ninput N { x: Int }\nunion U = O\n"


@pytest.mark.parametrize(
    "sdl",
    [
        "type T { x: Unknown }",
        "type T { x(a: [Unknown!]): Int }",
        "input M { x: Unknown }",
        "directive @d(x: Unknown) on FIELD",
        "type T { x: N }",
        "type T { x(a: O): Int }",
        "input M { x: U }",
        "directive @d(x: O) on FIELD",
    ],
)
def test_types_exist_and_fit_where_they_stand(sdl):
    assert codes_of(QUERY + sdl) == ["INVALID_GRAPHQL"]


def test_specified_scalars_can_be_referred_to():
    assert codes_of(QUERY + "type T { x: federation__FieldSet y: link__Import }") == []


def test_the_message_names_type_and_place():
    assert messages_of(QUERY + "type T { x: Unknown }") == [
        '[a] Unknown type "Unknown" of "T.x"; define it or correct the name.'
    ]
    assert messages_of(QUERY + "type T { x(a: U): Int }") == [
        '[a] The type of "T.x(a:)" must be an input type, but "U" is of kind union.'
    ]
