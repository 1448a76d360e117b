"""Who subscribes to the files of a project hears of each new one, once and in order."""

import asyncio
from contextlib import aclosing
from typing import Any

from tests.subgraphs.files.asking import ENG, HOP, UPDATE, upload
from tests.support.subgraphs import Running, caller

SUBSCRIBE = """subscription($p: ID!, $a: String) { fileUploaded(projectId: $p, after: $a) {
  id filename eventCursor } }"""
ALAN = caller("alan")


async def subscribe(files: Running, who: str, **variables: Any) -> Any:
    return await files.subgraph.schema.subscribe(
        SUBSCRIBE, variable_values=variables, context_value=files.context(caller(who))
    )


async def next_of(stream: Any) -> dict[str, Any]:
    result = await asyncio.wait_for(anext(stream), 5)
    assert not result.errors
    return result.data["fileUploaded"]


async def test_each_new_file_of_the_project_arrives_and_nothing_else(files: Running):
    async with aclosing(await subscribe(files, "katherine", p=ENG, a="0")) as stream:
        first = await upload(files, ALAN, b"1", "one.txt", projectId=ENG)
        assert (await next_of(stream))["filename"] == "one.txt"
        await upload(files, caller("hedy"), b"2", "two.txt", projectId=HOP)
        await upload(files, ALAN, b"3", "three.txt")
        await files.ask(UPDATE, ALAN, id=first["id"], i={"filename": "x.txt"})
        await upload(files, ALAN, b"4", "four.txt", projectId=ENG)
        found = await next_of(stream)
        assert found["filename"] == "four.txt"
    async with aclosing(await subscribe(files, "alan", p=ENG, a=found["eventCursor"])) as stream:
        await upload(files, ALAN, b"5", "five.txt", projectId=ENG)
        assert (await next_of(stream))["filename"] == "five.txt"


async def test_a_stream_of_a_foreign_project_is_refused(files: Running):
    async with aclosing(await subscribe(files, "hedy", p=ENG)) as stream:
        result = await asyncio.wait_for(anext(stream), 5)

    assert [error.extensions["code"] for error in result.errors] == ["NOT_FOUND"]
