"""Representations: what is batch, what is left out, and where answers go."""

from typing import Any

import pytest

from trellis.router.executor.entities import (
    ALONE,
    EntityBatch,
    EntityCollector,
    merge_entity,
    split_batches,
)
from trellis.router.planner.plan import EntityCall, EntityTarget, FetchStep, Need, PathSegment

ITEMS = (PathSegment("items"),)
ID = Need("id", "id")


def ask(call: EntityCall, data: dict[str, Any], groups: tuple[int, ...]) -> EntityBatch:
    step = FetchStep(0, "s", "query", "", entities=(call,))
    return EntityCollector(step, (groups,)).collect(data)[0]


def call_for(*targets: EntityTarget) -> EntityCall:
    return EntityCall("_entities", "representations", targets)


def test_equal_representations_are_asked_for_once_and_answered_everywhere() -> None:
    data: dict[str, Any] = {"items": [{"id": "1"}, {"id": "2"}, {"id": "1", "more": 1}]}
    call = call_for(EntityTarget(ITEMS, (ID,), typename="T"))

    batch = ask(call, data, (0,))
    merge_entity(batch, 0, {"name": "one", "owner": {"id": "o"}}, frozenset())

    assert batch.representations == [{"__typename": "T", "id": "1"}, {"__typename": "T", "id": "2"}]
    assert data["items"][0] == {"id": "1", "name": "one", "owner": {"id": "o"}}
    assert data["items"][2] == {"id": "1", "more": 1, "name": "one", "owner": {"id": "o"}}
    assert data["items"][0]["owner"] is data["items"][2]["owner"]


def test_values_that_only_python_thinks_equal_stay_apart() -> None:
    data = {"items": [{"id": 1}, {"id": True}, {"id": 1.0}, {"id": "1"}]}

    batch = ask(call_for(EntityTarget(ITEMS, (ID,), typename="T")), data, (0,))

    assert [r["id"] for r in batch.representations] == [1, True, 1.0, "1"]


def test_an_object_without_its_key_is_left_out() -> None:
    data = {"items": [{"id": None}, {}, {"id": "1"}]}

    batch = ask(call_for(EntityTarget(ITEMS, (ID,), typename="T")), data, (0,))

    assert batch.representations == [{"__typename": "T", "id": "1"}]


def test_a_required_null_is_sent_but_an_unknown_value_is_not_made_up() -> None:
    data = {"items": [{"id": "1", "price": None}, {"id": "2"}]}
    needs = (ID, Need("price", "price", is_key=False))

    batch = ask(call_for(EntityTarget(ITEMS, needs, typename="T")), data, (0,))

    assert batch.representations == [{"__typename": "T", "id": "1", "price": None}]


def test_composite_members_are_read_under_their_internal_keys() -> None:
    data = {
        "items": [
            {"org": {"_k": "o", "more": 1}, "parts": [{"n": 1, "m": 2}, None]},
            {"org": {"_k": None}, "parts": []},
        ]
    }
    needs = (
        Need("org", "org", (Need("id", "_k"),)),
        Need("parts", "parts", (Need("n", "n", is_key=False),), is_key=False),
    )

    batch = ask(call_for(EntityTarget(ITEMS, needs, typename="T")), data, (0,))

    assert batch.representations == [
        {"__typename": "T", "org": {"id": "o"}, "parts": [{"n": 1}, None]}
    ]


def test_types_choose_objects_and_members() -> None:
    data = {
        "items": [
            {"__typename": "A", "id": "1", "a": 1},
            {"__typename": "B", "id": "2"},
            {"__typename": "C", "id": "3"},
        ]
    }
    needs = (ID, Need("a", "a", types=frozenset({"A"})))

    batch = ask(call_for(EntityTarget(ITEMS, needs, types=frozenset({"A", "B"}))), data, (0,))

    assert batch.representations == [
        {"__typename": "A", "id": "1", "a": 1},
        {"__typename": "B", "id": "2"},
    ]


def test_groups_that_may_not_share_receive_copies() -> None:
    data: dict[str, Any] = {"items": [{"id": "1"}, {"id": "1"}], "other": {"id": "1"}}
    call = call_for(
        EntityTarget(ITEMS, (ID,), typename="T"),
        EntityTarget((PathSegment("other"),), (ID,), typename="T"),
    )

    batch = ask(call, data, (ALONE, 0))
    merge_entity(batch, 0, {"owner": {"id": "o"}}, frozenset())

    owners = [data["items"][0]["owner"], data["items"][1]["owner"], data["other"]["owner"]]
    assert owners == [{"id": "o"}] * 3
    assert len({id(owner) for owner in owners}) == 3


@pytest.mark.parametrize(
    ("data", "entity", "shares"),
    [
        ({"items": [{"id": "1"}]}, {"owner": {"id": "o"}}, False),
        ({"items": [{"id": "1"}, {"id": "1", "x": 1}]}, {"name": "n", "size": 3}, False),
        ({"items": [{"id": "1"}, {"id": "1", "x": 1}]}, {"owner": {"id": "o"}}, True),
        ({"items": [{"id": "1"}, {"id": "1", "x": 1}]}, {"names": ["n"]}, True),
    ],
)
def test_objects_share_what_is_composite_and_stands_for_several_of_them(
    data: dict[str, Any], entity: dict[str, Any], shares: bool
) -> None:
    batch = ask(call_for(EntityTarget(ITEMS, (ID,), typename="T")), data, (0,))

    assert merge_entity(batch, 0, entity, frozenset()) is shares

    assert [{**item, **entity} for item in data["items"]] == data["items"]


def test_equal_objects_of_one_entity_become_one_object() -> None:
    data: dict[str, Any] = {
        "items": [
            [{"id": "1", "x": {"y": 1}}],
            [{"id": "1", "x": {"y": 1}}, {"id": "1", "x": None}],
        ]
    }
    call = call_for(EntityTarget(ITEMS, (ID,), typename="T"))

    batch = ask(call, data, (0,))

    assert data["items"][0][0] is data["items"][1][0]
    assert data["items"][1][1] == {"id": "1", "x": None}
    assert [len(holders) for holders in batch.holders] == [2]
    assert batch.has_unified


def test_equal_objects_that_must_not_share_stay_apart() -> None:
    data: dict[str, Any] = {"items": [{"id": "1"}, {"id": "1"}], "other": {"id": "1"}}
    call = call_for(
        EntityTarget(ITEMS, (ID,), typename="T"),
        EntityTarget((PathSegment("other"),), (ID,), typename="T"),
    )

    batch = ask(call, data, (ALONE, 0))

    assert len({id(x) for x in (*data["items"], data["other"])}) == 3
    assert not batch.has_unified


def test_paths_with_a_common_beginning_are_walked_together() -> None:
    data = {"items": [{"__typename": "A", "id": "1", "in": {"id": "2"}}, {"__typename": "B"}]}
    inner = (*ITEMS, PathSegment("in", frozenset({"A"})))
    call = call_for(
        EntityTarget(ITEMS, (ID,), types=frozenset({"A"})),
        EntityTarget(inner, (ID,), typename="T"),
    )

    batch = ask(call, data, (0, 1))

    assert batch.representations == [
        {"__typename": "A", "id": "1"},
        {"__typename": "T", "id": "2"},
    ]


def test_only_objects_of_the_types_on_the_way_are_walked_through() -> None:
    inner = (*ITEMS, PathSegment("in", frozenset({"A"})))
    data = {"items": [{"__typename": type_, "in": {"id": type_}} for type_ in "ABA"]}

    batch = ask(call_for(EntityTarget(inner, (ID,), typename="T")), data, (0,))

    assert [r["id"] for r in batch.representations] == ["A"]


def test_a_shared_object_is_walked_through_once() -> None:
    """Else the work would double with each level of objects that are part of two others."""
    data: dict[str, Any] = {"id": "end"}
    path: list[PathSegment] = []
    for _ in range(100):
        data = {"in": [data, data]}
        path.append(PathSegment("in"))

    batch = ask(call_for(EntityTarget(tuple(path), (ID,), typename="T")), data, (ALONE,))

    assert [len(holders) for holders in batch.holders] == [1]
    level: Any = {"in": {"in": {"id": "1"}}}
    twice = {"a": level, "b": [level, [level]], "c": level}
    three = [
        EntityTarget((PathSegment(key), PathSegment("in"), PathSegment("in")), (ID,), typename="T")
        for key in "abc"
    ]
    batch = ask(call_for(*three), twice, (ALONE, ALONE, ALONE))
    assert [len(holders) for holders in batch.holders] == [1]


def test_objects_of_unknown_type_are_noted_as_incomplete() -> None:
    items: list[Any] = [{"id": "1"}, {"__typename": "B", "id": "2"}, None, "text", [{"id": "3"}]]
    call = call_for(EntityTarget(ITEMS, (ID,), types=frozenset({"A"})))

    batch = ask(call, {"items": items}, (0,))

    assert batch.representations == []
    assert batch.incomplete == [{"id": "1"}, {"id": "3"}]


def test_two_targets_at_one_place_ask_each_for_objects_of_its_types() -> None:
    items = [{"__typename": type_, "id": "1", "code": "2"} for type_ in ("A", "B", "A", "B", "C")]
    data: dict[str, Any] = {"items": items, "one": dict(items[1])}
    code = Need("code", "code")
    call = call_for(
        EntityTarget(ITEMS, (ID,), types=frozenset({"A"})),
        EntityTarget(ITEMS, (code,), types=frozenset({"B"})),
        EntityTarget((PathSegment("one"),), (code,), types=frozenset({"B"})),
    )

    batch = ask(call, data, (0, 0, 0))

    assert batch.representations == [
        {"__typename": "A", "id": "1"},
        {"__typename": "B", "code": "2"},
    ]
    assert batch.has_unified
    assert data["items"][0] is data["items"][2]
    assert data["items"][1] is data["items"][3] is data["one"]
    merge_entity(batch, 1, {"name": "b"}, frozenset())
    assert [one.get("name") for one in (*data["items"], data["one"])] == [
        None,
        "b",
        None,
        "b",
        None,
        "b",
    ]


def numbered(*numbers: int) -> EntityBatch:
    return EntityBatch([{"id": n} for n in numbers], [[({"id": n}, ALONE)] for n in numbers])


def test_what_fits_one_request_is_not_divided() -> None:
    batch = (numbered(1, 2), numbered(3))

    assert split_batches(batch, 3) == [batch]
    assert split_batches((EntityBatch(), EntityBatch())) == []


def test_more_than_fits_is_asked_in_several_requests_in_order() -> None:
    portions = split_batches((numbered(1, 2, 3), EntityBatch(), numbered(4, 5, 6, 7)), 2)

    assert [
        [[r["id"] for r in one.representations] for one in portion] for portion in portions
    ] == [
        [[1, 2], [], []],
        [[3], [], [4]],
        [[], [], [5, 6]],
        [[], [], [7]],
    ]
    for portion in portions:
        for one in portion:
            assert [holder[0][0] for holder in one.holders] == one.representations
