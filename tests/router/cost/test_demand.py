"""Operations that cost too much are refused before anything runs, at every door."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from structlog.testing import capture_logs
from websockets.asyncio.client import connect

from tests.support.recording import RecordingTransport
from tests.support.serving import served
from trellis.router import pipeline
from trellis.router.answer import Answer
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.config import Config, Cost, Limits, RateLimitRule, RateLimits, SubgraphSource
from trellis.router.loading.supergraph import load_supergraph
from trellis.router.operation.request import ALL_KINDS, GraphQLRequest
from trellis.router.rate_limit.build import build_rate_limiting
from trellis.router.serving.application import build_app
from trellis.router.supergraph import Supergraph, SupergraphOptions
from trellis.schema.identity import ANONYMOUS
from trellis.schema.request import RequestContext

SUPERGRAPH = compose(
    [
        Subgraph(
            "a",
            "http://a.test",
            'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",'
            ' import: ["@authenticated"])'
            "type Query { items(first: Int = 5): [Item!] }"
            "type Mutation { change(count: Int): Item }"
            "type Subscription { changes: Item }"
            "type Item { id: ID! parts(first: Int): [Item!] secret: [Item!] @authenticated }",
        )
    ]
).supergraph_sdl
DEAR = "{ items(first: 50) { parts(first: 10) { id } } }"  # 50 * (1 + 10)
CHEAP = "{ items(first: 3) { id } }"
ITEMS = {"data": {"items": [{"id": "1"}, {"id": "2"}]}}


def codes(body: Any) -> list[str]:
    return [error["extensions"]["code"] for error in body.get("errors", ())]


# -- at the doors ----------------------------------------------------------------------------------

ROUTE = """
query ListItems($first: Int) @rest(method: GET, path: "/api/v1/items") {
  items(first: $first) { id parts(first: 10) { id } }
}
"""


@pytest.fixture
async def url(tmp_path: Path) -> AsyncIterator[str]:
    """The real application over a subgraph that is not there: what is not refused fails."""
    folder = tmp_path / "rest" / "tracker" / "items"
    folder.mkdir(parents=True)
    (folder / "list_items.graphql").write_text(ROUTE)
    supergraph = tmp_path / "supergraph.graphql"
    supergraph.write_text(SUPERGRAPH)
    config = Config(
        cost=Cost(most=100),
        limits=Limits(batch=5),
        operations_dir=tmp_path,
        data_dir=tmp_path,
        supergraph=supergraph,
        subgraphs={"a": SubgraphSource(url="http://127.0.0.1:9/graphql")},
        mode="production",
    )
    async with served(build_app(config)) as url:
        yield url


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_http_refuses_what_costs_too_much(url: str, method: str):
    async def ask(document: str) -> httpx.Response:
        payload = {"query": document}
        given: dict[str, Any] = {"json": payload} if method == "POST" else {"params": payload}
        accept = {"accept": "application/graphql-response+json", "x-trellis-preflight": "1"}
        async with httpx.AsyncClient(headers=accept) as http:
            return await http.request(method, f"{url}/graphql", **given)

    refused, passed = await ask(DEAR), await ask(CHEAP)

    assert refused.status_code == 400
    assert refused.json() == {
        "errors": [
            {
                "message": "The operation may cost 550, and 100 is the maximum. Request "
                "shorter lists, fewer nested lists, or split the operation.",
                "extensions": {"code": "COST_LIMIT", "cost": 550, "limit": 100},
            }
        ]
    }
    assert codes(passed.json()) == ["SUBGRAPH_UNAVAILABLE"]


async def test_each_operation_of_a_batch_has_its_own_cost(url: str):
    async with httpx.AsyncClient() as http:
        answer = await http.post(f"{url}/graphql", json=[{"query": DEAR}, {"query": CHEAP}])

    assert [codes(body) for body in answer.json()] == [["COST_LIMIT"], ["SUBGRAPH_UNAVAILABLE"]]


async def test_so_does_each_on_a_socket(url: str):
    protocol: Any = "graphql-transport-ws"
    address = url.replace("http", "ws") + "/graphql"
    async with connect(address, subprotocols=[protocol]) as socket:
        await socket.send('{"type":"connection_init"}')
        assert orjson.loads(await socket.recv()) == {"type": "connection_ack"}
        await socket.send(
            orjson.dumps({"id": "1", "type": "subscribe", "payload": {"query": DEAR}}).decode()
        )
        message = orjson.loads(await socket.recv())

    assert (message["type"], message["id"]) == ("error", "1")
    assert message["payload"][0]["extensions"]["code"] == "COST_LIMIT"


async def test_a_rest_route_is_refused_by_its_parameters(url: str):
    async with httpx.AsyncClient(base_url=url) as http:
        refused = await http.get("/api/v1/items", params={"first": 50})
        passed = await http.get("/api/v1/items", params={"first": 2})

    assert refused.status_code == 422
    assert refused.json()["error"]["code"] == "VALIDATION_ERROR"
    assert "may cost 550" in refused.text
    assert passed.status_code == 503


# -- in the pipeline -------------------------------------------------------------------------------


class Graph:
    """A supergraph over one recording subgraph."""

    def __init__(self, **options: Any) -> None:
        self.subgraph = RecordingTransport(ITEMS, events=(ITEMS, ITEMS))
        self.supergraph = Supergraph.load(
            SUPERGRAPH,
            transports={"a": self.subgraph},
            options=SupergraphOptions(cost=Cost(**options)),
        )

    async def ask(self, document: str, **members: Any) -> Answer:
        request = GraphQLRequest(document, **members)
        return await pipeline.answer(request, RequestContext(ANONYMOUS), self.supergraph)


async def test_what_is_refused_asks_no_subgraph():
    graph = Graph(most=549)

    refused = await graph.ask(DEAR)
    assert [error["extensions"]["code"] for error in refused.errors] == ["COST_LIMIT"]
    assert (refused.executed, refused.status) == (False, 400)
    assert graph.subgraph.requests == []


@pytest.mark.parametrize(("most", "asked"), [(549, 0), (550, 1)])
async def test_an_operation_may_cost_as_much_as_the_limit(most: int, asked: int):
    graph = Graph(most=most)
    await graph.ask(DEAR)
    assert len(graph.subgraph.requests) == asked


async def test_what_the_caller_may_not_have_is_not_paid_for():
    graph = Graph(most=20, list_size=10)

    answer = await graph.ask("{ items(first: 10) { id secret { id } } }")

    assert [error["extensions"]["code"] for error in answer.errors][:1] == [
        "UNAUTHORIZED_FIELD_OR_TYPE"
    ]
    assert len(graph.subgraph.requests) == 1


@pytest.mark.parametrize(
    ("document", "cost"),
    [
        ("mutation { change { id } }", 11),
        ("subscription { changes { parts(first: 1) { id } } }", 2),
    ],
)
async def test_mutations_and_subscriptions_cost_too(document: str, cost: int):
    async def answers(most: int) -> Sequence[Answer]:
        graph = Graph(most=most)
        request = GraphQLRequest(document, kinds=ALL_KINDS)
        stream = pipeline.stream(request, RequestContext(ANONYMOUS), graph.supergraph)
        return [answer async for answer in stream]

    assert all(answer.executed for answer in await answers(cost))
    [refused] = await answers(cost - 1)
    assert [error["extensions"]["code"] for error in refused.errors] == ["COST_LIMIT"]


async def test_the_plan_comes_with_the_estimated_and_the_actual_cost():
    graph = Graph()

    asked = await graph.ask(CHEAP, wants_plan=True)
    assert asked.extensions["cost"] == {"estimated": 3, "actual": 2, "most": 5000}
    plain = await graph.ask(CHEAP)
    assert plain.extensions == {}


async def test_measuring_runs_what_costs_too_much_and_logs_it():
    graph = Graph(most=100, mode="measure")

    with capture_logs() as logs:
        await graph.ask(CHEAP)
        answer = await graph.ask("query Dear " + DEAR)

    assert answer.executed
    assert len(graph.subgraph.requests) == 2
    assert [
        {key: entry[key] for key in ("event", "operation", "estimated", "actual", "most")}
        for entry in logs
    ] == [
        {
            "event": "operation_cost",
            "operation": "Dear",
            "estimated": 550,
            "actual": 2,
            "most": 100,
        }
    ]


async def test_without_options_nothing_is_estimated():
    subgraph = RecordingTransport(ITEMS)
    supergraph = Supergraph.load(SUPERGRAPH, transports={"a": subgraph})
    request = GraphQLRequest(DEAR.replace("50", "1000000"), wants_plan=True)

    answer = await pipeline.answer(request, RequestContext(ANONYMOUS), supergraph)

    assert "cost" not in answer.extensions
    assert len(subgraph.requests) == 1


# -- budgets over time -----------------------------------------------------------------------------


async def test_a_caller_may_spend_so_much_in_a_window():
    rule = RateLimitRule(name="budget", limit=1_000, window=60, units="cost")
    config = Config(
        rate_limit=RateLimits(
            enabled=True,
            presets={"mine": (rule,)},
            profiles={"graphql": "mine"},
            development_factor=1,
        )
    )
    subgraph = RecordingTransport(ITEMS)
    supergraph = load_supergraph(SUPERGRAPH, {"a": subgraph}, config, build_rate_limiting(config))

    async def ask(first: int, address: str = "192.0.2.1") -> list[str]:
        document = "query($n: Int) { items(first: $n) { id } }"
        request = GraphQLRequest(document, {"n": first})
        context = RequestContext(ANONYMOUS, client_address=address)
        answer = await pipeline.answer(request, context, supergraph)
        return [error["extensions"]["code"] for error in answer.errors]

    assert await ask(600) == []
    assert await ask(401) == ["RATE_LIMITED"]
    assert await ask(400) == []
    assert await ask(1) == ["RATE_LIMITED"]
    assert await ask(1_000, "192.0.2.2") == []
