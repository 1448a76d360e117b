"""Paths lead through lists and types, and reach each object once."""

from trellis.router.executor.walk import objects_at
from trellis.router.planner.plan import PathSegment


def test_a_path_leads_through_nested_lists_and_past_nulls() -> None:
    data = {"a": [[{"b": {"n": 1}}, None], [], [{"b": None}, {"b": [{"n": 2}]}]]}

    found = objects_at(data, (PathSegment("a"), PathSegment("b")))

    assert found == [{"n": 1}, {"n": 2}]


def test_a_shared_object_is_found_once() -> None:
    shared = {"n": 1}
    data = {"a": [{"b": shared}, {"b": shared}]}

    assert objects_at(data, (PathSegment("a"), PathSegment("b"))) == [shared]


def test_a_type_condition_is_checked_on_the_object_before_its_key() -> None:
    data = {
        "a": [
            {"__typename": "X", "b": {"n": 1}},
            {"__typename": "Y", "b": {"n": 2}},
            {"b": {"n": 3}},
        ]
    }

    path = (PathSegment("a"), PathSegment("b", frozenset({"Y"})))

    assert objects_at(data, path) == [{"n": 2}]


def test_the_empty_path_is_the_root() -> None:
    data = {"a": 1}

    assert objects_at(data, ()) == [data]
