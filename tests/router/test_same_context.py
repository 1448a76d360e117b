"""A subgraph learns the same about a request wherever it runs: in this process or behind HTTP."""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import httpx
import orjson
import pytest
import strawberry
from pydantic import SecretStr
from websockets.asyncio.client import connect

from tests.router.identity.tokens import AUDIENCE, ISSUER, SigningKey, good_claims
from tests.support.serving import served
from trellis.router.config import Auth, Config, SubgraphSource
from trellis.router.serving.application import build_app
from trellis.router.serving.subgraph_app import build_subgraph_app
from trellis.schema.federation import TrellisSchema
from trellis.schema.identity import ANONYMOUS
from trellis.schema.request import RequestContext
from trellis.schema.subgraph import Subgraph

KEY = SigningKey("k1")
SEEN: list[RequestContext] = []
# Made when tests are collected, which may be long before they run.
CLAIMS = good_claims(
    exp=int(time.time()) + 6 * 3600,
    username="Gräce 日本",
    tier="pro",
    team_id="2d9ad5c0-3c26-4f0e-8a4c-0c8f9a3f1e78",
    sid="2d9ad5c0-3c26-4f0e-8a4c-0c8f9a3f1e79",
)


@strawberry.type
class Query:
    @strawberry.field
    def see(self, info: strawberry.Info[RequestContext, None]) -> bool:
        SEEN.append(info.context)
        return True


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def watch(self, info: strawberry.Info[RequestContext, None]) -> AsyncIterator[bool]:
        SEEN.append(info.context)
        yield True


witness = Subgraph(
    name="witness",
    schema=TrellisSchema(query=Query, subscription=Subscription),
    make_context=lambda context: context,
)


def config(folder: Path, source: SubgraphSource) -> Config:
    keys = folder / "jwks.json"
    keys.write_bytes(orjson.dumps({"keys": [KEY.jwk]}))
    return Config(
        subgraphs={"witness": source},
        schema_dir=folder / "schema",
        operations_dir=folder / "operations",
        auth=Auth(
            issuer=ISSUER,
            audience=AUDIENCE,
            jwks=str(keys),
            service_secret=SecretStr("s" * 32),
        ),
    )


@pytest.fixture(params=["in process", "over HTTP"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    source = SubgraphSource(module="tests.router.test_same_context:witness")
    async with AsyncExitStack() as stack:
        if request.param == "over HTTP":
            alone = await stack.enter_async_context(
                served(build_subgraph_app(config(tmp_path, source), "witness"))
            )
            sdl = tmp_path / "witness.graphql"
            sdl.write_text(witness.schema.as_str())
            source = SubgraphSource(url=f"{alone}/graphql", schema_file=sdl)
        SEEN.clear()
        yield await stack.enter_async_context(served(build_app(config(tmp_path, source))))


HEADERS = {
    "authorization": f"Bearer {KEY.sign(CLAIMS)}",
    "user-agent": "probe/1.0 (\xfc)",
    "x-request-id": "req-7",
    "accept-language": "de",
    "x-trellis-caller": '{"username": "mallory", "roles": ["admin"]}',
    "x-trellis-request": '{"address": "6.6.6.6"}',
    "x-service-token": "nonsense",
    "x-unlisted": "stays here",
}
TRAVELLING = {name: HEADERS[name] for name in ("authorization", "x-request-id", "accept-language")}


def assert_seen(context: RequestContext) -> None:
    identity = context.identity
    assert identity.username == "Gräce 日本"
    assert (str(identity.id), str(identity.tenant_id)) == (CLAIMS["sub"], CLAIMS["tenant_id"])
    assert (str(identity.team_id), str(identity.session_id)) == (CLAIMS["team_id"], CLAIMS["sid"])
    assert (identity.tier, identity.token_id) == ("pro", "token-1")
    assert (identity.issued_at, identity.expires_at) == (CLAIMS["iat"], CLAIMS["exp"])
    assert identity.roles == {"user"} and identity.scopes == {"read:projects"}
    assert context.deadline is not None
    rest = replace(context, identity=ANONYMOUS, deadline=None)
    assert rest == RequestContext(
        request_id="req-7",
        headers=TRAVELLING,
        client_address="127.0.0.1",
        user_agent="probe/1.0 (\xfc)",
    )


async def test_a_query_is_seen_the_same(url: str):
    headers = [(name.encode(), value.encode("latin-1")) for name, value in HEADERS.items()]
    async with httpx.AsyncClient(trust_env=False) as client:
        body = {"query": "{ see }"}
        answer = await client.post(f"{url}/graphql", json=body, headers=headers)
    assert answer.json() == {"data": {"see": True}}
    [context] = SEEN
    assert_seen(context)


async def test_a_subscription_is_seen_the_same(url: str):
    headers = {name: HEADERS[name] for name in HEADERS if name != "authorization"}
    async with connect(
        f"{url.replace('http', 'ws')}/graphql",
        subprotocols=["graphql-transport-ws"],  # pyright: ignore
        additional_headers={**headers, "user-agent": "probe/1.0 (\xfc)"},
        user_agent_header=None,
    ) as socket:
        init = {
            "type": "connection_init",
            "payload": {"authorization": HEADERS["authorization"]},
        }
        await socket.send(orjson.dumps(init).decode())
        assert orjson.loads(await socket.recv())["type"] == "connection_ack"
        start = {"id": "1", "type": "subscribe", "payload": {"query": "subscription { watch }"}}
        await socket.send(orjson.dumps(start).decode())
        assert orjson.loads(await socket.recv())["payload"] == {"data": {"watch": True}}
    [context] = SEEN
    assert_seen(context)


async def test_an_anonymous_caller_stays_anonymous(url: str):
    async with httpx.AsyncClient(trust_env=False) as client:
        claims = {"x-trellis-caller": HEADERS["x-trellis-caller"]}
        await client.post(f"{url}/graphql", json={"query": "{ see }"}, headers=claims)
    assert [context.identity for context in SEEN] == [ANONYMOUS]
