"""Errors of subgraphs in the client's terms: which places they are told at, and what of them."""

from dataclasses import replace
from typing import Any

import pytest
from graphql import build_schema

from tests.support.output import output_of
from trellis.router.executor.entities import ALONE, EntityBatch
from trellis.router.executor.failures import Failure, client_errors
from trellis.router.planner.plan import (
    EntityCall,
    EntityTarget,
    FetchStep,
    Need,
    PathSegment,
    Selection,
)

SCHEMA = build_schema("""
    type Query { item: Item items: [Item] grid: [[Item]] any: Node anys: [Node] hello: String }
    interface Node { id: ID }
    type Item implements Node { id: ID name: String tags: [[String]] owner: User owners: [User] }
    type User implements Node { id: ID name: String mail: String }
""")
ROOT = FetchStep(0, "s", "query", "{ item items grid any anys hello }")
Path = tuple[PathSegment, ...]


def path(*keys: str, types: frozenset[str] | None = None) -> Path:
    return tuple(PathSegment(key, types if key == keys[-1] else None) for key in keys)


def told(
    query: str | Selection, data: dict[str, Any], *failures: Failure
) -> list[list[Any] | None]:
    """The paths of the client's errors."""
    output = query if isinstance(query, Selection) else output_of(SCHEMA, query)
    return [error.get("path") for error in client_errors(failures, output, data)]


def of_root(*paths: list[Any] | None) -> Failure:
    """A root step with one error for each path."""
    return Failure(ROOT, [{"message": str(p), "path": p} if p else {"message": "m"} for p in paths])


# -- errors with a path ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "data", "at", "expected"),
    [
        ("{ item { name } }", {"item": {"name": None}}, ["item", "name"], [["item", "name"]]),
        ("{ item { name } }", {"item": None}, ["item"], [["item"]]),
        (
            "{ item { name } }",
            {"item": {"__typename": "Item"}},
            ["item", "name"],
            [["item", "name"]],
        ),
        # What never came is known by the operation alone.
        ("{ item { name } }", {"item": None}, ["item", "name"], [["item", "name"]]),
        ("{ items { name } }", {}, ["items", 3, "name"], [["items", 3, "name"]]),
        (
            "{ items { owner { name } } }",
            {"items": [{"owner": None}]},
            ["items", 0, "owner", "name"],
            [["items", 0, "owner", "name"]],
        ),
        (
            "{ grid { name } }",
            {"grid": [[], [{"name": None}]]},
            ["grid", 1, 0, "name"],
            [["grid", 1, 0, "name"]],
        ),
        # Nobody asked for it: the nearest place that was asked for.
        ("{ item { name } }", {"item": {"name": "n"}}, ["item", "secret"], [["item"]]),
        ("{ item { name } }", {"item": {"name": "n"}}, ["item", "secret", "x"], [["item"]]),
        ("{ hello }", {"hello": "h"}, ["secret"], [None]),
        # Below a leaf only list positions are places of the answer.
        ("{ item { tags } }", {"item": {"tags": None}}, ["item", "tags"], [["item", "tags"]]),
        (
            "{ item { tags } }",
            {"item": {"tags": [[None]]}},
            ["item", "tags", 0, 0],
            [["item", "tags", 0, 0]],
        ),
        ("{ item { name } }", {"item": {}}, ["item", "name", "x"], [["item", "name"]]),
    ],
)
def test_an_error_stands_at_the_nearest_place_that_the_client_asked_for(
    query: str, data: dict[str, Any], at: list[Any], expected: list[Any]
):
    assert told(query, data, of_root(at)) == expected


BY_TYPE = "{ anys { ... on Item { x: name } ... on User { y: name mail } } }"


@pytest.mark.parametrize(
    ("anys", "at", "expected"),
    [
        ([{"__typename": "User"}], ["anys", 0, "y"], [["anys", 0, "y"]]),
        ([{"__typename": "Item"}], ["anys", 0, "x"], [["anys", 0, "x"]]),
        ([{"__typename": "Item"}], ["anys", 0, "mail"], [["anys", 0]]),
        ([{"__typename": "Item"}, None], ["anys", 1, "mail"], [["anys", 1, "mail"]]),
    ],
)
def test_an_error_in_a_field_of_some_types_is_one_of_objects_of_those(
    anys: list[Any], at: list[Any], expected: list[Any]
):
    assert told(BY_TYPE, {"anys": anys}, of_root(at)) == expected


def test_a_field_that_is_asked_for_under_two_names_fails_under_both():
    (field,) = output_of(SCHEMA, "{ hello }").fields
    output = Selection((field, replace(field, key="again"), replace(field, key="no", denied=True)))
    assert told(output, {}, of_root(["hello"])) == [["hello"], ["again"]]


# -- errors without a path ------------------------------------------------------------------------


def test_an_error_without_a_path_is_told_once_and_has_none():
    assert told("{ item { name } hello }", {}, of_root(None)) == [None]
    for strange in ("item", [], {}, 5):
        failure = Failure(ROOT, [{"message": "m", "path": strange}])
        assert told("{ hello }", {}, failure) == [None]


def test_a_root_step_without_data_is_told_at_each_field_that_it_would_have_given():
    step = FetchStep(0, "s", "query", "{ hello item { id } }")
    lost = Failure(step, [{"message": "m"}], has_no_data=True)
    query = "{ hello items { id } item { id } }"
    assert told(query, {}, lost) == [["hello"], ["item"]]
    assert told("{ items { id } }", {}, lost) == [None]
    assert told(query, {}, Failure(step, [{"message": "m"}])) == [None]


OWNERS = EntityTarget(path("items", "owner"), (Need("id", "id"),), typename="User")
CALL = EntityCall("_entities", "r", (OWNERS,))
STEP = FetchStep(
    1,
    "users",
    "query",
    "query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { name mail } } }",
    entities=(CALL,),
    after=(0,),
)


def of_owners(data: dict[str, Any], *errors: dict[str, Any], has_no_data: bool = False) -> Failure:
    """The step that fetches the owners' names, asked about the owners in ``data``."""
    owners = [item["owner"] for item in data["items"]]
    batch = EntityBatch([{"id": o["id"]} for o in owners], [[(o, ALONE)] for o in owners])
    return Failure(STEP, errors, (batch,), has_no_data=has_no_data)


def items(*ids: str) -> dict[str, Any]:
    return {"items": [{"owner": {"id": id}} for id in ids]}


def test_an_entity_step_without_data_is_told_at_each_field_of_each_object_asked_about():
    data, query = items("a", "b"), "{ items { owner { name mail } } }"
    at = [["items", n, "owner", field] for n in range(2) for field in ("name", "mail")]
    assert told(query, data, of_owners(data, {"message": "m"}, has_no_data=True)) == at
    assert told(query, data, of_owners(data, {"message": "m"})) == [None]
    nothing_of_it = "{ items { owner { id } } }"
    assert told(nothing_of_it, data, of_owners(data, {"message": "m"}, has_no_data=True)) == [
        ["items", 0, "owner"],
        ["items", 1, "owner"],
    ]


def test_objects_that_were_not_asked_about_are_not_spoken_of():
    data, query = items("a", "b"), "{ items { owner { name } } }"
    failure = of_owners({"items": data["items"][1:]}, {"message": "m"}, has_no_data=True)
    assert told(query, data, failure) == [["items", 1, "owner", "name"]]
    error = {"message": "m", "path": ["_entities", 0, "name"]}
    failure = of_owners({"items": data["items"][1:]}, error)
    assert told(query, data, failure) == [["items", 1, "owner", "name"]]


@pytest.mark.parametrize(
    ("at", "places"),
    [
        (["_entities"], [[0, "owner"], [1, "owner"]]),
        (["_entities", 1], [[1, "owner"]]),
        (["_entities", 1, "name"], [[1, "owner", "name"]]),
        (["_entities", 1, "secret"], [[1, "owner"]]),
    ],
)
def test_an_error_of_an_entity_moves_to_its_object(at: list[Any], places: list[list[Any]]):
    data = items("a", "b")
    failure = of_owners(data, {"message": "m", "path": at})
    expected = [["items", *place] for place in places]
    assert told("{ items { owner { name } } }", data, failure) == expected


def test_a_step_for_some_types_is_told_at_objects_of_those():
    data = {"anys": [{"__typename": "Item", "owner": {"id": "1"}}, {"__typename": "User"}]}
    on_items = path("anys", "owner", types=frozenset({"Item"}))
    step = replace(STEP, entities=(replace(CALL, targets=(replace(OWNERS, path=on_items),)),))
    batch = EntityBatch([{"id": "1"}], [[(data["anys"][0]["owner"], ALONE)]])  # type: ignore[list-item]
    failure = Failure(step, [{"message": "m"}], (batch,), has_no_data=True)
    query = "{ anys { ... on Item { owner { name } } ... on User { mail } } }"
    assert told(query, data, failure) == [["anys", 0, "owner", "name"]]


def test_objects_on_a_way_that_nobody_asked_for_fail_where_the_client_can_see_it():
    # The owner is fetched for a field of the item only.
    data = items("a")
    failure = of_owners(data, {"message": "m"}, has_no_data=True)
    assert told("{ items { name } }", data, failure) == [["items", 0]]


# -- what is told ---------------------------------------------------------------------------------


def test_one_error_is_told_once_at_each_place():
    same = of_root(["hello"], ["hello"])
    again = Failure(ROOT, [{"message": "['hello']", "path": ["hello"]}])
    other = Failure(ROOT, [{"message": "other", "path": ["hello"]}])
    assert told("{ hello }", {}, same, again, other) == [["hello"], ["hello"]]
    mixed = of_root(["hello"], ["hello"], ["item"])
    assert told("{ hello item { id } }", {}, mixed) == [["hello"], ["item"]]


@pytest.mark.parametrize(("count", "expected"), [(999, 999), (1000, 1000), (1001, 1000)])
def test_a_thousand_errors_are_told_at_most(count: int, expected: int):
    failure = Failure(ROOT, [{"message": f"{number}"} for number in range(count)])
    output = output_of(SCHEMA, "{ hello }")
    errors = client_errors([failure], output, {})
    assert [error["message"] for error in errors] == [str(n) for n in range(expected)]


@pytest.mark.parametrize(
    ("error", "message", "extensions"),
    [
        ({"message": "Gone."}, "Gone.", {"code": "DOWNSTREAM_SERVICE_ERROR", "service": "s"}),
        ({}, "The subgraph reported an error.", {"code": "DOWNSTREAM_SERVICE_ERROR"}),
        ({"message": 5}, "The subgraph reported an error.", {}),
        ({"message": "m", "extensions": {"code": "X", "more": 1}}, "m", {"code": "X", "more": 1}),
        ({"message": "m", "extensions": {"service": "inner"}}, "m", {"service": "inner"}),
        ({"message": "m", "extensions": "text"}, "m", {"service": "s"}),
        (
            {
                "message": "m",
                "extensions": dict.fromkeys(
                    ("exception", "stacktrace", "stackTrace", "debugMessage", "trace"), "secret"
                ),
            },
            "m",
            {},
        ),
    ],
)
def test_an_error_keeps_its_words_and_loses_what_is_private(
    error: dict[str, Any], message: str, extensions: dict[str, Any]
):
    (found,) = client_errors([Failure(ROOT, [error])], output_of(SCHEMA, "{ hello }"), {})
    default = {"code": "DOWNSTREAM_SERVICE_ERROR", "service": "s"}
    assert found == {"message": message, "extensions": {**default, **extensions}}
