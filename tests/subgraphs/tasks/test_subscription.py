"""Who subscribes to the tasks of a project hears of every change, once and in order."""

import asyncio
from contextlib import aclosing
from typing import Any

from tests.subgraphs.tasks.asking import ASSIGN, DEPEND, ENG, HOP, STATUS, create, task_id, waits
from tests.support.subgraphs import Running, caller

SUBSCRIBE = """subscription($p: ID!, $a: String) { taskUpdated(projectId: $p, after: $a) {
  id title status assignee { id } dependencies { id } eventCursor } }"""
ALAN = caller("alan")


async def subscribe(tasks: Running, who: str, **variables: Any) -> Any:
    return await tasks.subgraph.schema.subscribe(
        SUBSCRIBE, variable_values=variables, context_value=tasks.context(caller(who))
    )


async def next_of(stream: Any) -> dict[str, Any]:
    result = await asyncio.wait_for(anext(stream), 5)
    assert not result.errors
    return result.data["taskUpdated"]


async def test_each_change_arrives_with_fresh_rows(tasks: Running):
    async with aclosing(await subscribe(tasks, "katherine", p=ENG, a="0")) as stream:
        made = await create(tasks)
        assert (await next_of(stream))["id"] == made["id"]
        await create(tasks, who="hedy", projectId=HOP)
        await create(tasks, projectId=None)
        await tasks.ask(STATUS, ALAN, id=made["id"], s="REVIEW")
        assert (await next_of(stream))["status"] == "REVIEW"
        await tasks.ask(ASSIGN, ALAN, id=made["id"], to=str(ALAN.id))
        assert (await next_of(stream))["assignee"] == {"id": str(ALAN.id)}
        await tasks.ask(DEPEND, ALAN, **waits("ENG-1", "ENG-4"))
        found = await next_of(stream)
        assert (found["id"], len(found["dependencies"])) == (task_id("ENG-1"), 1)


async def test_a_stream_resumes_after_its_cursor(tasks: Running):
    for title in ("One", "Two", "Three"):
        await create(tasks, title=title)

    async with aclosing(await subscribe(tasks, "alan", p=ENG, a="0")) as stream:
        first = await next_of(stream)
    async with aclosing(await subscribe(tasks, "alan", p=ENG, a=first["eventCursor"])) as stream:
        rest = [(await next_of(stream))["title"] for _ in range(2)]

    assert [first["title"], *rest] == ["One", "Two", "Three"]


async def test_a_stream_of_a_foreign_project_is_refused(tasks: Running):
    async with aclosing(await subscribe(tasks, "hedy", p=ENG)) as stream:
        result = await asyncio.wait_for(anext(stream), 5)

    assert [error.extensions["code"] for error in result.errors] == ["NOT_FOUND"]
