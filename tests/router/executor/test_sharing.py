"""Objects share only where nothing later can tell them apart."""

from typing import Any

from graphql import build_schema

from tests.support.output import output_of
from tests.support.recording import RecordingTransport
from trellis.router.executor.entities import ALONE
from trellis.router.executor.executable import Executable
from trellis.router.executor.execute import execute
from trellis.router.executor.sharing import sharing_groups
from trellis.router.planner.plan import (
    ContextValue,
    EntityCall,
    EntityTarget,
    FetchStep,
    Need,
    Path,
    PathSegment,
    Selection,
)
from trellis.router.planner.query_plan import QueryPlan
from trellis.schema.request import RequestContext

ID = Need("id", "id")
X, Y = frozenset({"X"}), frozenset({"Y"})


def path(text: str) -> Path:
    """``a.b`` with ``|X`` behind a key for the type its object must have."""
    segments = []
    for part in text.split("."):
        key, _, types = part.partition("|")
        segments.append(PathSegment(key, frozenset({types}) if types else None))
    return tuple(segments)


def step(id: int, *paths: str, after: tuple[int, ...] = (0,), keys: str = "name") -> FetchStep:
    targets = tuple(EntityTarget(path(text), (ID,), typename="T") for text in paths)
    operation = (
        f"query ($r: [_Any!]!) {{ _entities(representations: $r) {{ ... on T {{{keys}}} }} }}"
    )
    call = EntityCall("_entities", "r", targets)
    return FetchStep(id, "s", "query", operation, entities=(call,), after=after)


def groups(*steps: FetchStep, roots: str = "{ a { id } b { id } }") -> list[Any]:
    plan = QueryPlan("query", (FetchStep(0, "s", "query", roots), *steps), Selection(()))
    ready = Executable(plan)
    return [row for one in sharing_groups(plan, ready.ancestors)[1:] for row in one]


def test_targets_share_when_nothing_is_written_below_them() -> None:
    assert groups(step(1, "a.item", "b.item")) == [(0, 0)]


def test_targets_share_when_the_same_is_written_below_all_of_them() -> None:
    assert groups(
        step(1, "a.item", "b.item", keys="owner { id }"),
        step(2, "a.item.owner", "b.item.owner", after=(1,)),
    ) == [(0, 0), (0, 0)]


def test_targets_with_different_writers_below_do_not_share_with_each_other() -> None:
    assert groups(
        step(1, "a.item", "b.item", keys="owner { id }"),
        step(2, "a.item.owner", after=(1,)),
    ) == [(0, 1), (0,)]


def test_objects_of_one_target_do_not_share_when_only_some_are_written_below() -> None:
    first = step(1, "a.item", keys="owner { id }")

    assert groups(first, step(2, "a.item|X.owner", after=(1,))) == [(ALONE,), (0,)]
    assert groups(first, step(2, "a.item.owner|X", after=(1,))) == [(0,), (0,)]


def test_what_is_done_before_does_not_matter() -> None:
    assert groups(step(1, "a|X.item"), step(2, "a.item", after=(1,))) == [(0,), (0,)]


def test_an_unfinished_answer_from_above_that_comes_down_here_forbids_sharing() -> None:
    late = FetchStep(2, "s", "query", "{ a { item { price } } }")

    assert groups(step(1, "a.item"), late) == [(ALONE,)]
    assert groups(step(1, "b.item"), late) == [(0,)]


def test_what_depends_on_the_parents_forbids_sharing() -> None:
    context = ContextValue("c", 1, (Need("id", "id"),))
    target = EntityTarget(path("a.item.owner"), (ID,), typename="T", contexts=(context,))
    call = EntityCall("_entities", "r", (target,))
    contextual = FetchStep(2, "s", "query", "{ _entities { f } }", entities=(call,), after=(1,))

    assert groups(step(1, "a.item", keys="owner { id }"), contextual)[0] == (ALONE,)
    assert groups(step(1, "a.item.owner"), contextual)[0] == (ALONE,)
    assert groups(step(1, "b.item"), contextual)[0] == (0,)


async def test_one_entity_in_two_roles_keeps_the_values_of_each() -> None:
    """``X`` and ``Y`` ask the same key ``f`` with other arguments below the same shared owner."""
    schema = build_schema("""
        type Query { nodes: [Node!] }
        interface Node { item: Item }
        type X implements Node { item: Item }
        type Y implements Node { item: Item }
        type Item { owner: Owner } type Owner { f(n: Int): Int }
    """)
    query = """{ nodes { __typename ... on X { item { owner { f(n: 1) } } }
                         ... on Y { item { owner { f(n: 2) } } } } }"""
    nodes = [{"__typename": t, "item": {"__typename": "Item", "id": "1"}} for t in "XY"]
    root = FetchStep(0, "root", "query", "{ nodes { __typename item { __typename id } } }")
    owners = FetchStep(
        1,
        "owners",
        "query",
        "{ _entities { owner { id } } }",
        entities=(EntityCall("_entities", "r", (EntityTarget(path("nodes.item"), (ID,)),)),),
        after=(0,),
    )
    values = [
        FetchStep(
            number,
            f"values{number}",
            "query",
            f"{{ _entities {{ f(n: {number}) }} }}",
            entities=(
                EntityCall(
                    "_entities",
                    "r",
                    (EntityTarget(path(f"nodes.item|{t}.owner"), (ID,), typename="Owner"),),
                ),
            ),
            after=(1,),
        )
        for number, t in ((2, "X"), (3, "Y"))
    ]
    plan = QueryPlan("query", (root, owners, *values), output_of(schema, query))
    transports = {
        "root": RecordingTransport({"data": {"nodes": nodes}}),
        "owners": RecordingTransport({"data": {"_entities": [{"owner": {"id": "o"}}]}}),
        "values2": RecordingTransport({"data": {"_entities": [{"f": 1}]}}),
        "values3": RecordingTransport({"data": {"_entities": [{"f": 2}]}}),
    }

    answer = await execute(Executable(plan), {}, RequestContext(), transports)

    assert answer.to_dict() == {
        "data": {
            "nodes": [
                {"__typename": t, "item": {"owner": {"f": number}}}
                for t, number in (("X", 1), ("Y", 2))
            ]
        }
    }
