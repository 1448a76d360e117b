"""What the minimizer leaves of a failing pair is what it fails for."""

from graphql import build_schema, parse, validate

from tests.support.differential import Difference, Pair
from tests.support.minimize import minimize, reductions

SDL = """
type Query { wanted: Thing! other: Int }
type Thing { x: Int y: Int }
type Unused { z: Int }
"""
OPERATION = """
query Q($v: Boolean!) { a: wanted { ...F ... on Thing { y } } other @skip(if: $v) }
fragment F on Thing { x }
"""
SCHEMA = build_schema(SDL)


def differs(pair: Pair) -> Difference | None:
    """Fails for every valid operation that asks for ``x`` while a subgraph has ``wanted``."""
    has_field = any("wanted" in sdl for _, sdl in pair.subgraphs)
    is_valid = not validate(SCHEMA, parse(pair.operation))
    is_asked = "x" in pair.operation.replace("}", " ").split()
    return Difference(pair, "data", None, None) if has_field and is_valid and is_asked else None


def test_only_what_the_failure_needs_is_left():
    subgraphs = [("a", SDL), ("b", "type Query { more: Int }")]
    found = differs(Pair(subgraphs, OPERATION, {"v": True}, frozenset({"label"})))
    assert found is not None

    left = minimize(found, differs).pair

    assert [(name, " ".join(sdl.split())) for name, sdl in left.subgraphs] == [
        ("a", "type Query { wanted: Thing }")
    ]
    assert " ".join(left.operation.split()) == "query Q { wanted { x } }"
    assert (left.variables, left.labels) == ({}, frozenset())


def test_a_failure_of_another_kind_is_not_followed():
    def find(pair: Pair) -> Difference | None:
        what = "data" if "x" in pair.operation else "errors"
        return Difference(pair, what, None, None)

    left = minimize(Difference(Pair([], "{ x y }"), "data", None, None), find).pair

    assert " ".join(left.operation.split()) == "{ x }"


def test_field_sets_lose_their_parts_too():
    smaller = {
        " ".join(text.split()) for text in reductions('type A @key(fields: "a b { c }") { a: Int }')
    }

    assert 'type A @key(fields: "a") { a: Int }' in smaller
    assert 'type A @key(fields: "b { c }") { a: Int }' in smaller
