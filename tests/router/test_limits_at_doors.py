"""Every door counts alike and tells it: POST, GET, batches, sockets, and what a door refuses."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson
import pytest
from starlette.types import ASGIApp
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.support.serving import served
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.config import Config, Cors, Http, Limits, RateLimitRule, RateLimits
from trellis.router.identity.credentials import Credentials
from trellis.router.loading.supergraph import load_supergraph
from trellis.router.rate_limit.build import build_rate_limiting
from trellis.router.serving.application import create_app
from trellis.router.serving.live_graph import LiveGraph
from trellis.router.subscriptions.transport_ws import TransportWs
from trellis.router.web.errors import Errors
from trellis.router.web.request_context import ContextMaker
from trellis.router.web.request_id import RequestId
from trellis.router.web.services import Services
from trellis.schema.errors import Unauthenticated
from trellis.schema.identity import Identity

SUPERGRAPH = compose(
    [
        Subgraph(
            "a",
            "http://a.test",
            'extend schema @link(url: "https://specs.trellis.dev/trellis/v0.1", '
            'import: ["@rateLimit"]) @composeDirective(name: "@rateLimit") '
            '@link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@composeDirective"])'
            "directive @rateLimit(limit: Int!, window: Int!, key: String) on FIELD_DEFINITION "
            "type Query { hello: Int } "
            "type Mutation { login: Int "
            '@rateLimit(limit: 30, window: 60, key: "ip") }',
        )
    ]
).supergraph_sdl
TYPENAME = {"query": "{ __typename }"}
LOGIN = "mutation { login }"
WINDOW = 3600
PROTOCOL: Any = "graphql-transport-ws"


def app(limit: int = 3, **config: Any) -> ASGIApp:
    """The real application. What needs its subgraph fails, but is counted first."""
    rule = RateLimitRule(name="requests", limit=limit, window=WINDOW)
    limits = RateLimits(
        enabled=True, presets={"mine": (rule,)}, profiles={"graphql": "mine"}, development_factor=1
    )
    settings = Config(**{"rate_limit": limits, "limits": Limits(batch=10), **config})
    return create_app(SUPERGRAPH, [{"name": "a", "url": "http://127.0.0.1:9/graphql"}], settings)


def client(app: ASGIApp, address: str = "192.0.2.1") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, client=(address, 1234))
    return httpx.AsyncClient(
        transport=transport, base_url="http://trellis.test", headers={"x-trellis-preflight": "1"}
    )


def codes(body: Mapping[str, Any]) -> list[str]:
    return [error["extensions"]["code"] for error in body.get("errors", ())]


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_http_tells_the_limit_and_refuses_with_429(method: str, accept: str) -> None:
    async with client(app()) as http:

        async def ask() -> httpx.Response:
            given: dict[str, Any] = {"json": TYPENAME} if method == "POST" else {"params": TYPENAME}
            return await http.request(method, "/graphql", headers={"accept": accept}, **given)

        answers = [await ask() for _ in range(4)]

    assert [a.status_code for a in answers] == [200, 200, 200, 429]
    assert [a.headers["x-ratelimit-remaining"] for a in answers] == ["2", "1", "0", "0"]
    assert {a.headers["x-ratelimit-limit"] for a in answers} == {"3"}
    assert all("retry-after" not in a.headers for a in answers[:3])
    refused = answers[3]
    assert codes(refused.json()) == ["RATE_LIMITED"]
    assert WINDOW - 5 <= int(refused.headers["retry-after"]) <= WINDOW
    assert refused.headers["ratelimit-policy"] == f'"requests-{WINDOW}";q=3;w={WINDOW}'
    assert "data" not in refused.json()


async def test_each_operation_of_a_batch_counts_and_the_tightest_is_told() -> None:
    async with client(app(limit=5)) as http:
        first = await http.post("/graphql", json=[TYPENAME] * 3)
        second = await http.post("/graphql", json=[TYPENAME] * 3)

    assert first.headers["x-ratelimit-remaining"] == "2"
    assert second.headers["x-ratelimit-remaining"] == "0"
    assert [codes(body) for body in second.json()] == [[], [], ["RATE_LIMITED"]]


async def test_the_doors_share_what_they_count() -> None:
    application = app(limit=4)
    async with client(application) as http:
        await http.post("/graphql", json=TYPENAME)
        await http.get("/api/v1/graphql", params=TYPENAME)
        await http.post("/graphql", json=[TYPENAME, TYPENAME])

        refused = await http.post("/graphql", json=TYPENAME)

    assert refused.status_code == 429


@pytest.mark.parametrize("door", ["aliases", "batch", "socket"])
async def test_a_hundred_logins_in_one_go_are_a_hundred_tries(door: str) -> None:
    """Thirty may be tried in a minute; however they are packed, no more than those run."""
    limits = Limits(batch=100, aliases=100, root_fields=100)
    application = app(limit=10_000, limits=limits)

    if door == "socket":
        async with socket_to(application) as socket:
            for number in range(100):
                await say(socket, type="subscribe", id=str(number), payload={"query": LOGIN})
            kinds = [(await hear(socket))["type"] for _ in range(130)]
        assert (kinds.count("error"), kinds.count("next")) == (70, 30)
        return
    async with client(application) as http:
        if door == "aliases":
            fields = " ".join(f"a{n}: login" for n in range(100))
            answer = await http.post("/graphql", json={"query": f"mutation {{ {fields} }}"})
            assert (answer.status_code, codes(answer.json())) == (429, ["RATE_LIMITED"])
            assert "counts 100 times at once" in answer.json()["errors"][0]["message"]
            assert (await http.post("/graphql", json={"query": LOGIN})).headers[
                "x-ratelimit-remaining"
            ] == "29"
        else:
            answer = await http.post("/graphql", json=[{"query": LOGIN}] * 100)
            refused = [codes(body) for body in answer.json()].count(["RATE_LIMITED"])
            assert refused == 70


async def test_an_operation_over_the_limit_on_a_socket_gets_an_error_message() -> None:
    async with socket_to(app(limit=1)) as socket:
        for number in ("1", "2"):
            await say(socket, type="subscribe", id=number, payload=TYPENAME)
            if number == "1":
                assert (await hear(socket))["type"] == "next"
                assert (await hear(socket))["type"] == "complete"
        refused = await hear(socket)

    assert (refused["type"], refused["id"]) == ("error", "2")
    assert refused["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert refused["payload"][0]["extensions"]["window"] == WINDOW


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"content": b"{", "headers": {"content-type": "application/json"}}, 400),
        ({"content": b"x", "headers": {"content-type": "text/plain"}}, 415),
        ({"json": {"query": 5}}, 400),
        ({"json": {"query": "{"}}, 400),
        ({"json": {"query": "{ nothing }"}}, 400),
    ],
)
async def test_a_flood_of_what_a_door_refuses_is_limited(request_: Any, status: int) -> None:
    async with client(app(limit=2)) as http:
        headers = {"accept": "application/graphql-response+json", **request_.pop("headers", {})}
        answers = [await http.post("/graphql", headers=headers, **request_) for _ in range(3)]

    assert [a.status_code for a in answers] == [status, status, 429]
    assert [a.headers["x-ratelimit-remaining"] for a in answers] == ["1", "0", "0"]
    assert codes(answers[2].json()) == ["RATE_LIMITED"]
    assert int(answers[2].headers["retry-after"]) <= WINDOW
    assert int(answers[2].headers["content-length"]) == len(answers[2].content)


async def test_addresses_where_nothing_is_count_and_health_does_not() -> None:
    application = app(limit=2, mode="production")
    async with client(application) as http:
        statuses = [(await http.get(f"/nothing/{n}")).status_code for n in range(3)]
        health = [(await http.get("/health")).status_code for _ in range(5)]

    assert statuses == [404, 404, 429]
    assert health == [200] * 5


async def test_another_address_is_not_concerned() -> None:
    application = app(limit=1)
    async with client(application) as http:
        await http.post("/graphql", content=b"{")
        assert (await http.post("/graphql", content=b"{")).status_code == 429
    async with client(application, "192.0.2.2") as http:
        assert (await http.post("/graphql", json=TYPENAME)).status_code == 200


@pytest.mark.parametrize(
    ("proxies", "statuses"), [((), [200, 429, 429]), (("192.0.2.0/24",), [200, 200, 429])]
)
async def test_only_trusted_proxies_say_whose_request_it_is(
    proxies: tuple[str, ...], statuses: list[int]
) -> None:
    """Otherwise everyone could be somebody else with each request."""
    http_settings = Http(trusted_proxies=proxies)
    async with client(app(limit=1, http=http_settings)) as http:
        answers = [
            await http.post("/graphql", json=TYPENAME, headers={"x-forwarded-for": address})
            for address in ("203.0.113.1", "203.0.113.2", "203.0.113.2")
        ]

    assert [answer.status_code for answer in answers] == statuses


async def test_bad_tokens_count_as_tries_when_a_socket_brings_them() -> None:
    async def nobody_passes(credentials: Credentials) -> Identity:
        raise Unauthenticated("The access token is not valid.", reason="TOKEN_INVALID")

    rule = RateLimitRule(name="requests", limit=2, window=WINDOW)
    limits = RateLimits(enabled=True, presets={"default": (rule,)}, development_factor=1)
    config = Config(rate_limit=limits)
    graph = LiveGraph.over(load_supergraph(SUPERGRAPH, {}, config, build_rate_limiting(config)))
    services = Services(
        graph=graph,
        make_context=ContextMaker((), 30),
        authenticate=nobody_passes,
        count=graph.count,
    )
    door = TransportWs(services)

    async def try_one(url: str) -> tuple[int, str]:
        async with connect(url, subprotocols=[PROTOCOL]) as socket:
            await say(socket, type="connection_init", payload={"authorization": "Bearer guess"})
            with pytest.raises(ConnectionClosed) as closed:
                await hear(socket)
            assert closed.value.rcvd is not None
            return closed.value.rcvd.code, closed.value.rcvd.reason

    async with served(Errors(RequestId(door))) as url:
        closes = [await try_one(url.replace("http", "ws", 1)) for _ in range(3)]

    assert closes[:2] == [(4403, "Forbidden: The access token is not valid.")] * 2
    assert closes[2][0] == 1013
    assert closes[2][1].startswith("Rate limit exceeded. Try again in ")


async def test_pages_of_other_origins_may_read_the_headers() -> None:
    origin = "https://app.example.com"
    async with client(app(cors=Cors(origins=(origin,)))) as http:
        answer = await http.post("/graphql", json=TYPENAME, headers={"origin": origin})

    exposed = answer.headers["access-control-expose-headers"].lower().split(", ")
    told = [name for name in answer.headers if "ratelimit" in name]
    assert sorted(told) == [
        "ratelimit",
        "ratelimit-policy",
        "x-ratelimit-limit",
        "x-ratelimit-remaining",
        "x-ratelimit-reset",
    ]
    assert {*told, "retry-after", "x-ratelimit-window"} <= set(exposed)


async def test_nothing_is_counted_or_told_when_limits_are_off() -> None:
    off = RateLimits(enabled=False)
    async with client(app(rate_limit=off)) as http:
        answers = [await http.post("/graphql", json=TYPENAME) for _ in range(5)]

    assert {a.status_code for a in answers} == {200}
    assert not any("ratelimit" in name for a in answers for name in a.headers)


@asynccontextmanager
async def socket_to(application: ASGIApp) -> AsyncIterator[ClientConnection]:
    async with served(application) as url:
        address = url.replace("http", "ws", 1) + "/graphql"
        async with connect(address, subprotocols=[PROTOCOL]) as socket:
            await say(socket, type="connection_init")
            assert await hear(socket) == {"type": "connection_ack"}
            yield socket


async def say(socket: ClientConnection, **message: Any) -> None:
    await socket.send(orjson.dumps(message).decode())


async def hear(socket: ClientConnection) -> Any:
    async with asyncio.timeout(20):
        return orjson.loads(await socket.recv())
