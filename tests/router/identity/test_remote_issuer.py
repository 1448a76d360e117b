"""Routers whose tokens come from a subgraph in another process, and the same in one process."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from pydantic import SecretStr
from websockets.asyncio.client import ClientConnection, connect

from tests.router.identity.tokens import AUDIENCE, ISSUER, SigningKey
from tests.support import shop
from tests.support.serving import served
from tests.support.toy_issuer import desk, people
from trellis.router.config import Auth, Config, StreamLimits, SubgraphSource
from trellis.router.errors import ConfigError
from trellis.router.identity.credentials import Credentials
from trellis.router.loading.members import Member
from trellis.router.serving.application import build_app
from trellis.router.serving.authentication import Authentication, build_authentication
from trellis.router.serving.subgraph_app import build_subgraph_app
from trellis.schema.errors import TrellisError

MODULE = SubgraphSource(module="tests.support.toy_issuer:people")


def config(folder: Path, source: SubgraphSource, subgraph: str | None = "people") -> Config:
    return Config(
        subgraphs={"people": source},
        schema_dir=folder / "schema",
        operations_dir=folder / "operations",
        auth=Auth(
            issuer=ISSUER,
            audience=AUDIENCE,
            subgraph=subgraph,
            service_secret=SecretStr("s" * 32),
        ),
        websocket=StreamLimits(recheck_seconds=0.5),
    )


@pytest.fixture(params=["in process", "over HTTP"])
async def routers(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[list[str]]:
    """Two routers over one subgraph."""
    desk.reset()
    source = MODULE
    async with AsyncExitStack() as stack:
        if request.param == "over HTTP":
            app = build_subgraph_app(config(tmp_path, MODULE), "people")
            sdl = tmp_path / "people.graphql"
            sdl.write_text(people.schema.as_str())
            url = await stack.enter_async_context(served(app))
            source = SubgraphSource(url=f"{url}/graphql", schema_file=sdl)
        yield [
            await stack.enter_async_context(
                served(build_app(config(tmp_path, source)), lifespan="on")
            )
            for _ in range(2)
        ]


async def whoami(url: str, **headers: str) -> tuple[int, Any]:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"{url}/graphql", json={"query": "{ whoami }"}, headers=headers)
    return answer.status_code, (answer.json().get("data") or {}).get("whoami")


async def refused(url: str, **headers: str) -> bool:
    """Whether it comes to that within five seconds."""
    for _ in range(25):
        if (await whoami(url, **headers))[0] == 401:
            return True
        await asyncio.sleep(0.2)
    return False


async def listening(stack: AsyncExitStack, url: str, **init: str) -> ClientConnection:
    """A socket on which a subscription has begun and nothing happens."""
    socket = await stack.enter_async_context(
        connect(
            f"{url.replace('http', 'ws')}/graphql",
            subprotocols=["graphql-transport-ws"],  # pyright: ignore
        )
    )
    await socket.send(orjson.dumps({"type": "connection_init", "payload": init}).decode())
    payload = {"query": "subscription { silence }"}
    await socket.send(orjson.dumps({"id": "1", "type": "subscribe", "payload": payload}).decode())
    assert orjson.loads(await socket.recv()) == {"type": "connection_ack"}
    assert orjson.loads(await socket.recv())["payload"] == {"data": {"silence": 0}}
    return socket


async def closed_with(socket: ClientConnection) -> int | None:
    async with asyncio.timeout(6):
        await socket.wait_closed()
    return socket.close_code


async def test_signing_out_ends_access_everywhere_within_five_seconds(routers: list[str]):
    session = uuid4()
    bearer = {"authorization": f"Bearer {desk.token(sid=str(session))}"}
    other = {"authorization": f"Bearer {desk.token(sid=str(uuid4()), jti='token-2')}"}
    async with AsyncExitStack() as stack:
        sockets = [await listening(stack, url, **bearer) for url in routers]
        stays = await listening(stack, routers[0], **other)
        assert [await whoami(url, **bearer) for url in routers] == [(200, "grace")] * 2
        started = time.monotonic()
        desk.sign_out(session)
        assert [await closed_with(socket) for socket in sockets] == [4403, 4403]
        assert [await refused(url, **bearer) for url in routers] == [True, True]
        assert time.monotonic() - started < 5
        assert [await whoami(url, **other) for url in routers] == [(200, "grace")] * 2
        assert stays.close_code is None


async def test_api_keys_open_every_router_until_they_are_revoked(routers: list[str]):
    key = {"x-api-key": "trk_robot"}
    async with AsyncExitStack() as stack:
        sockets = [await listening(stack, url, **key) for url in routers]
        assert [await whoami(url, **key) for url in routers] == [(200, "robot")] * 2
        assert await whoami(routers[0], **{"x-api-key": "trk_other"}) == (401, None)
        started = time.monotonic()
        del desk.api_keys["trk_robot"]
        assert [await closed_with(socket) for socket in sockets] == [4403, 4403]
        assert [await refused(url, **key) for url in routers] == [True, True]
        assert time.monotonic() - started < 5


async def test_a_key_that_loses_scopes_loses_its_sockets(routers: list[str]):
    async with AsyncExitStack() as stack:
        socket = await listening(stack, routers[0], **{"x-api-key": "trk_robot"})
        desk.api_keys["trk_robot"] = replace(desk.api_keys["trk_robot"], scopes=frozenset())
        assert await closed_with(socket) == 4403


async def test_tokens_and_keys_of_nobody_open_none(routers: list[str]):
    forged = SigningKey("k1").sign({})
    assert await whoami(routers[0], authorization=f"Bearer {forged}") == (401, None)
    assert await whoami(routers[0]) == (200, None)
    both = {"authorization": f"Bearer {desk.token()}", "x-api-key": "trk_robot"}
    assert await whoami(routers[0], **both) == (400, None)


async def test_an_issuer_that_is_gone_changes_nothing_that_is_known(tmp_path: Path):
    """And nobody who signed out before comes back by it."""
    desk.reset()
    session = uuid4()
    good = Credentials(f"Bearer {desk.token(sid=str(uuid4()))}")
    out = Credentials(f"Bearer {desk.token(sid=str(session), jti='token-2')}")
    desk.sign_out(session)
    async with served(build_subgraph_app(config(tmp_path, MODULE), "people")) as url:
        member = Member("people", "", f"{url}/graphql")
        authentication = build_authentication([member], config(tmp_path, MODULE))
        assert await verdict(authentication, good) == "grace"
        assert await verdict(authentication, out) == "TokenInvalid"
    for _ in range(3):
        assert await verdict(authentication, good) == "grace"
        assert await verdict(authentication, out) == "TokenInvalid"
        assert await verdict(authentication, Credentials(api_key="trk_robot")) == "Unavailable"
        await asyncio.sleep(0.7)  # so that one of the looks meets the absence
    await authentication.aclose()
    restarted = build_authentication([member], config(tmp_path, MODULE))
    assert await verdict(restarted, good) == "Unavailable"
    await restarted.aclose()


async def verdict(authentication: Authentication, credentials: Credentials) -> str | None:
    try:
        return (await authentication.authenticate(credentials)).username
    except TrellisError as refusal:
        return type(refusal).__name__


def test_the_issuer_must_be_there(tmp_path: Path):
    with pytest.raises(ConfigError, match="unknown subgraph `nobody`"):
        build_authentication([], config(tmp_path, MODULE, "nobody"))
    members = [Member("catalog", "", local=shop.catalog)]
    with pytest.raises(ConfigError, match="`catalog` issues no tokens"):
        build_authentication(members, config(tmp_path, MODULE, "catalog"))
