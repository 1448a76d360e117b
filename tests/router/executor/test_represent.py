"""Representations: generated for flat needs and walked for composite ones, with one meaning."""

from typing import Any

import pytest

from trellis.router.executor.represent import UNKNOWN, make_represent, represent
from trellis.router.planner.plan import EntityTarget, Need

ID = Need("id", "id")
A, AB = frozenset({"A"}), frozenset({"A", "B"})
PRICE = Need("price", "p", is_key=False)


def target(*needs: Need, types: frozenset[str] | None = None, name: str | None = None) -> Any:
    return EntityTarget((), needs or (ID,), types=types, typename=name)


FLAT: dict[str, tuple[EntityTarget, dict[str, Any], Any]] = {
    "its own type": (
        target(),
        {"__typename": "A", "id": "1", "more": 2},
        {"__typename": "A", "id": "1"},
    ),
    "a fixed type": (target(name="T"), {"id": "1"}, {"__typename": "T", "id": "1"}),
    "a fixed type before its own": (
        target(name="T"),
        {"__typename": "A", "id": "1"},
        {"__typename": "T", "id": "1"},
    ),
    "no type": (target(), {"id": "1"}, UNKNOWN),
    "a type that is meant": (
        target(types=AB),
        {"__typename": "B", "id": "1"},
        {"__typename": "B", "id": "1"},
    ),
    "a type that is not meant": (target(types=A), {"__typename": "B", "id": "1"}, None),
    "no type where one is meant": (target(types=A), {"id": "1"}, UNKNOWN),
    "no type where one is meant, under a fixed name": (
        target(types=A, name="T"),
        {"id": "1"},
        UNKNOWN,
    ),
    "no key": (target(name="T"), {}, UNKNOWN),
    "a key that is null": (target(name="T"), {"id": None}, UNKNOWN),
    "a required null": (
        target(ID, PRICE, name="T"),
        {"id": "1", "p": None},
        {"__typename": "T", "id": "1", "price": None},
    ),
    "a required value that nobody knows": (target(ID, PRICE, name="T"), {"id": "1"}, UNKNOWN),
    "values that are false": (
        target(ID, PRICE, name="T"),
        {"id": 0, "p": ""},
        {"__typename": "T", "id": 0, "price": ""},
    ),
}


@pytest.mark.parametrize(("asked", "entity", "expected"), FLAT.values(), ids=FLAT)
def test_a_flat_representation_is_the_same_walked_or_generated(
    asked: EntityTarget, entity: dict[str, Any], expected: Any
):
    for found in (make_represent(asked)(entity), represent(entity, asked)):
        assert found is expected if expected in (None, UNKNOWN) else found == expected


ORGANIZATION = Need("organization", "org", selection=(ID, Need("region", "r", is_key=False)))
OF_A = Need("size", "size", types=A)


@pytest.mark.parametrize(
    ("entity", "expected"),
    [
        ({"org": {"id": "1", "r": None}}, {"organization": {"id": "1", "region": None}}),
        (
            {"org": [{"id": "1", "r": "x"}, {"id": "2", "r": "y"}]},
            {"organization": [{"id": "1", "region": "x"}, {"id": "2", "region": "y"}]},
        ),
        ({"org": [[{"id": "1", "r": "x"}]]}, {"organization": [[{"id": "1", "region": "x"}]]}),
        ({"org": []}, {"organization": []}),
        ({"org": {"r": "x"}}, UNKNOWN),
        ({"org": {"id": "1"}}, UNKNOWN),
        ({"org": [{"id": "1", "r": "x"}, {"id": "2"}]}, UNKNOWN),
        ({"org": None}, UNKNOWN),
        ({}, UNKNOWN),
    ],
)
def test_a_composite_member_is_complete_or_the_object_is_not_asked_for(
    entity: dict[str, Any], expected: Any
):
    found = make_represent(target(ORGANIZATION, name="T"))(entity)
    assert found is UNKNOWN if expected is UNKNOWN else found == {"__typename": "T", **expected}


def test_a_composite_value_that_is_required_may_be_null():
    required = Need("organization", "org", selection=(ID,), is_key=False)
    found = make_represent(target(required, name="T"))({"org": None})
    assert found == {"__typename": "T", "organization": None}


@pytest.mark.parametrize(
    ("entity", "expected"),
    [
        ({"__typename": "A", "id": "1", "size": 3}, {"__typename": "A", "id": "1", "size": 3}),
        ({"__typename": "A", "id": "1"}, UNKNOWN),
        ({"__typename": "B", "id": "1", "size": 3}, {"__typename": "B", "id": "1"}),
    ],
)
def test_a_member_of_some_types_is_read_on_those_only(entity: dict[str, Any], expected: Any):
    found = make_represent(target(ID, OF_A))(entity)
    assert found is UNKNOWN if expected is UNKNOWN else found == expected


TWICE = (Need("parts", "p", selection=(ID,)), Need("parts", "q", selection=(Need("n", "n"),)))


@pytest.mark.parametrize(
    ("entity", "parts"),
    [
        ({"p": {"id": "1"}, "q": {"n": 1}}, {"id": "1", "n": 1}),
        (
            {"p": [{"id": "1"}, {"id": "2"}], "q": [{"n": 1}, {"n": 2}]},
            [{"id": "1", "n": 1}, {"id": "2", "n": 2}],
        ),
        ({"p": [[{"id": "1"}]], "q": [[{"n": 1}]]}, [[{"id": "1", "n": 1}]]),
        # What does not fit together cannot be joined: the later one is what counts.
        ({"p": [{"id": "1"}], "q": [{"n": 1}, {"n": 2}]}, [{"n": 1}, {"n": 2}]),
        ({"p": [{"id": "1"}], "q": {"n": 1}}, {"n": 1}),
    ],
)
def test_a_member_that_is_read_with_two_selections_has_the_fields_of_both(
    entity: dict[str, Any], parts: Any
):
    found = make_represent(target(*TWICE, name="T"))(entity)
    assert found == {"__typename": "T", "parts": parts}
