"""The answer with its errors when subgraphs break the schema."""

from typing import Any

import pytest
from graphql import build_schema

from tests.support.output import output_of
from trellis.router.executor.complete import MAX_ERRORS, complete

SCHEMA = build_schema("type Query { items: [Item] } type Item { id: ID! name: String }")
OUTPUT = output_of(SCHEMA, "{ items { id } }")


@pytest.mark.parametrize(("bad", "told"), [(999, 999), (1000, 1000), (1001, 1000), (3000, 1000)])
def test_a_thousand_errors_are_told_and_every_null_stays_right(bad: int, told: int):
    data: dict[str, Any] = {"items": [{"id": None}] * bad + [{"id": "1"}]}
    result, errors = complete(OUTPUT, data, [])
    assert result == {"items": [None] * bad + [{"id": "1"}]}
    assert [error["path"] for error in errors] == [["items", n, "id"] for n in range(told)]
    assert MAX_ERRORS == 1000


NODES = build_schema("""
    type Query { nodes: [Node] }
    interface Node { id: ID }
    type A implements Node { id: ID a: Int! }
    type B implements Node { id: ID b: Int! }
""")


def test_fields_of_some_types_are_asked_of_those_objects_only():
    output = output_of(NODES, "{ nodes { id ... on A { a } ... on B { b } } }")
    a, b = {"__typename": "A", "id": "1", "a": 1}, {"__typename": "B", "id": "2", "b": None}
    result, errors = complete(output, {"nodes": [a, b]}, [])
    assert result == {"nodes": [{"id": "1", "a": 1}, None]}
    assert [error["path"] for error in errors] == [["nodes", 1, "b"]]


@pytest.mark.parametrize(
    ("known", "is_explained"),
    [
        ({"message": "m"}, False),
        ({"message": "m", "path": None}, False),
        ({"message": "m", "path": []}, False),
        ({"message": "m", "path": ["items", 0, "name"]}, False),
        ({"message": "m", "path": ["items", 1, "id"]}, False),
        ({"message": "m", "path": ["items", 0, "id"]}, True),
        ({"message": "m", "path": ["items", 0, "id", "x"]}, True),
        ({"message": "m", "path": ["items", 0]}, True),
        ({"message": "m", "path": ["items"]}, True),
    ],
)
def test_a_null_is_explained_by_an_error_at_above_or_below_it(
    known: dict[str, Any], is_explained: bool
):
    result, errors = complete(OUTPUT, {"items": [{"id": None}]}, [known])
    assert result == {"items": [None]}
    assert [error["path"] for error in errors] == ([] if is_explained else [["items", 0, "id"]])
