"""The answer with its errors when subgraphs break the schema."""

from typing import Any

import pytest
from graphql import build_schema

from router.executor.complete import MAX_ERRORS, complete
from tests.support.output import output_of

SCHEMA = build_schema("type Query { items: [Item] } type Item { id: ID! name: String }")
OUTPUT = output_of(SCHEMA, "{ items { id } }")


@pytest.mark.parametrize(("bad", "told"), [(999, 999), (1000, 1000), (1001, 1000), (3000, 1000)])
def test_a_thousand_errors_are_told_and_every_null_stays_right(bad: int, told: int):
    data: dict[str, Any] = {"items": [{"id": None}] * bad + [{"id": "1"}]}
    result, errors = complete(OUTPUT, data, [])
    assert result == {"items": [None] * bad + [{"id": "1"}]}
    assert [error["path"] for error in errors] == [["items", n, "id"] for n in range(told)]
    assert MAX_ERRORS == 1000
