"""The comparison that the contract runner relies on tells what differs, and nothing else."""

from typing import Any

import pytest

from tests.conformance.rest.shape import ENVELOPES, differences, schema_problems

EXAMPLE = {
    "success": True,
    "data": [{"id": "1", "size": 1.5, "owner": {"name": "Ada"}, "done_at": None}],
    "pagination": {"page": 1, "per_page": 20, "total": 1, "total_pages": 1},
}
PAGE = {"page": 2, "per_page": 5, "total": 9, "total_pages": 2}


def answer(**changes: Any) -> dict[str, Any]:
    item = {"id": "2", "size": 3, "owner": {"name": "Bob"}, "done_at": "2024-01-01"} | changes
    return {"success": True, "data": [item], "pagination": PAGE}


def test_equal_members_and_types_make_an_answer_right_whatever_the_values():
    assert differences(EXAMPLE, answer()) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"id": 2}, "data.id: a number where the example has a string"),
        ({"size": True}, "data.size: a boolean where the example has a number"),
        ({"size": None}, "data.size: null where the example has a number"),
        ({"owner": {}}, "data.owner.name: missing"),
        ({"owner": {"name": "Bob", "age": 3}}, "data.owner.age: not in the example"),
        ({"more": 1}, "data.more: not in the example"),
    ],
)
def test_every_difference_is_told_with_its_path(changes: dict, told: str):
    assert differences(EXAMPLE, answer(**changes)) == [told]


def test_an_empty_list_proves_nothing():
    empty = {"success": True, "data": [], "pagination": PAGE}

    assert differences(EXAMPLE, empty) == ["data: empty, so nothing could be compared"]


def test_documented_nulls_and_allowed_extras_pass():
    assert differences(EXAMPLE, answer(size=None), nullable=["data.size"]) == []
    assert differences(EXAMPLE, answer(more=1), may_have_more=True) == []


def test_members_that_are_named_by_the_data_have_the_type_of_the_example():
    example, keyed = {"counts": {"PROJ": 30, "OTHER": 15}}, ["counts"]

    assert differences(example, {"counts": {"ENG": 1, "HOP": 2}}, keyed=keyed) == []
    assert differences(example, {"counts": {"ENG": "1"}}, keyed=keyed) == [
        "counts.ENG: a string where the example has a number"
    ]
    assert differences(example, {"counts": {}}, keyed=keyed) == [
        "counts: empty, so nothing could be compared"
    ]


def test_the_envelope_may_have_what_the_dialect_documents():
    signed = answer() | {"timestamp": "now", "request_id": "req_1"}

    assert differences(EXAMPLE, signed, envelope=ENVELOPES["pm"]) == []
    assert differences(EXAMPLE, signed | {"debug": 1}, envelope=ENVELOPES["pm"]) == [
        "debug: not a member of this dialect's answers"
    ]
    short = {**signed, "pagination": {"page": 1}}
    assert differences(EXAMPLE, short, envelope=ENVELOPES["pm"]) == ["pagination: {'page': 1}"]


def test_dots_stand_for_anything():
    assert differences({"data": {"...": "..."}, "list": ["..."]}, {"data": {}, "list": []}) == []


SCHEMA = {
    "type": "object",
    "properties": {
        "success": {"enum": [True]},
        "data": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "id": {"type": "string", "format": "uuid"},
                    "at": {"type": "string", "format": "date-time"},
                    "count": {"type": "integer"},
                },
            },
        },
    },
}
ID = "550e8400-e29b-41d4-a716-446655440000"


@pytest.mark.parametrize(
    ("item", "told"),
    [
        ({"id": ID, "at": "2024-01-01T00:00:00Z", "count": 1}, []),
        ({}, []),
        ({"id": "1"}, ["data.id: '1' is no uuid"]),
        ({"id": None}, ["data.id: null where the schema has string"]),
        ({"at": "yesterday"}, ["data.at: 'yesterday' is no date-time"]),
        ({"count": 1.5}, ["data.count: a number where the schema has integer"]),
        ({"other": 1}, ["data.other: not in the schema"]),
    ],
)
def test_an_answer_is_held_to_a_schema(item: dict, told: list[str]):
    assert schema_problems(SCHEMA, {"success": True, "data": [item], "meta": {}}) == told
