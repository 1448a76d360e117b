"""Who subscribes to a report hears how it comes further, and nobody else does."""

import asyncio
from contextlib import aclosing
from typing import Any

from tests.subgraphs.reporting.asking import CANCEL, ENG, exporter, request
from tests.support.subgraphs import Running
from trellis.schema.identity import Identity
from trellis.subgraphs.reporting.definitions import ISSUE_SUMMARY
from trellis.subgraphs.reporting.use_cases.generation import generate_all

SUBSCRIBE = """subscription($id: ID!, $a: String) { reportUpdated(id: $id, after: $a) {
  id status progress eventCursor } }"""
ALAN = exporter("alan")


async def subscribe(reporting: Running, who: Identity, id: str, after: str | None = None) -> Any:
    return await reporting.subgraph.schema.subscribe(
        SUBSCRIBE, variable_values={"id": id, "a": after}, context_value=reporting.context(who)
    )


async def next_of(stream: Any) -> Any:
    return await asyncio.wait_for(anext(stream), 5)


async def test_each_step_arrives_and_a_stream_resumes(reporting: Running):
    other = await request(reporting, ISSUE_SUMMARY, project_id=str(ENG))
    id = (await request(reporting, ISSUE_SUMMARY, project_id=str(ENG)))["id"]
    await reporting.ask(CANCEL, ALAN, id=other["id"])
    await generate_all(reporting.context().storage)

    async with aclosing(await subscribe(reporting, ALAN, id, "0")) as stream:
        told = [(await next_of(stream)).data["reportUpdated"] for _ in range(4)]
    async with aclosing(await subscribe(reporting, ALAN, id, told[2]["eventCursor"])) as stream:
        last = (await next_of(stream)).data["reportUpdated"]

    assert {one["id"] for one in told} == {id}
    assert told[-1]["status"] == "COMPLETED"
    assert last == told[3]


async def test_a_stream_tells_what_comes(reporting: Running):
    id = (await request(reporting, ISSUE_SUMMARY, project_id=str(ENG)))["id"]
    async with aclosing(await subscribe(reporting, ALAN, id, "0")) as stream:
        assert (await next_of(stream)).data["reportUpdated"]["status"] == "GENERATING"
        await reporting.ask(CANCEL, ALAN, id=id)
        assert (await next_of(stream)).data["reportUpdated"]["status"] == "CANCELLED"


async def test_a_stream_of_somebody_elses_report_is_refused(reporting: Running):
    id = (await request(reporting, ISSUE_SUMMARY, project_id=str(ENG)))["id"]
    for who, wanted in ((exporter("ada"), id), (ALAN, "x")):
        async with aclosing(await subscribe(reporting, who, wanted)) as stream:
            result = await next_of(stream)
        assert [error.extensions["code"] for error in result.errors] == ["NOT_FOUND"]
