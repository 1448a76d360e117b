"""Who listens to a project's workflows hears of each change once."""

import asyncio
from contextlib import aclosing
from typing import Any

from tests.subgraphs.workflows.making import DEACTIVATE, ENG, GRACE, UPDATE, create
from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import demo_id

SUBSCRIBE = (
    "subscription($p: ID!, $a: String) { workflowUpdated(projectId: $p, after: $a) { "
    "name isActive eventCursor } }"
)


async def subscribe(workflows: Running, who: str, **variables: Any) -> Any:
    return await workflows.subgraph.schema.subscribe(
        SUBSCRIBE, variable_values=variables, context_value=workflows.context(caller(who))
    )


async def next_of(stream: Any) -> Any:
    return await asyncio.wait_for(anext(stream), 5)


async def test_each_change_arrives_once_with_fresh_rows(workflows: Running):
    async with aclosing(await subscribe(workflows, "alan", p=ENG, a="0")) as stream:
        await create(workflows, projectId=str(demo_id("project", "COMP")))
        made = await create(workflows)
        first = await next_of(stream)
        await workflows.ask(DEACTIVATE, GRACE, id=made["id"])
        second = await next_of(stream)

    told = [one.data["workflowUpdated"] for one in (first, second)]
    assert [one["isActive"] for one in told] == [True, False]


async def test_a_stream_resumes_after_its_cursor(workflows: Running):
    made = await create(workflows)
    for name in ("One", "Two"):
        await workflows.ask(UPDATE, GRACE, id=made["id"], i={"name": name})

    async with aclosing(await subscribe(workflows, "alan", p=ENG, a="0")) as stream:
        first = (await next_of(stream)).data["workflowUpdated"]
    after = first["eventCursor"]
    async with aclosing(await subscribe(workflows, "alan", p=ENG, a=after)) as stream:
        cursors = [(await next_of(stream)).data["workflowUpdated"]["eventCursor"] for _ in range(2)]
    assert [after, *cursors] == ["1", "2", "3"]


async def test_a_stream_of_a_foreign_project_is_refused(workflows: Running):
    async with aclosing(await subscribe(workflows, "hedy", p=ENG)) as stream:
        result = await next_of(stream)
    assert [e.extensions["code"] for e in result.errors] == ["NOT_FOUND"]
