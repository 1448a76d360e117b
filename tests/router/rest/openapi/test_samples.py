"""Schemas read off what an envelope function writes."""

import pytest

from trellis.router.rest.openapi.samples import Slot, schema_of

TEXT = {"type": "string"}


def test_the_data_keeps_its_own_schema_inside_the_envelope():
    data = {"$ref": "#/components/schemas/Thing"}
    sample = {"success": True, "data": Slot(data), "meta": {"at": "2026-01-31T12:00:00Z", "n": 1}}
    assert schema_of([sample]) == {
        "type": "object",
        "required": ["success", "data", "meta"],
        "properties": {
            "success": {"type": "boolean", "const": True},
            "data": data,
            "meta": {
                "type": "object",
                "required": ["at", "n"],
                "properties": {
                    "at": {"type": "string", "format": "date-time"},
                    "n": {"type": "integer"},
                },
            },
        },
    }


def test_members_that_only_some_samples_have_are_optional():
    schema = schema_of([{"code": "A", "details": [{"field": "x"}]}, {"code": "B"}])
    assert schema["required"] == ["code"]
    assert schema["properties"]["details"] == {
        "type": "array",
        "items": {"type": "object", "required": ["field"], "properties": {"field": TEXT}},
    }


def test_an_empty_list_says_nothing_about_its_items():
    assert schema_of([[]]) == {"type": "array", "items": {}}
    assert schema_of([["a"], [None]]) == {"type": "array", "items": {"type": ["string", "null"]}}


def test_values_that_are_not_json_are_refused():
    with pytest.raises(TypeError, match="set is no value of JSON"):
        schema_of([{"a"}])
