import pytest
from graphql import print_ast

from tests.support.composing import codes_of, federation_2, load_one

START = """
type Query { q: Int }
enum E { A }
input N { x: Int! y: E = A }
input O @oneOf { a: Int b: E }
scalar S
"""


@pytest.mark.parametrize(
    "argument",
    [
        "Int = 1",
        "Float = 1",
        "ID = 1",
        "[Int] = 1",
        "[Int] = [1, null]",
        "Int = null",
        "E = A",
        "N = {x: 1}",
        "[N!] = [{x: 1, y: null}]",
        "S = {a: [1, B]}",
        "O = {a: 1}",
        "[O] = [{b: A}, null]",
    ],
)
def test_defaults_that_fit(argument):
    assert codes_of(START + f"type T {{ x(a: {argument}): Int }}") == []


@pytest.mark.parametrize(
    "argument",
    [
        'Int = "1"',
        "Int! = null",
        "Int = 1.5",
        "Boolean = 1",
        "String = 1",
        "[Int!] = [null]",
        "E = B",
        "N = {}",
        "N = {x: 1, z: 1}",
        "N = 1",
        "Int = [1]",
        "O = {}",
        "O = {a: 1, b: A}",
        "O = {a: null}",
        "O = {b: B}",
        "[O] = {a: 1, b: A}",
    ],
)
def test_defaults_that_do_not_fit(argument):
    assert codes_of(START + f"type T {{ x(a: {argument}): Int }}") == ["INVALID_GRAPHQL"]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ('E = "A"', "A"),
        ('[E] = ["A", A]', "[A, A]"),
        ('N = {x: 1, y: "A"}', "{ x: 1, y: A }"),
        ("Int = 1.0", "1"),
        ("String = A", '"A"'),
    ],
)
def test_sloppy_defaults_are_rewritten(written, kept):
    subgraph = load_one(federation_2(START + f"type T {{ x(a: {written}): Int }}"))

    default = subgraph.schema.types["T"].fields["x"].arguments["a"].default
    assert default is not None
    assert print_ast(default) == kept
