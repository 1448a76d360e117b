"""One subgraph on its own: what a router and its operators need from it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from pydantic import SecretStr
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.router.identity.tokens import AUDIENCE, ISSUER, SigningKey, good_claims
from tests.support import shop
from tests.support.metrics import read_figures
from tests.support.serving import served
from trellis.router.config import Auth, Config, SubgraphSource
from trellis.router.errors import ConfigError
from trellis.router.loading.members import fetch_sdl
from trellis.router.serving.subgraph_app import build_subgraph_app
from trellis.router.trust.headers import CALLER, Vouch
from trellis.router.trust.service_tokens import SERVICE_TOKEN, ServiceTokens
from trellis.schema.identity import Identity
from trellis.schema.request import RequestContext

KEY = SigningKey("k1")


SECRET = "s" * 32


def service() -> dict[str, str]:
    """What a router sends: made when it is needed, for it is good for a minute only."""
    return {SERVICE_TOKEN: ServiceTokens([SECRET.encode()]).sign("catalog")}


def config(tmp_path: Path, **settings: Any) -> Config:
    keys = tmp_path / "jwks.json"
    keys.write_bytes(orjson.dumps({"keys": [KEY.jwk]}))
    return Config(
        subgraphs={
            "catalog": SubgraphSource(module="tests.support.shop:catalog"),
            "remote": SubgraphSource(url="http://remote.example/graphql"),
        },
        auth=Auth(
            issuer=ISSUER, audience=AUDIENCE, jwks=str(keys), service_secret=SecretStr(SECRET)
        ),
        **settings,
    )


@pytest.fixture
async def url(tmp_path: Path) -> AsyncIterator[str]:
    async with served(build_subgraph_app(config(tmp_path), "catalog")) as url:
        yield url


async def ask(url: str, query: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        body = {"query": query}
        return await client.post(f"{url}/graphql", json=body, headers={**service(), **headers})


async def test_it_answers_and_tells_its_schema(url: str):
    answer = (await ask(url, '{ product(sku: "1") { title size } }')).json()
    assert answer == {"data": {"product": {"title": "Product 1", "size": "SMALL"}}}
    sdl = await asyncio.to_thread(fetch_sdl, "catalog", f"{url}/graphql", headers=service())
    assert sdl == shop.catalog.schema.as_str()


async def test_it_has_its_own_metrics(url: str):
    """Requirement S2-OBS-01: without a token, and as those of the subgraph."""
    await ask(url, '{ product(sku: "1") { title } }')
    async with httpx.AsyncClient(trust_env=False) as client:
        found = read_figures((await client.get(f"{url}/metrics")).text)
    assert found.of("http_requests_total", service="catalog", door="graphql", status="200") > 0


async def test_it_tells_its_schema_to_routers_only(url: str):
    with pytest.raises(ConfigError, match=r"auth\.service_secret"):
        await asyncio.to_thread(fetch_sdl, "catalog", f"{url}/graphql")


async def test_it_resolves_entities(url: str):
    query = '{ _entities(representations: [{__typename: "Product", sku: "7"}]) { __typename } }'
    assert (await ask(url, query)).json() == {"data": {"_entities": [{"__typename": "Product"}]}}


async def test_the_caller_is_whom_the_router_names(url: str):
    grace = Identity(id=uuid4(), username="grace")
    vouched = Vouch(ServiceTokens([SECRET.encode()]), "catalog")(RequestContext(grace))
    answer = await ask(url, "{ caller }", authorization="Bearer whatever", **vouched)
    assert answer.json() == {"data": {"caller": "grace"}}
    assert (await ask(url, "{ caller }")).json() == {"data": {"caller": None}}


@pytest.mark.parametrize("path", ["/graphql", "/internal/revocations", "/nothing"])
async def test_without_a_service_token_it_answers_nothing(url: str, path: str):
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"{url}{path}", json={"query": "{ caller }"})
    assert answer.status_code == 403
    assert answer.json()["code"] == "SERVICE_TOKEN_REQUIRED"


async def test_without_a_service_token_there_is_no_socket(url: str):
    socket_url = f"{url.replace('http', 'ws')}/graphql"
    with pytest.raises(InvalidStatus, match="403"):
        await connect(socket_url, subprotocols=["graphql-transport-ws"])  # pyright: ignore


async def test_an_open_one_may_be_tried_by_hand(tmp_path: Path):
    async with (
        served(build_subgraph_app(config(tmp_path), "catalog", is_open=True)) as url,
        httpx.AsyncClient(trust_env=False) as client,
    ):

        async def status_and_caller(**headers: str) -> tuple[int, Any]:
            body = {"query": "{ caller }"}
            answer = await client.post(f"{url}/graphql", json=body, headers=headers)
            return answer.status_code, (answer.json().get("data") or {}).get("caller")

        token = KEY.sign(good_claims(username="grace"))
        assert await status_and_caller(authorization=f"Bearer {token}") == (200, "grace")
        assert await status_and_caller() == (200, None)
        assert await status_and_caller(**{CALLER: '{"username": "mallory"}'}) == (200, None)
        forged = SigningKey("k1").sign(good_claims())
        assert await status_and_caller(authorization=f"Bearer {forged}") == (401, None)


def test_none_is_open_in_production(tmp_path: Path):
    with pytest.raises(ConfigError, match="in development only"):
        build_subgraph_app(config(tmp_path, mode="production"), "catalog", is_open=True)


async def test_a_refused_operation_is_told_apart_from_a_failed_one(url: str):
    accept = {"accept": "application/graphql-response+json"}
    for query in ("{ nothing }", "{", "subscription { arrivals { sku } }"):
        answer = await ask(url, query, **accept)
        assert answer.status_code in (400, 405)
        assert "data" not in answer.json()


async def test_subscriptions_come_over_the_socket(url: str):
    socket_url = f"{url.replace('http', 'ws')}/graphql"
    async with connect(
        socket_url,
        subprotocols=["graphql-transport-ws"],  # pyright: ignore
        additional_headers=service(),
    ) as socket:
        await socket.send('{"type": "connection_init"}')
        assert orjson.loads(await socket.recv()) == {"type": "connection_ack"}
        payload = {"query": "subscription { arrivals(to: 2) { sku } }"}
        await socket.send(
            orjson.dumps({"id": "1", "type": "subscribe", "payload": payload}).decode()
        )
        messages = [orjson.loads(await socket.recv()) for _ in range(3)]
    assert [m.get("payload") for m in messages] == [
        {"data": {"arrivals": {"sku": "1"}}},
        {"data": {"arrivals": {"sku": "2"}}},
        None,
    ]
    assert messages[2]["type"] == "complete"


async def test_it_says_whether_it_is_ready(url: str):
    async with httpx.AsyncClient(trust_env=False) as client:
        ready = await client.get(f"{url}/ready")
        assert ready.json() == {"status": "ok", "subgraphs": {"catalog": "ok"}}
        assert (await client.get(f"{url}/health")).status_code == 200
        assert (await client.get(f"{url}/.well-known/jwks.json")).status_code == 404


def test_only_a_subgraph_of_this_process_can_be_served(tmp_path: Path):
    for name in ("remote", "unknown"):
        with pytest.raises(ConfigError, match="there are catalog"):
            build_subgraph_app(config(tmp_path), name)
