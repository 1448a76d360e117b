"""Examples are valid, and the same every time."""

from typing import Any

import jsonschema
import pytest

from trellis.router.rest.openapi.examples import Examples

TREE = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string"},
        "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
    },
}


@pytest.mark.parametrize(
    ("schema", "example"),
    [
        ({"type": ["string", "null"], "format": "date-time"}, "2026-01-31T12:00:00Z"),
        ({"type": "string", "enum": ["b", "a"]}, "b"),
        ({"type": "integer", "minimum": 5}, 5),
        ({"type": "integer", "default": 20}, 20),
        ({"type": "number", "maximum": 0.5}, 0.5),
        ({"type": "string", "minLength": 8}, "value..."),
        ({"type": "string", "maxLength": 2}, "va"),
        ({"anyOf": [{"type": "boolean"}, {"type": "null"}]}, True),
        ({"type": "array", "items": {"type": "integer"}}, [1]),
        ({"type": "object", "properties": {"user_id": {"type": "string"}}},
         {"user_id": "5674f785-f57f-578d-b840-8af068c291b9"}),
        ({"type": "object", "properties": {"first_name": {"type": "string"}}},
         {"first_name": "first name"}),
    ],
)  # fmt: skip
def test_an_example_is_valid_and_always_the_same(schema: dict[str, Any], example: Any):
    assert Examples({}).of(schema) == example
    jsonschema.validate(example, schema)


def test_a_type_that_contains_itself_has_a_finite_example():
    example = Examples({"Tree": TREE}).of({"$ref": "#/components/schemas/Tree"})
    deep = 0
    while example["children"]:
        [example] = example["children"]
        deep += 1
    assert 1 <= deep <= 12
