"""The application as it is wired: every door, in development and in production."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from pydantic import SecretStr
from websockets.asyncio.client import connect

from tests.router.identity.tokens import AUDIENCE, ISSUER, SigningKey, good_claims
from tests.support.servers import free_port
from tests.support.serving import served
from tests.support.shop import diary
from trellis.router.config import Auth, Config, SubgraphSource
from trellis.router.loading.composed import CompositionFailed, compose_members
from trellis.router.loading.members import load_members
from trellis.router.serving.application import build_app, create_app
from trellis.router.serving.subgraph_app import build_subgraph_app
from trellis.router.serving.wiring import StartFailed

KEY = SigningKey("k1")
SHOP = {name: SubgraphSource(module=f"tests.support.shop:{name}") for name in ("catalog", "stock")}
ACROSS = '{ product(sku: "abc") { title stock } }'
ANSWER = {"data": {"product": {"title": "Product abc", "stock": 3}}}


def config(folder: Path, **settings: Any) -> Config:
    keys = folder / "jwks.json"
    keys.write_bytes(orjson.dumps({"keys": [KEY.jwk]}))
    values: dict[str, Any] = {
        "subgraphs": SHOP,
        "data_dir": folder / "data",
        "schema_dir": folder / "schema",
        "operations_dir": folder / "operations",
        "auth": Auth(
            issuer=ISSUER,
            audience=AUDIENCE,
            jwks=str(keys),
            service_secret=SecretStr("s" * 32),
        ),
    }
    return Config(**values | settings)


def token() -> str:
    return f"Bearer {KEY.sign(good_claims(username='grace'))}"


@asynccontextmanager
async def running(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        served(app, lifespan="on") as url,
        httpx.AsyncClient(base_url=url, trust_env=False) as client,
    ):
        yield client


async def ask(client: httpx.AsyncClient, query: str, path: str = "/graphql", **headers: str) -> Any:
    response = await client.post(path, json={"query": query}, headers=headers)
    return response.json()


@pytest.fixture(scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    async with running(build_app(config(tmp_path_factory.mktemp("app")))) as client:
        yield client


async def test_a_query_over_two_subgraphs_is_answered_on_both_paths(client: httpx.AsyncClient):
    for path in ("/graphql", "/api/v1/graphql"):
        assert await ask(client, ACROSS, path) == ANSWER


@pytest.mark.parametrize("prefix", ["", "/tracker"])
@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_graphql_is_at_every_address_that_the_tracker_gives_it(
    client: httpx.AsyncClient, prefix: str, version: str
):
    """S1-GQL-01, S1-VER-01: a client of the document changes its base URL only."""
    path = f"{prefix}/api/{version}/graphql"
    assert await ask(client, ACROSS, path) == ANSWER
    refusal = await client.put(path)
    assert (refusal.status_code, refusal.headers["allow"]) == (405, "GET, POST")


async def test_subscriptions_come_over_three_paths(client: httpx.AsyncClient):
    base = str(client.base_url).replace("http", "ws").rstrip("/")
    for path in ("/graphql", "/api/v1/graphql", "/ws"):
        async with connect(base + path, subprotocols=["graphql-transport-ws"]) as socket:  # pyright: ignore
            await socket.send('{"type": "connection_init"}')
            await socket.recv()
            payload = {"query": "subscription { arrivals(to: 1) { title stock } }"}
            message = {"id": "1", "type": "subscribe", "payload": payload}
            await socket.send(orjson.dumps(message).decode())
            assert orjson.loads(await socket.recv())["payload"] == {
                "data": {"arrivals": {"title": "Product 1", "stock": 1}}
            }


async def test_protected_fields_need_a_caller(client: httpx.AsyncClient):
    refused = await ask(client, "{ margin }")
    assert refused["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert await ask(client, "{ margin caller }", authorization=token()) == {
        "data": {"margin": 40, "caller": "grace"}
    }


async def test_an_expired_or_forged_token_is_401(client: httpx.AsyncClient):
    expired = KEY.sign(good_claims(exp=1_700_000_000, iat=1_699_999_000, nbf=1_699_999_000))
    for sent, reason in [(expired, "TOKEN_EXPIRED"), ("forged", "TOKEN_INVALID")]:
        response = await client.post(
            "/graphql",
            json={"query": "{ warehouses }"},
            headers={"authorization": f"Bearer {sent}"},
        )
        assert response.status_code == 401
        assert response.json()["errors"][0]["extensions"] == {
            "code": "UNAUTHENTICATED",
            "reason": reason,
        }


async def test_development_serves_graphiql_introspection_and_plans(client: httpx.AsyncClient):
    page = await client.get("/")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "data" in await ask(client, "{ __schema { queryType { name } } }")
    answer = await ask(client, ACROSS, **{"x-trellis-plan": "1"})
    assert answer["data"] == ANSWER["data"]
    assert answer["extensions"]["queryPlan"]


async def test_production_serves_none_of_them(tmp_path: Path):
    async with running(build_app(config(tmp_path, mode="production"))) as client:
        assert (await client.get("/")).status_code == 404
        refused = await ask(client, "{ __schema { queryType { name } } }")
        assert refused["errors"][0]["extensions"]["code"] == "INTROSPECTION_DISABLED"
        assert await ask(client, ACROSS, **{"x-trellis-plan": "1"}) == ANSWER
        misspelt = await ask(client, "{ warehouse }")
        assert "warehouses" not in str(misspelt)
    assert not (tmp_path / "schema").exists()


async def test_an_unknown_path_is_404_in_json(tmp_path: Path):
    async with running(build_app(config(tmp_path, mode="production"))) as client:
        response = await client.get("/nowhere")
        assert response.status_code == 404
        assert response.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"
        assert "x-request-id" in response.headers


async def test_health_and_readiness(client: httpx.AsyncClient):
    assert (await client.get("/health")).json() == {"status": "ok"}
    ready = (await client.get("/ready")).json()
    assert ready == {"status": "ok", "subgraphs": {"catalog": "ok", "stock": "ok"}}


async def test_subgraphs_start_seed_and_stop_in_order(tmp_path: Path):
    diary.lines.clear()
    async with running(build_app(config(tmp_path), seed=True)):
        pass
    assert diary.lines == [
        "catalog starts",
        "catalog seeds",
        "stock starts",
        "stock seeds",
        "stock stops",
        "catalog stops",
    ]


async def test_a_subgraph_that_does_not_start_is_named_and_those_before_it_stop(
    tmp_path: Path,
):
    diary.lines.clear()
    broken = {**SHOP, "broken": SubgraphSource(module="tests.support.shop:broken")}
    app = build_app(config(tmp_path, subgraphs=broken))
    messages: list[Any] = []

    async def receive() -> Any:
        return {"type": "lifespan.startup"}

    async def send(message: Any) -> None:
        messages.append(message)

    with pytest.raises(StartFailed, match="The subgraph broken did not start"):
        await app({"type": "lifespan", "state": {}}, receive, send)
    assert [message["type"] for message in messages] == ["lifespan.startup.failed"]
    assert "swordfish" not in messages[0]["message"]
    assert diary.lines[-2:] == ["stock stops", "catalog stops"]


async def test_subgraphs_that_contradict_one_another_stop_the_start(tmp_path: Path):
    prices = SubgraphSource(module="tests.router.loading.test_composed:PRICES")
    with pytest.raises(CompositionFailed, match=r"Product\.size"):
        build_app(config(tmp_path, subgraphs={**SHOP, "prices": prices}))


async def test_in_process_or_behind_http_is_one_line_of_configuration(tmp_path: Path):
    async with AsyncExitStack() as stack:
        urls = {
            name: await stack.enter_async_context(
                served(build_subgraph_app(config(tmp_path), name))
            )
            for name in SHOP
        }
        files = {name: tmp_path / f"{name}.graphql" for name in SHOP}
        members = load_members(config(tmp_path))
        for member in members:
            files[member.name].write_text(member.sdl, encoding="utf-8")
        remote = {
            name: SubgraphSource(url=f"{url}/graphql", schema_file=files[name])
            for name, url in urls.items()
        }
        client = await stack.enter_async_context(
            running(build_app(config(tmp_path, subgraphs=remote)))
        )
        assert await ask(client, ACROSS) == ANSWER
        assert await ask(client, "{ margin caller }", authorization=token()) == {
            "data": {"margin": 40, "caller": "grace"}
        }
        sdl = compose_members(members).supergraph_sdl
        subgraphs = [{"name": name, "url": f"{url}/graphql"} for name, url in urls.items()]
        transport = httpx.ASGITransport(app=create_app(sdl, subgraphs, config(tmp_path)))
        async with httpx.AsyncClient(transport=transport, base_url="http://t") as embedded:
            assert await ask(embedded, ACROSS) == ANSWER


async def test_a_supergraph_composed_earlier_is_served(tmp_path: Path):
    file = tmp_path / "supergraph.graphql"
    file.write_text(compose_members(load_members(config(tmp_path))).supergraph_sdl)
    async with running(build_app(config(tmp_path, supergraph=file))) as client:
        assert await ask(client, ACROSS) == ANSWER


async def test_the_schemas_are_written_in_development(tmp_path: Path):
    build_app(config(tmp_path))
    assert (tmp_path / "schema" / "supergraph.graphql").exists()
    assert (tmp_path / "schema" / "subgraphs" / "stock.graphql").exists()


async def test_readiness_tells_each_subgraph_those_of_other_processes_too(tmp_path: Path):
    members = load_members(config(tmp_path))
    sdl = compose_members(members).supergraph_sdl
    apps = [build_subgraph_app(config(tmp_path), name) for name in SHOP]
    nobody = f"http://127.0.0.1:{free_port()}"
    async with served(apps[0], lifespan="on") as catalog, served(apps[1], lifespan="on") as stock:
        for url, state in [(nobody, "unavailable"), (catalog, "unavailable"), (stock, "ok")]:
            ways = [
                {"name": "catalog", "url": f"{catalog}/graphql"},
                {"name": "stock", "url": f"{url}/graphql"},
            ]
            transport = httpx.ASGITransport(app=create_app(sdl, ways, config(tmp_path)))
            async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
                answer = await client.get("/ready")
            assert answer.status_code == (200 if state == "ok" else 503)
            assert answer.json()["subgraphs"] == {"catalog": "ok", "stock": state}
