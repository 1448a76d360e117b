"""Who follows a channel gets each message once and in order, also after a reconnect."""

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from tests.subgraphs.chat.asking import (
    DELETE,
    DELETE_CHANNEL,
    EDIT,
    GENERAL_ID,
    LEAVE,
    REMOVE,
    UPDATE,
    create,
    send,
    user,
)
from tests.support.subgraphs import Running, caller
from trellis.schema.identity import ANONYMOUS
from trellis.subgraphs.chat.use_cases.typing import SHOWN

ADA, ALAN = caller("ada"), caller("alan")
SENT = """subscription($id: ID!, $after: String) {
  messageSent(channelId: $id, after: $after) { content sequence eventCursor } }"""
TYPING = """subscription($id: ID!) { typingStarted(channelId: $id) { user { id } until } }"""
TYPE = "mutation($id: ID!) { startTyping(channelId: $id) { typing { until user { id } } } }"


async def subscribe(chat: Running, query: str, who: Any, **variables: Any) -> Any:
    return await chat.subgraph.schema.subscribe(
        query, variable_values=variables, context_value=chat.context(who)
    )


async def next_of(stream: Any) -> Any:
    result = await asyncio.wait_for(anext(stream), 10)
    assert not result.errors, result.errors
    return next(iter(result.data.values()))


async def code_of(stream: Any) -> str:
    result = await asyncio.wait_for(anext(stream), 10)
    [error] = result.errors
    return error.extensions["code"]


async def test_messages_arrive_once_and_in_order(chat: Running):
    elsewhere = await create(chat)
    async with aclosing(await subscribe(chat, SENT, ALAN, id=GENERAL_ID, after="0")) as stream:
        first = await send(chat, "one")
        assert (await next_of(stream))["content"] == "one"
        await send(chat, "not here", to=elsewhere["id"])
        await chat.ask(EDIT, ADA, id=first["id"], i={"content": "one!"})
        await asyncio.gather(*(send(chat, f"{n}", ("ada", "alan")[n % 2]) for n in range(10)))
        found = [(await next_of(stream))["sequence"] for _ in range(10)]
    assert found == list(range(5, 15))


async def test_a_reconnect_gets_what_was_missed_and_nothing_twice(chat: Running):
    for text in ("one", "two", "three", "four"):
        last = await send(chat, text)
    await chat.ask(DELETE, ADA, id=last["id"])
    got: list[str] = []
    after = "0"
    for _ in range(3):  # a connection for each message
        async with aclosing(await subscribe(chat, SENT, ALAN, id=GENERAL_ID, after=after)) as s:
            message = await next_of(s)
        got.append(message["content"])
        after = message["eventCursor"]
    async with aclosing(await subscribe(chat, SENT, ALAN, id=GENERAL_ID, after=after)) as stream:
        await send(chat, "five")
        got.append((await next_of(stream))["content"])
    assert got == ["one", "two", "three", "five"]


@pytest.mark.parametrize("how", ["removed", "left", "private", "deleted"])
async def test_it_ends_when_the_caller_may_not_see_the_channel_any_more(chat: Running, how: str):
    channel = await create(chat, isPrivate=how != "private", memberIds=[user("alan")])
    id = channel["id"]
    if how == "private":
        await chat.ask(LEAVE, ALAN, id=id)
    async with aclosing(await subscribe(chat, SENT, ALAN, id=id, after="0")) as stream:
        await send(chat, "one", to=id)
        assert (await next_of(stream))["content"] == "one"
        await {
            "removed": lambda: chat.ask(REMOVE, ADA, id=id, u=user("alan")),
            "left": lambda: chat.ask(LEAVE, ALAN, id=id),
            "private": lambda: chat.ask(UPDATE, ADA, id=id, i={"isPrivate": True}),
            "deleted": lambda: chat.ask(DELETE_CHANNEL, ADA, id=id),
        }[how]()
        if how != "deleted":
            await send(chat, "two", to=id)
        assert await code_of(stream) == "NOT_FOUND"


async def test_strangers_cannot_follow(chat: Running):
    channel = await create(chat)
    for who, code in ((ALAN, "NOT_FOUND"), (ANONYMOUS, "UNAUTHENTICATED")):
        for query in (SENT, TYPING):
            async with aclosing(await subscribe(chat, query, who, id=channel["id"])) as stream:
                assert await code_of(stream) == code


async def test_others_see_who_is_typing_but_not_for_each_letter(chat: Running):
    async with aclosing(await subscribe(chat, TYPING, ALAN, id=GENERAL_ID)) as stream:
        following = asyncio.create_task(next_of(stream))
        await asyncio.sleep(0.2)  # it begins now: an earlier one would not be announced to it
        answers = [await chat.ask(TYPE, ADA, id=GENERAL_ID) for _ in range(3)]
        assert (await following)["user"] == {"id": user("ada")}
    assert len({answer["startTyping"]["typing"]["until"] for answer in answers}) == 1
    found = await chat.bus.read_after("chat", "0", 100)
    assert [event.topic for event in found if event.topic == "typing.started"] == ["typing.started"]
    assert SHOWN.total_seconds() == 6
