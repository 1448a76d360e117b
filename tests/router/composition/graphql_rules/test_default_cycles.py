import pytest

from tests.support.composing import codes_of, messages_of

QUERY = "type Query { q: Int }\n"


@pytest.mark.parametrize(
    ("sdl", "fields"),
    [
        ("input A { a: A = {} }", "A.a"),
        ("input A { a: [A!] = [{}] }", "A.a"),
        ("input A { b: B = {} } input B { a: A = {} }", "A.b, B.a"),
        ("input A { x: Int b: B = {c: {x: 1}} } input B { c: A }", "A.b"),
    ],
)
def test_a_default_cannot_be_completed_by_itself(sdl, fields):
    (message,) = messages_of(QUERY + sdl)

    assert message.startswith(f"[a] The default values of {fields} contain one another")


@pytest.mark.parametrize(
    "sdl",
    [
        "input A { a: A = null }",
        "input A { a: A = {a: null} }",
        "input A { a: [A] = [] }",
        "input A { b: B = {a: null} } input B { a: A = {} }",
        "input A { x: Int = 1 b: B = {} } input B { y: Int = 2 }",
    ],
)
def test_defaults_that_come_to_an_end(sdl):
    assert codes_of(QUERY + sdl) == []
