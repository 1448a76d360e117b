"""Entities asked for with values of the objects around them."""

from collections.abc import Mapping
from typing import Any

from tests.support.planning import composed
from trellis.router.executor.contexts import collect_in_contexts
from trellis.router.planner.plan import ContextValue, EntityCall, EntityTarget, Need, PathSegment
from trellis.router.supergraph import Supergraph
from trellis.router.transports.function import FunctionTransport

ITEMS = (PathSegment("shops"), PathSegment("items"))
LOCALE = ContextValue("context0", 1, (Need("locale", "locale", is_key=False),))
CALL = EntityCall(
    "_entities",
    "representations",
    (EntityTarget(ITEMS, (Need("id", "id"),), typename="Item", contexts=(LOCALE,)),),
)


def test_each_combination_of_values_asks_for_its_own_objects() -> None:
    data: dict[str, Any] = {
        "shops": [
            {"locale": "de", "items": [{"id": "1"}, {"id": "2"}]},
            {"locale": "en", "items": [{"id": "1"}]},
            {"locale": "de", "items": [{"id": "2"}]},
        ]
    }

    german, english = collect_in_contexts(CALL, data)

    assert (german.values, english.values) == ({"context0": "de"}, {"context0": "en"})
    assert [r["id"] for r in german.batch.representations] == ["1", "2"]
    assert [r["id"] for r in english.batch.representations] == ["1"]
    assert len(german.batch.holders[1]) == 2


def test_a_shared_object_is_taken_apart_where_its_surroundings_differ() -> None:
    item = {"id": "1"}
    items = [item]
    data = {"shops": [{"locale": "de", "items": items}, {"locale": "en", "items": items}]}

    german, english = collect_in_contexts(CALL, data)

    assert german.batch.holders[0][0][0] is data["shops"][0]["items"][0]
    assert english.batch.holders[0][0][0] is data["shops"][1]["items"][0]
    assert data["shops"][1]["items"][0] is not item


def test_without_its_value_nothing_is_asked_but_null_is_a_value() -> None:
    data = {"shops": [{"items": [{"id": "1"}]}, {"locale": None, "items": [{"id": "2"}]}]}

    (only,) = collect_in_contexts(CALL, data)

    assert only.values == {"context0": None}
    assert [r["id"] for r in only.batch.representations] == ["2"]


CITY = ContextValue("c", 1, (Need("at", "address", (Need("city", "town", is_key=False),)),))


def of(source: ContextValue, **target: Any) -> EntityCall:
    """One call that asks for items with this value of the shop around them."""
    full = {"needs": (Need("id", "id"),), "typename": "Item", "path": ITEMS, **target}
    return EntityCall("_entities", "r", (EntityTarget(**full, contexts=(source,)),))


def test_a_value_may_lie_in_an_object_that_may_be_missing() -> None:
    shops = [{"address": {"town": "Graz"}}, {"address": {"town": None}}, {"address": None}, {}]
    data = {"shops": [{**shop, "items": [{"id": str(n)}]} for n, shop in enumerate(shops)]}

    found = collect_in_contexts(of(CITY), data)

    assert [(one.values["c"], [r["id"] for r in one.batch.representations]) for one in found] == [
        ("Graz", ["0"]),
        (None, ["1", "2"]),
    ]


def test_the_source_of_a_value_depends_on_the_type_around() -> None:
    a, b = (frozenset({name}) for name in "AB")
    source = ContextValue("c", 1, (Need("l", "x", types=a), Need("l", "y", types=b)))
    data = {
        "shops": [
            {"__typename": type_, "x": 1, "y": 2, "items": [{"id": type_}]} for type_ in "ABC"
        ]
    }

    found = collect_in_contexts(of(source), data)

    assert [(one.values["c"], one.batch.representations[0]["id"]) for one in found] == [
        (1, "A"),
        (2, "B"),
    ]


def test_a_way_for_some_types_is_gone_from_objects_of_those_only() -> None:
    on_a = (PathSegment("shops"), PathSegment("items", frozenset({"A"})))
    data = {
        "shops": [
            {"__typename": type_, "locale": "de", "items": [{"id": type_}]} for type_ in "ABA"
        ]
    }

    (found,) = collect_in_contexts(of(LOCALE, path=on_a), data)

    assert [r["id"] for r in found.batch.representations] == ["A"]
    assert [len(holders) for holders in found.batch.holders] == [2]


def test_objects_of_unknown_type_are_incomplete_and_those_of_another_are_left_out() -> None:
    items: list[dict[str, Any]] = [{"id": "1"}, {"__typename": "Other", "id": "2"}, {}]
    call = of(LOCALE, types=frozenset({"Item"}), typename=None)

    (found,) = collect_in_contexts(call, {"shops": [{"locale": "de", "items": items}]})

    assert found.batch.representations == []
    assert found.batch.incomplete == [{"id": "1"}, {}]


def test_one_object_in_one_surrounding_is_completed_once() -> None:
    item: dict[str, Any] = {"id": "1"}
    data = {"shops": [{"locale": "de", "items": [[item, item], None, [{"id": "1"}]]}]}

    (found,) = collect_in_contexts(CALL, data)

    ((first, _), (second, _)) = found.batch.holders[0]
    assert first is item and second is data["shops"][0]["items"][2][0]


async def test_one_item_has_each_shops_price() -> None:
    sdl = composed(
        a="""
            type Query { shops: [Shop] }
            type Shop @key(fields: "id") @context(name: "shop") {
              id: ID! locale: String items: [Item] }
            type Item @key(fields: "id") {
              id: ID! price(in: String @fromContext(field: "$shop { locale }")): String }
        """,
        b='type Item @key(fields: "id") { id: ID! size: Int }',
    )
    sent: list[Any] = []

    async def answer(query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        if "representations" not in variables:
            shops = [{"locale": locale, "items": [{"id": "1"}]} for locale in ("de", "en")]
            return {"data": {"shops": shops}}
        sent.append(variables["context0"])
        return {"data": {"_entities": [{"price": f"1 {variables['context0']}"}]}}

    got = await Supergraph.load(sdl).execute(
        "{ shops { items { price } } }", transports={"a": FunctionTransport(answer)}
    )

    assert got == {
        "data": {
            "shops": [{"items": [{"price": "1 de"}]}, {"items": [{"price": "1 en"}]}],
        }
    }
    assert sorted(sent) == ["de", "en"]
