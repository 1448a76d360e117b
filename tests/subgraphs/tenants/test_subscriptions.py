"""What is pushed: nobody hears of the other tenant's changes, whatever they subscribe to."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any
from uuid import UUID

import pytest

from tests.subgraphs.tenants.callers import BOSS, CALLERS
from tests.subgraphs.tenants.domains import merged
from tests.subgraphs.tenants.tenant import HERE, THERE, Tenant
from tests.subgraphs.tenants.world import World, masked, shared_supergraph, world_of
from trellis.db.settings import DataSettings
from trellis.router.answer import Answer
from trellis.router.operation.request import GraphQLRequest
from trellis.router.pipeline import stream
from trellis.schema.identity import Identity
from trellis.schema.request import RequestContext

NOBODYS = UUID(int=5)
STREAMS, WRITES, HEARS = merged("streams"), merged("writes"), merged("hears")
OBJECT_STREAMS = merged("object_streams")
# How each that is about an object of the tenant is asked, and the kind of what it is about.
ABOUT_OBJECTS = {**{name: (text, "project") for name, text in STREAMS.items()}, **OBJECT_STREAMS}
_FIRST_OF = re.compile(r"@([a-z_]+)")
FORGED_POSITIONS = ("", "x", "-1", "1.5", "9" * 19, "9" * 5000, "0-0-0", "' or 1=1", "\x00")


@pytest.fixture(scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    settings = DataSettings(data_dir=tmp_path_factory.mktemp("world"))
    async with world_of((HERE, THERE), settings) as world:
        yield world


def listen(
    world: World, name: str, caller: Identity, project: object, after: str | None = None
) -> AsyncGenerator[Answer, None]:
    variables = {"id": str(project), "after": after}
    context = RequestContext(identity=caller, request_id="tenants")
    request = GraphQLRequest(ABOUT_OBJECTS[name][0], variables, kinds=frozenset({"subscription"}))
    return stream(request, context, world.supergraph)


async def next_of(events: AsyncGenerator[Answer, None]) -> Answer:
    async with asyncio.timeout(10):
        return await anext(events)


async def first_of(
    world: World, name: str, caller: Identity, project: object, after: str | None = None
) -> Any:
    async with aclosing(listen(world, name, caller, project, after)) as events:
        answer = await next_of(events)
        return {"data": answer.data, "errors": list(answer.errors)}


async def write(world: World, name: str, tenant: Tenant, text: str) -> None:
    project = str(tenant.id("project", 0))
    document = _FIRST_OF.sub(lambda kind: str(tenant.id(kind[1])), WRITES[name])
    told = await world.ask(document, tenant.caller("boss"), id=project, text=text)
    assert told["errors"] == []


def test_every_subscription_is_tried():
    root = shared_supergraph()[0].schema.subscription_type
    assert root is not None
    assert set(root.fields) == {*ABOUT_OBJECTS, *merged("personal_streams")}


@pytest.mark.parametrize("name", ABOUT_OBJECTS)
async def test_a_foreign_stream_is_one_that_does_not_exist(world: World, name: str):
    foreign = THERE.id(ABOUT_OBJECTS[name][1], 0)
    for who, caller in CALLERS.items():
        for after in (None, "0"):
            told = await first_of(world, name, caller, foreign, after)
            nothing = await first_of(world, name, caller, NOBODYS, after)
            ids = frozenset({str(foreign), str(NOBODYS)})
            own = masked(told, ids).replace(str(foreign), "<id>")
            assert own == masked(nothing, ids).replace(str(NOBODYS), "<id>"), who
            code = told["errors"][0]["extensions"]["code"]
            assert code == ("UNAUTHENTICATED" if who == "nobody" else "NOT_FOUND"), who


@pytest.mark.parametrize("name", STREAMS)
async def test_a_stream_tells_of_its_own_tenant_only(world: World, name: str):
    await write(world, name, THERE, f"first of {THERE.word}")
    theirs = await first_of(world, name, THERE.caller("lead"), THERE.id("project", 0), "0")
    place = theirs["data"][name]["eventCursor"]
    await write(world, name, HERE, f"first of {HERE.word}")
    await write(world, name, THERE, f"second of {THERE.word}")
    await write(world, name, HERE, f"second of {HERE.word}")
    for after in ("0", place):
        hearer = HERE.caller(HEARS.get(name, "member"))
        events = listen(world, name, hearer, HERE.id("project", 0), after)
        async with aclosing(events):
            heard = [await next_of(events), await next_of(events)]
            pending = asyncio.ensure_future(anext(events))
            await write(world, name, THERE, f"third of {THERE.word} after {after}")
            done, _ = await asyncio.wait({pending}, timeout=0.2)
            assert not done
            pending.cancel()
            await asyncio.gather(pending, return_exceptions=True)
        assert not any(answer.errors for answer in heard)
        told = str([answer.data for answer in heard]).lower()
        assert HERE.word in told
        assert [mark for mark in THERE.marks if mark in told] == []


@pytest.mark.parametrize("name", STREAMS)
async def test_a_forged_position_is_refused(world: World, name: str):
    for position in FORGED_POSITIONS:
        told = await first_of(world, name, BOSS, HERE.id("project", 0), position)
        assert [error["extensions"]["code"] for error in told["errors"]] == ["BAD_USER_INPUT"]
