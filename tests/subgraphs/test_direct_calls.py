"""The subgraphs of the product answer nobody but their router, in whatever way they are asked."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from tests.support.product import SUBGRAPHS
from tests.support.serving import served
from trellis.router.config import Auth, Config, SubgraphSource
from trellis.router.serving.subgraph_app import build_subgraph_app
from trellis.router.trust.service_tokens import SERVICE_TOKEN, ServiceTokens

SECRET = "s" * 32
ASKED = (
    "{ _service { sdl } }",
    '{ _entities(representations: [{__typename: "User", id: "1"}]) { __typename } }',
    "{ __typename }",
)
POSING: tuple[Mapping[str, str], ...] = (
    {},
    {"x-trellis-caller": '{"username": "ada", "roles": ["admin"]}'},
    {SERVICE_TOKEN: "nonsense"},
    {SERVICE_TOKEN: ServiceTokens([b"t" * 32]).sign("accounts")},
    {"authorization": f"Bearer {SECRET}"},
)


@pytest.fixture(params=[(name, way) for name in SUBGRAPHS for way in ("in process", "over HTTP")])
async def client(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    name, way = request.param
    sources = {
        one: SubgraphSource(module=f"trellis.subgraphs.{one}.graph:subgraph") for one in SUBGRAPHS
    }
    config = Config(
        subgraphs=sources, data_dir=tmp_path, auth=Auth(service_secret=SecretStr(SECRET))
    )
    app = build_subgraph_app(config, name)
    if way == "in process":
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
            yield client
        return
    async with (
        served(app, lifespan="off") as url,
        httpx.AsyncClient(base_url=url, trust_env=False) as client,
    ):
        yield client


async def test_without_the_token_of_its_router_a_subgraph_tells_nothing(
    client: httpx.AsyncClient,
):
    for headers in POSING:
        for query in ASKED:
            response = await client.post("/graphql", json={"query": query}, headers=headers)
            assert response.status_code == 403, (headers, query)
            assert "data" not in response.json()
            assert "type " not in response.text


async def test_a_token_for_another_subgraph_opens_nothing(client: httpx.AsyncClient):
    headers = {SERVICE_TOKEN: ServiceTokens([SECRET.encode()]).sign("another")}
    response = await client.post("/graphql", json={"query": ASKED[0]}, headers=headers)
    assert response.status_code == 403
