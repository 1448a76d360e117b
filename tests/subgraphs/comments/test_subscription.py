"""Who listens to a subject hears of every comment on it, once and in order."""

import asyncio
from contextlib import aclosing
from typing import Any

from tests.subgraphs.comments.asking import ON_ENG, REACT, UPDATE, create, subject
from tests.support.subgraphs import Running, caller

SUBSCRIBE = """subscription($s: CommentSubjectInput!, $a: String) {
  commentAdded(subject: $s, after: $a) { content parentId eventCursor } }"""
ALAN = caller("alan")


async def subscribe(comments: Running, who: str, **variables: Any) -> Any:
    return await comments.subgraph.schema.subscribe(
        SUBSCRIBE, variable_values=variables, context_value=comments.context(caller(who))
    )


async def next_of(stream: Any) -> dict[str, Any]:
    result = await asyncio.wait_for(anext(stream), 5)
    assert not result.errors
    return result.data["commentAdded"]


async def test_each_comment_arrives_and_nothing_else(comments: Running):
    async with aclosing(await subscribe(comments, "katherine", s=ON_ENG, a="0")) as stream:
        first = await create(comments, "first")
        assert (await next_of(stream))["content"] == "first"
        await create(comments, "elsewhere", on=subject("task", "ENG-1"))
        await comments.ask(UPDATE, ALAN, id=first["id"], i={"content": "first!"})
        await comments.ask(REACT, ALAN, id=first["id"], t="HEART")
        await create(comments, "second", parentId=first["id"])
        found = await next_of(stream)
        assert (found["content"], found["parentId"]) == ("second", first["id"])


async def test_a_stream_resumes_after_its_cursor(comments: Running):
    for text in ("one", "two", "three"):
        await create(comments, text)
    async with aclosing(await subscribe(comments, "alan", s=ON_ENG, a="0")) as stream:
        first = await next_of(stream)
    after = first["eventCursor"]
    async with aclosing(await subscribe(comments, "alan", s=ON_ENG, a=after)) as stream:
        rest = [(await next_of(stream))["content"] for _ in range(2)]
    assert [first["content"], *rest] == ["one", "two", "three"]
