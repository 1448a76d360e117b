"""Who subscribes hears of every change of the own hours, or of those of a project one manages."""

import asyncio
from contextlib import aclosing
from typing import Any

from tests.subgraphs.timetracking.asking import (
    ALAN,
    ENG,
    GRACE,
    HOP,
    UPDATE,
    create,
    span,
    start,
    stop,
)
from tests.support.subgraphs import Running, caller
from trellis.schema.identity import Identity

SUBSCRIBE = """subscription($p: ID, $a: String) { timeEntryUpdated(projectId: $p, after: $a) {
  id status description eventCursor } }"""


async def subscribe(hours: Running, who: Identity, **variables: Any) -> Any:
    return await hours.subgraph.schema.subscribe(
        SUBSCRIBE, variable_values=variables, context_value=hours.context(who)
    )


async def next_of(stream: Any) -> dict[str, Any]:
    result = await asyncio.wait_for(anext(stream), 5)
    assert not result.errors
    return result.data["timeEntryUpdated"]


async def test_people_hear_of_their_own_timer_on_every_device(hours: Running):
    async with aclosing(await subscribe(hours, ALAN, a="0")) as stream:
        await start(hours, GRACE)
        timer = await start(hours, projectId=None)
        heard = await next_of(stream)
        assert (heard["id"], heard["status"]) == (timer["id"], "RUNNING")
        await stop(hours, timer["id"])
        assert (await next_of(stream))["status"] == "COMPLETED"
        made = await create(hours, description="one")
        heard = await next_of(stream)
        assert heard["id"] == made["id"]
    await hours.ask(UPDATE, ALAN, id=made["id"], i={"description": "two"})
    async with aclosing(await subscribe(hours, ALAN, a=heard["eventCursor"])) as stream:
        assert (await next_of(stream))["description"] == "two"


async def test_whoever_manages_a_project_hears_of_its_hours_and_members_of_their_own(
    hours: Running,
):
    katherine = caller("katherine")
    boss = await subscribe(hours, GRACE, p=ENG, a="0")
    member = await subscribe(hours, katherine, p=ENG, a="0")
    async with aclosing(boss), aclosing(member):
        await create(hours, description="of Alan")
        await create(hours, caller("radia"), projectId=HOP)
        await create(hours, katherine, description="of Katherine")
        await create(hours, **span("12:00", "13:00", projectId=None))
        assert [(await next_of(boss))["description"] for _ in range(2)] == [
            "of Alan",
            "of Katherine",
        ]
        assert (await next_of(member))["description"] == "of Katherine"
