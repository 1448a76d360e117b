"""What is pushed to one person: nobody else hears of it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import pytest

from tests.subgraphs.tenants.callers import BOSS, CALLERS
from tests.subgraphs.tenants.domains import merged
from tests.subgraphs.tenants.tenant import HERE, THERE, Tenant
from tests.subgraphs.tenants.test_subscriptions import FORGED_POSITIONS, next_of
from tests.subgraphs.tenants.world import World, world_of
from trellis.db.settings import DataSettings
from trellis.router.answer import Answer
from trellis.router.operation.request import ALL_KINDS, GraphQLRequest
from trellis.router.pipeline import stream
from trellis.schema.identity import Identity
from trellis.schema.request import RequestContext

PERSONAL, PERSONAL_WRITES = merged("personal_streams"), merged("personal_writes")


@pytest.fixture(scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    settings = DataSettings(data_dir=tmp_path_factory.mktemp("world"))
    async with world_of((HERE, THERE), settings) as world:
        yield world


def hear(
    world: World, name: str, caller: Identity, after: str | None
) -> AsyncGenerator[Answer, None]:
    context = RequestContext(identity=caller, request_id="tenants")
    request = GraphQLRequest(PERSONAL[name], {"after": after}, kinds=ALL_KINDS)
    return stream(request, context, world.supergraph)


async def tell(world: World, name: str, tenant: Tenant, who: str, text: str) -> None:
    told = await world.ask(
        PERSONAL_WRITES[name],
        tenant.caller("boss"),
        id=str(tenant.id("project", 0)),
        text=f"{text} of {tenant.word}",
        who=str(tenant.id("user", who)),
    )
    assert told["errors"] == []


@pytest.mark.parametrize("name", PERSONAL)
async def test_a_personal_stream_tells_its_person_only(world: World, name: str):
    for who in ("lead", "member"):
        for tenant in (THERE, HERE):
            await tell(world, name, tenant, who, f"To the {who}")
    for after in ("0", None):
        events = hear(world, name, HERE.caller("member"), after)
        async with aclosing(events):
            pending = asyncio.ensure_future(anext(events))
            if after is not None:
                answer = await pending
                assert not answer.errors
                heard = str(answer.data).lower()
                assert f"to the member of {HERE.word}" in heard
                assert [mark for mark in THERE.marks if mark in heard] == []
                pending = asyncio.ensure_future(anext(events))
            await tell(world, name, THERE, "member", "Again")
            await tell(world, name, HERE, "lead", "Again")
            done, _ = await asyncio.wait({pending}, timeout=0.2)
            assert not done
            pending.cancel()
            await asyncio.gather(pending, return_exceptions=True)


@pytest.mark.parametrize("name", PERSONAL)
async def test_a_personal_stream_is_nobodys_without_a_caller(world: World, name: str):
    async with aclosing(hear(world, name, CALLERS["nobody"], None)) as events:
        answer = await next_of(events)
    assert [error["extensions"]["code"] for error in answer.errors] == ["UNAUTHENTICATED"]


@pytest.mark.parametrize("name", PERSONAL)
async def test_a_forged_position_in_a_personal_stream_is_refused(world: World, name: str):
    for position in FORGED_POSITIONS:
        async with aclosing(hear(world, name, BOSS, position)) as events:
            answer = await next_of(events)
        assert [error["extensions"]["code"] for error in answer.errors] == ["BAD_USER_INPUT"]
