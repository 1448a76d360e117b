"""An entity that its subgraph does not know is named, where its absence must be explained."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from typing import Any

import pytest

from tests.support.chance import Seeded, happens
from tests.support.planning import composed
from tests.support.random_graph import random_graph
from tests.support.random_operation import random_operation
from tests.support.universe import Universe
from trellis.router.authorization.policies.registry import LocalPolicies
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.executor.missing import MAX_SHOWN
from trellis.router.operation.limits import GENEROUS
from trellis.router.operation.request import GraphQLRequest
from trellis.router.pipeline import answer
from trellis.router.supergraph import Supergraph, SupergraphOptions
from trellis.router.transports.function import FunctionTransport
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.schema.policy import GuardedObject, ObjectPolicy
from trellis.schema.request import RequestContext

SHOP = """
    type Query { reviews: [Review] review: Review byUpc: Product }
    type Subscription { reviewed: Review }
    type Review { text: String product: Product }
    type Product @key(fields: "id") @key(fields: "upc") { id: ID! upc: ID! }
"""
PRODUCTS = """
    type Product @key(fields: "id") { id: ID! name: String! maker: Maker! nick: String }
    type Maker @key(fields: "org { id } number") { org: Org number: Int }
    type Org { id: ID! }
"""
MAKERS = """
    type Maker @key(fields: "org { id } number") { org: Org @shareable number: Int @shareable
        title: String! place: Place! }
    type Org @shareable { id: ID! }
    type Place @key(fields: "zip") { zip: ID! }
"""
PLACES = 'type Place @key(fields: "zip") { zip: ID! city: String! }'
SUBGRAPHS = {"shop": SHOP, "products": PRODUCTS, "makers": MAKERS, "places": PLACES}
SUPERGRAPH = Supergraph.load(composed(**SUBGRAPHS))

Ask = Callable[[str, Mapping[str, Any]], Awaitable[Any]]


def reviews(*ids: str) -> Ask:
    products = [{"product": {"id": i, "upc": f"u{i}", "__typename": "Product"}} for i in ids]

    async def ask(query: str, variables: Mapping[str, Any]) -> Any:
        review = products[0] if products else None
        return {
            "data": {"reviews": products, "review": review, "byUpc": review and review["product"]}
        }

    return ask


def knowing(**known: Mapping[str, Any]) -> Ask:
    """A subgraph that knows the entities with these keys, values in order and joined by ``_``."""

    async def ask(query: str, variables: Mapping[str, Any]) -> Any:
        data = {}
        for name, given in variables.items():
            if isinstance(given, list):
                alias = "_entities" if name == "representations" else f"_e{name[1:]}"
                data[alias] = [known.get(_key(representation)) for representation in given]
        return {"data": data}

    return ask


def _key(representation: Mapping[str, Any]) -> str:
    values = [
        v.get("id") if isinstance(v, dict) else v
        for k, v in representation.items()
        if k != "__typename"
    ]
    return "k" + "_".join(map(str, values))


async def asked(document: str, **transports: Ask) -> tuple[Any, list[tuple[list[Any], str]]]:
    """The data, and where each error stands with its message; their kind is checked."""
    response = await SUPERGRAPH.execute(document, transports=transports)
    errors = response.get("errors", [])
    for error in errors:
        service = error["message"].split("'")[1]
        assert error["extensions"] == {
            "code": "SUBGRAPH_INVALID_RESPONSE",
            "reason": "ENTITY_NOT_FOUND",
            "service": service,
        }
    return response["data"], [(error["path"], error["message"]) for error in errors]


NOT_FOUND = "Subgraph 'products' did not find the entity Product"


async def test_the_subgraph_the_type_and_the_key_are_named() -> None:
    data, errors = await asked(
        "{ reviews { goods: product { label: name } } }", shop=reviews("7"), products=knowing()
    )

    assert data == {"reviews": [{"goods": None}]}
    assert errors == [(["reviews", 0, "goods", "label"], f"{NOT_FOUND} by its key 'id'.")]


@pytest.mark.parametrize("selection", ["id name", "name id", "other: id name"])
async def test_the_value_of_the_key_is_told_where_the_client_reads_it(selection: str) -> None:
    _, errors = await asked(
        f"{{ review {{ product {{ {selection} }} }} }}", shop=reviews("7"), products=knowing()
    )

    assert errors == [(["review", "product", "name"], f'{NOT_FOUND} by {{"id": "7"}}.')]


async def test_a_key_that_is_read_elsewhere_only_is_not_told() -> None:
    _, errors = await asked(
        "{ byUpc { id } review { product { name } } }", shop=reviews("7"), products=knowing()
    )

    assert [message for _, message in errors] == [f"{NOT_FOUND} by its key 'id'."]


async def test_a_long_key_is_named_only() -> None:
    _, errors = await asked(
        "{ review { product { id name } } }",
        shop=reviews("x" * MAX_SHOWN),
        products=knowing(),
    )

    assert [message for _, message in errors] == [f"{NOT_FOUND} by its key 'id'."]


async def test_nothing_is_said_where_null_may_stand() -> None:
    data, errors = await asked(
        "{ reviews { product { id nick } } }", shop=reviews("7"), products=knowing()
    )

    assert data == {"reviews": [{"product": {"id": "7", "nick": None}}]}
    assert errors == []


async def test_of_a_list_each_place_is_told_and_others_are_there() -> None:
    data, errors = await asked(
        "{ reviews { product { id name } } }",
        shop=reviews("1", "2", "1", "3"),
        products=knowing(k2={"name": "two"}),
    )

    assert data == {
        "reviews": [
            {"product": None},
            {"product": {"id": "2", "name": "two"}},
            {"product": None},
            {"product": None},
        ]
    }
    assert errors == [
        (["reviews", 0, "product", "name"], f'{NOT_FOUND} by {{"id": "1"}}.'),
        (["reviews", 2, "product", "name"], f'{NOT_FOUND} by {{"id": "1"}}.'),
        (["reviews", 3, "product", "name"], f'{NOT_FOUND} by {{"id": "3"}}.'),
    ]


async def test_an_entity_reached_through_another_is_told_by_its_whole_key() -> None:
    maker = {"__typename": "Maker", "org": {"id": "o"}, "number": 3}

    data, errors = await asked(
        "{ review { product { maker { number title } } } }",
        shop=reviews("7"),
        products=knowing(k7={"maker": maker}),
        makers=knowing(),
    )

    assert data == {"review": {"product": None}}
    assert errors == [
        (
            ["review", "product", "maker", "title"],
            "Subgraph 'makers' did not find the entity Maker by its key 'org { id } number'.",
        )
    ]


async def test_what_cannot_be_asked_for_without_it_names_the_first_that_was_missing() -> None:
    graph = Supergraph.load(
        composed(
            a='type Query { item: Item } type Item @key(fields: "id") { id: ID! }',
            b='type Item @key(fields: "id") { id: ID! size: Int parts: Parts } '
            "type Parts { code: Int }",
            c='type Item @key(fields: "id") { id: ID! size: Int @external '
            'parts: Parts @external weight: Int! @requires(fields: "size") '
            'count: Int! @requires(fields: "parts { code }") } type Parts { code: Int @external }',
        )
    )

    async def item(query: str, variables: Mapping[str, Any]) -> Any:
        return {"data": {"item": {"__typename": "Item", "id": "7"}}}

    for field in ("weight", "count"):
        ways = {"a": item, "b": knowing(), "c": knowing()}
        response = await graph.execute(f"{{ item {{ {field} }} }}", transports=ways)

        assert response["data"] == {"item": None}
        assert [(e["path"], e["message"]) for e in response["errors"]] == [
            (["item", field], "Subgraph 'b' did not find the entity Item by its key 'id'.")
        ]


async def test_each_of_several_subgraphs_answers_for_its_own_fields() -> None:
    graph = Supergraph.load(
        composed(
            a='type Query { items: [Item] } type Item @key(fields: "id") { id: ID! }',
            b='type Item @key(fields: "id") { id: ID! size: Int! big: Int }',
            c='type Item @key(fields: "id") { id: ID! weight: Int! heavy: Int }',
        )
    )

    async def items(query: str, variables: Mapping[str, Any]) -> Any:
        return {"data": {"items": [{"__typename": "Item", "id": i} for i in "12"]}}

    for field, guilty in (("size heavy", "b"), ("weight big", "c")):
        ways = {"a": items, "b": knowing(), "c": knowing()}
        response = await graph.execute(f"{{ items {{ {field} }} }}", transports=ways)

        assert [e["extensions"]["service"] for e in response["errors"]] == [guilty] * 2


async def test_entities_of_one_request_are_told_apart() -> None:
    graph = Supergraph.load(
        composed(
            a='type Query { one: One two: Two } type One @key(fields: "id") { id: ID! } '
            'type Two @key(fields: "code") { code: ID! }',
            b='type One @key(fields: "id") { id: ID! x: Int! } '
            'type Two @key(fields: "code") { code: ID! y: Int! }',
        )
    )

    async def both(query: str, variables: Mapping[str, Any]) -> Any:
        one, two = {"__typename": "One", "id": "1"}, {"__typename": "Two", "code": "2"}
        return {"data": {"one": one, "two": two}}

    document = "{ one { x } two { code y } }"
    response = await graph.execute(document, transports={"a": both, "b": knowing()})

    assert [(e["path"], e["message"]) for e in response["errors"]] == [
        (["one", "x"], "Subgraph 'b' did not find the entity One by its key 'id'."),
        (["two", "y"], 'Subgraph \'b\' did not find the entity Two by {"code": "2"}.'),
    ]


async def test_what_the_subgraph_says_itself_comes_first() -> None:
    async def failing(query: str, variables: Mapping[str, Any]) -> Any:
        error = {"message": "Gone.", "path": ["_entities", 0]}
        return {"data": {"_entities": [None]}, "errors": [error]}

    response = await SUPERGRAPH.execute(
        "{ review { product { name } } }", transports={"shop": reviews("7"), "products": failing}
    )

    assert [(e["path"], e["message"]) for e in response["errors"]] == [
        (["review", "product"], "Gone.")
    ]


async def test_an_entity_that_lacks_a_field_is_another_matter() -> None:
    response = await SUPERGRAPH.execute(
        "{ review { product { name } } }",
        transports={"shop": reviews("7"), "products": knowing(k7={"nick": "n"})},
    )

    assert [e["message"] for e in response["errors"]] == [
        "Cannot return null for non-nullable field 'name'."
    ]


async def test_an_object_whose_type_nobody_tells_is_one_that_was_not_found() -> None:
    graph = Supergraph.load(
        composed(
            a='interface Media @key(fields: "id") { id: ID! title: String } '
            'type Book implements Media @key(fields: "id") { id: ID! title: String }'
            'type Film implements Media @key(fields: "id") { id: ID! title: String }',
            b='type Query { rated: [Media!] } type Media @key(fields: "id") @interfaceObject '
            "{ id: ID! stars: Int }",
        )
    )

    async def rated(query: str, variables: Mapping[str, Any]) -> Any:
        return {"data": {"rated": [{"id": "7", "stars": 3}]}}

    for selection in ("stars __typename", "stars ... on Book { title }"):
        document = f"{{ rated {{ {selection} }} }}"
        response = await graph.execute(document, transports={"a": knowing(), "b": rated})

        messages = [error["message"] for error in response.get("errors", [])]
        assert set(messages) <= {"Subgraph 'a' did not find the entity Media by its key 'id'."}
        assert bool(messages) == ("__typename" in selection)


async def test_an_entity_that_is_asked_for_in_each_of_its_surroundings_is_told_at_each() -> None:
    graph = Supergraph.load(
        composed(
            a="""
                type Query { shops: [Shop] }
                type Shop @key(fields: "id") @context(name: "shop") {
                    id: ID! locale: String item: Item }
                type Item @key(fields: "id") { id: ID! }
            """,
            b="""
                type Shop @key(fields: "id") @context(name: "shop") {
                    id: ID! locale: String @external }
                type Item @key(fields: "id") {
                    id: ID! price(in: String @fromContext(field: "$shop { locale }")): Int! }
            """,
        )
    )

    async def shops(query: str, variables: Mapping[str, Any]) -> Any:
        item = {"__typename": "Item", "id": "7"}
        rows = [{"id": x, "locale": x, "item": item} for x in ("de", "en")]
        return {"data": {"shops": rows}}

    response = await graph.execute(
        "{ shops { item { price } } }", transports={"a": shops, "b": knowing()}
    )

    assert [(e["path"], e["message"]) for e in response["errors"]] == [
        (
            ["shops", n, "item", "price"],
            "Subgraph 'b' did not find the entity Item by its key 'id'.",
        )
        for n in (0, 1)
    ]


async def test_an_event_is_explained_like_a_query() -> None:
    async def events(query: str, variables: Mapping[str, Any]) -> AsyncGenerator[Any, None]:
        yield {"data": {"reviewed": {"product": {"__typename": "Product", "id": "7"}}}}

    stream = SUPERGRAPH.subscribe(
        "subscription { reviewed { product { name } } }",
        transports={"shop": FunctionTransport(knowing(), events), "products": knowing()},
    )
    (event,) = [event async for event in stream]

    assert [(e["path"], e["message"]) for e in event["errors"]] == [
        (["reviewed", "product", "name"], f"{NOT_FOUND} by its key 'id'.")
    ]


# -- what must not be told -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("id", "Subgraph 'b' did not find the entity Item by its key 'id'."),
        ("secret", "Subgraph 'b' did not find the entity Item."),
        ("box { inner }", "Subgraph 'b' did not find the entity Item."),
    ],
)
async def test_fields_that_the_api_hides_are_not_named(key: str, said: str) -> None:
    members = "id: ID! secret: ID! @inaccessible box: Box"
    box = "type Box @shareable { inner: Int @inaccessible outer: Int }"
    shared = members.replace("ID!", "ID! @shareable").replace("Box", "Box @shareable")
    graph = Supergraph.load(
        composed(
            a=f'type Query {{ item: Item }} type Item @key(fields: "{key}") {{ {shared} }} {box}',
            b=f'type Item @key(fields: "{key}") {{ {shared} size: Int! }} {box}',
        )
    )
    given = {"__typename": "Item", "id": "7", "secret": "s", "box": {"inner": 1}}

    async def item(query: str, variables: Mapping[str, Any]) -> Any:
        return {"data": {"item": given}}

    response = await graph.execute("{ item { size } }", transports={"a": item, "b": knowing()})

    assert [error["message"] for error in response["errors"]] == [said]


async def test_a_key_that_is_denied_is_not_shown() -> None:
    async def nobody(caller: Identity, objects: Sequence[GuardedObject]) -> list[bool]:
        return [False] * len(objects)

    link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", '
    link += 'import: ["@key", "@policy"]) '
    parts = {
        "a": 'type Query { item: Item } type Item @key(fields: "id") '
        '{ id: ID @policy(policies: [["p"]]) }',
        "b": 'type Item @key(fields: "id") { id: ID @policy(policies: [["p"]]) size: Int! }',
    }
    composition = compose([Subgraph(n, f"http://{n}", link + sdl) for n, sdl in parts.items()])
    assert composition.is_ok, composition.errors

    async def item(query: str, variables: Mapping[str, Any]) -> Any:
        return {"data": {"item": {"__typename": "Item", "id": "7"}}}

    graph = Supergraph.load(
        composition.supergraph_sdl,
        transports={"a": FunctionTransport(item), "b": FunctionTransport(knowing())},
        policies=[LocalPolicies("a", {"p": ObjectPolicy(nobody)})],
    )
    request = GraphQLRequest("{ item { id size } }")
    result = await answer(request, RequestContext(ANONYMOUS), graph)

    assert result.data == {"item": None}
    told = {error["extensions"]["code"]: error["message"] for error in result.errors}
    assert told["SUBGRAPH_INVALID_RESPONSE"] == (
        "Subgraph 'b' did not find the entity Item by its key 'id'."
    )


# -- all of them -----------------------------------------------------------------------------------


def _forgetful(seed: int, send: Ask) -> Ask:
    chance = Seeded(seed)

    async def ask(query: str, variables: Mapping[str, Any]) -> Any:
        given = await send(query, variables)
        for key, value in (given.get("data") or {}).items():
            if key.startswith("_e"):
                given["data"][key] = [None if happens(chance, 30) else each for each in value]
        return given

    return ask


def test_whatever_entities_are_missing_no_null_is_blamed_on_anything_else() -> None:
    told = 0
    for seed in range(60):
        chance = Seeded(seed)
        pairs = random_graph(chance, is_wide=True)
        composition = compose([Subgraph(name, f"http://{name}", sdl) for name, sdl in pairs])
        if composition.errors:
            continue
        options = SupergraphOptions(limits=GENEROUS)
        graph = Supergraph.load(composition.supergraph_sdl, options=options)
        universe = Universe(composition.api_sdl, pairs)
        for _ in range(4):
            text, variables = random_operation(chance, universe.api)
            if not text.startswith("query"):
                continue
            ways = {n: _forgetful(seed, send) for n, send in universe.transports().items()}
            response = asyncio.run(graph.execute(text, variables, transports=ways))

            messages = [error["message"] for error in response.get("errors", ())]
            assert [m for m in messages if " did not find the entity " not in m] == [], text
            told += len(messages)
    assert told > 20
