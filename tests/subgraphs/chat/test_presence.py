"""Who is there: leases, the status that is announced, and who gets to know it."""

import asyncio
from collections.abc import Collection
from contextlib import aclosing
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from tests.subgraphs.chat.asking import DELETE_CHANNEL, GENERAL_ID, create, events, user
from tests.subgraphs.chat.conftest import BESIDE
from tests.subgraphs.chat.test_subscriptions import SENT, code_of, next_of, subscribe
from tests.support.subgraphs import Running, caller, running
from tests.support.templates import SeededCopies
from trellis.db.caller_context import CallerContext
from trellis.db.settings import DataSettings
from trellis.schema.request import RequestContext
from trellis.subgraphs.chat import presence
from trellis.subgraphs.chat.graph import define
from trellis.subgraphs.chat.leases import DatabaseLeases, leases_of
from trellis.subgraphs.chat.loaders import Loaders
from trellis.subgraphs.chat.models import PresenceStatus
from trellis.subgraphs.chat.presence import LEASE, RENEW_SECONDS, connected_to, keep_presence
from trellis.subgraphs.chat.presence_queries import announced_as_there

ADA, ALAN, HEDY = (caller(name) for name in ("ada", "alan", "hedy"))
ONE = """query($id: ID!) { _entities(representations: [{__typename: "User", id: $id}]) {
  ... on User { presence { status since } } } }"""
SET = "mutation($s: PresenceStatus!) { setPresence(status: $s) { presence { status } } }"
CHANGES = """subscription($id: ID, $after: String) {
  presenceChanged(channelId: $id, after: $after) { user { id } status eventCursor } }"""


async def status_of(chat: Running, name: str, who=ALAN) -> str | None:
    [found] = (await chat.ask(ONE, who, id=user(name)))["_entities"]
    return found["presence"] and found["presence"]["status"]


async def announced(chat: Running) -> list[tuple[str, str]]:
    names = {user(name): name for name in ("ada", "alan")}
    found = await events(chat, "presence.changed")
    return [(names[event.payload["user_id"]], event.payload["status"]) for event in found]


async def expire(chat: Running) -> None:
    """What is left of all leases of people who are not connected runs out."""
    leases = leases_of(chat.context().storage)
    storage = chat.context().storage
    there = await leases.living()
    holders = (connected_to(storage).holder, "said so")
    for holder in holders:
        await leases.renew(holder, there - set(connected_to(storage).people), timedelta(0))


async def test_gone_within_45_seconds():
    assert LEASE.total_seconds() + RENEW_SECONDS < 45


async def test_who_follows_a_channel_is_there_and_gone_when_the_lease_has_run_out(chat: Running):
    storage = chat.context().storage
    assert await status_of(chat, "ada") is None
    async with aclosing(await subscribe(chat, SENT, ADA, id=GENERAL_ID)) as stream:
        waiting = asyncio.create_task(anext(stream))
        await until(chat, "ada", "ONLINE")
        await expire(chat)
        await keep_presence(storage)
        assert await status_of(chat, "ada") == "ONLINE"  # connected: the lease is renewed
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    await keep_presence(storage)
    assert await status_of(chat, "ada") == "ONLINE"  # may come back in a moment
    await expire(chat)
    await keep_presence(storage)
    assert await status_of(chat, "ada") == "OFFLINE"
    assert await announced(chat) == [("ada", "online"), ("ada", "offline")]


async def until(chat: Running, name: str, status: str) -> None:
    for _ in range(200):
        if await status_of(chat, name) == status:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"{name} is not {status}")


async def test_a_reconnect_is_not_announced(chat: Running):
    for _ in range(5):
        async with presence.being_there(chat.context().storage, ADA):
            assert await status_of(chat, "ada") == "ONLINE"
    await keep_presence(chat.context().storage)
    assert await announced(chat) == [("ada", "online")]


async def test_another_worker_keeps_somebody_there(chat: Running):
    storage = chat.context().storage
    other = DatabaseLeases(storage)
    async with presence.being_there(storage, ADA):
        await other.renew("another worker", [UUID(user("ada"))], LEASE)
    await leases_of(storage).renew(connected_to(storage).holder, [UUID(user("ada"))], timedelta(0))
    await keep_presence(storage)
    assert await status_of(chat, "ada") == "ONLINE"


async def test_people_say_that_they_are_there_or_away(chat: Running):
    for status in ("ONLINE", "AWAY", "AWAY", "OFFLINE"):
        await chat.ask(SET, ADA, s=status)
        await keep_presence(chat.context().storage)
        assert await status_of(chat, "ada") == status
    assert await announced(chat) == [("ada", "online"), ("ada", "away"), ("ada", "offline")]


class Interrupted(CallerContext[Loaders]):
    """A worker looks who is there before and after each transaction."""

    async def transact(self, *args: Any, **kwargs: Any) -> Any:
        await keep_presence(self.storage)
        result = await super().transact(*args, **kwargs)
        await keep_presence(self.storage)
        return result


async def test_a_worker_that_looks_meanwhile_does_not_change_what_was_said(chat: Running):
    request = RequestContext(identity=ADA, request_id="req-1")
    context = Interrupted(request, chat.context().storage, Loaders)
    for status in (PresenceStatus.AWAY, PresenceStatus.OFFLINE):
        await presence.declare(context, status)
        await keep_presence(context.storage)
        assert await status_of(chat, "ada") == status.name


class Crowd:
    """Leases of many people."""

    def __init__(self, size: int) -> None:
        self.people = frozenset(uuid4() for _ in range(size))

    async def renew(self, holder: str, people: Collection[UUID], length: timedelta) -> None: ...

    async def living(self) -> frozenset[UUID]:
        return self.people


async def test_more_people_come_and_go_than_fit_into_a_statement(
    data_settings: DataSettings, seeded: SeededCopies
):
    settings = await seeded.copy_to(data_settings)
    # Without jobs: nothing but the crowd is compared.
    async with running(define(()), settings, BESIDE, fresh=False) as chat:
        storage = chat.context().storage
        for size in (11_000, 0):  # of three values: a statement of PostgreSQL takes 32,767
            crowd = Crowd(size)
            await presence.reconcile(storage, crowd)
            async with storage.read() as session:
                assert await announced_as_there(session) == crowd.people


async def test_only_people_in_a_common_channel_see_it(chat: Running):
    await chat.ask(SET, ADA, s="AWAY")
    assert await status_of(chat, "ada", ALAN) == "AWAY"
    assert await status_of(chat, "ada", HEDY) is None
    channel = await create(chat)
    async with aclosing(await subscribe(chat, CHANGES, ALAN, id=channel["id"])) as stream:
        assert await code_of(stream) == "NOT_FOUND"


async def test_nothing_is_seen_of_people_whose_common_channel_is_deleted(chat: Running):
    await chat.ask(SET, ADA, s="ONLINE")
    async with aclosing(await subscribe(chat, CHANGES, ALAN, after="0")) as stream:
        found = [await next_of(stream), await next_of(stream)]
        await chat.ask(DELETE_CHANNEL, ADA, id=GENERAL_ID)
        await chat.ask(SET, ADA, s="AWAY")
        await chat.ask(SET, ALAN, s="AWAY")
        found.append(await next_of(stream))
    assert [(one["user"]["id"], one["status"]) for one in found] == [
        (user("ada"), "ONLINE"),
        (user("alan"), "ONLINE"),  # by following
        (user("alan"), "AWAY"),
    ]


async def test_changes_resume_after_a_cursor(chat: Running):
    for status in ("ONLINE", "AWAY", "ONLINE"):
        await chat.ask(SET, ADA, s=status)
    async with aclosing(await subscribe(chat, CHANGES, ADA, after="0")) as stream:
        first = await next_of(stream)
    after = first["eventCursor"]
    async with aclosing(await subscribe(chat, CHANGES, ALAN, id=GENERAL_ID, after=after)) as stream:
        found = [first, await next_of(stream), await next_of(stream)]
    assert [one["status"] for one in found] == ["ONLINE", "AWAY", "ONLINE"]
    assert {one["user"]["id"] for one in found} == {user("ada")}
