"""The list of notifications, and what is read in it."""

import asyncio
from contextlib import aclosing
from typing import Any
from uuid import uuid4

from tests.subgraphs.notifications.telling import (
    LIST,
    Telling,
    comment,
    issue_assigned,
    task_assigned,
    user,
)
from tests.support.subgraphs import Running, caller
from trellis.schema.identity import Identity

READ = """mutation($id: ID!) { markNotificationRead(id: $id) {
  notification { id isRead readAt } } }"""
READ_ALL = "mutation($t: DateTime) { markAllNotificationsRead(until: $t) { count } }"
SUBSCRIBE = "subscription($a: String) { notificationReceived(after: $a) { id type eventCursor } }"


async def told(notices: Telling) -> list[dict[str, Any]]:
    await notices.happens(task_assigned("alan", by="ada"), by="ada")
    await notices.happens(issue_assigned("alan"), by="ada")
    await notices.happens(comment("ada"), by="ada")
    return await notices.new_for("alan")


async def test_reading_is_noted_once(notices: Telling):
    ask, alan = notices.subgraph.ask, caller("alan")
    [first, *_] = await told(notices)

    once = await ask(READ, alan, id=first["id"])
    again = await ask(READ, alan, id=first["id"])

    row = once["markNotificationRead"]["notification"]
    assert (row["id"], row["isRead"]) == (first["id"], True)
    assert again == once
    assert [one["isRead"] for one in await notices.new_for("alan")] == [True, False, False]
    events = await notices.subgraph.bus.read_after("notifications", "0", 100)
    assert [one.payload for one in events if one.topic == "notification.read"] == [
        {"user_id": str(user("alan")), "notification_ids": [first["id"]]}
    ]


async def test_notifications_of_others_do_not_exist(notices: Telling):
    [first, *_] = await told(notices)
    running = notices.subgraph

    for id in (first["id"], str(uuid4()), "x"):
        assert (await running.refusal(READ, caller("grace"), id=id))["code"] == "NOT_FOUND"
        one = "query($id: ID!) { notification(id: $id) { id } }"
        assert (await running.ask(one, caller("grace"), id=id))["notification"] is None
        found = await running.entities(
            caller("ada"),
            "... on Notification { id }",
            {"__typename": "Notification", "id": id},
        )
        assert found == [None]
    assert [one["isRead"] for one in await notices.new_for("alan")] == [False] * 3


async def test_filters_and_pages_narrow_the_list_and_its_count(notices: Telling):
    [first, *_] = await told(notices)
    ask, alan = notices.subgraph.ask, caller("alan")
    await ask(READ, alan, id=first["id"])

    async def found(**filters: Any) -> tuple[int, set[str]]:
        page = (await ask(LIST, alan, f=filters, n=100))["notifications"]
        return page["totalCount"], {edge["node"]["type"] for edge in page["edges"]}

    everything, _ = await found()
    unread, _ = await found(unread=True)
    read, _ = await found(unread=False)
    assert (unread + read, read >= 1) == (everything, True)
    assert await found(type="comment_added") == (1, {"comment_added"})
    both, types = await found(kind=["TASK_ASSIGNED", "COMMENT_ADDED"])
    assigned, _ = await found(kind=["TASK_ASSIGNED"])
    assert (both, types) == (assigned + 1, {"task_assigned", "comment_added"})
    assert (await ask(LIST, alan, f={"kind": []}))["notifications"]["totalCount"] == 0


async def test_the_newest_come_first_and_pages_follow_one_another(notices: Telling):
    new = await told(notices)
    ask, alan = notices.subgraph.ask, caller("alan")
    page = """query($a: String) { notifications(first: 2, after: $a) {
      pageInfo { endCursor hasNextPage } edges { node { id } } } }"""

    seen, after = [], None
    while True:
        found = (await ask(page, alan, a=after))["notifications"]
        seen += [edge["node"]["id"] for edge in found["edges"]]
        after = found["pageInfo"]["endCursor"]
        if not found["pageInfo"]["hasNextPage"]:
            break

    whole = (await ask(LIST, alan, n=100))["notifications"]["edges"]
    assert seen == [edge["node"]["id"] for edge in whole]
    assert seen[:3] == [one["id"] for one in reversed(new)]


async def test_people_see_their_own_counts_and_nobody_elses(notices: Telling):
    running, alan = notices.subgraph, caller("alan")
    references = [{"__typename": "User", "id": str(user(name))} for name in ("alan", "grace")]

    async def counts(who: Identity) -> list[Any]:
        fields = "unreadNotificationCount notifications { totalCount }"
        found = await running.entities(who, f"... on User {{ {fields} }}", *references)
        return [
            (one["unreadNotificationCount"], one["notifications"]["totalCount"]) for one in found
        ]

    [(unread, total), other] = await counts(alan)
    await told(notices)
    assert await counts(alan) == [(unread + 3, total + 3), other]
    assert other == (None, 0)
    [nobodys, _] = await counts(caller("ada"))
    assert nobodys == (None, 0)


async def test_everything_is_read_at_once(notices: Telling):
    running, alan = notices.subgraph, caller("alan")
    new = await told(notices)
    await notices.happens(task_assigned("grace", by="ada"), by="ada")

    until = await running.ask(READ_ALL, alan, t=new[1]["createdAt"])
    assert [one["isRead"] for one in await notices.new_for("alan")] == [True, True, False]
    rest = await running.ask(READ_ALL, alan)
    none = await running.ask(READ_ALL, alan)

    assert until["markAllNotificationsRead"]["count"] >= 2
    assert [one["markAllNotificationsRead"]["count"] for one in (rest, none)] == [1, 0]
    assert [one["isRead"] for one in await notices.new_for("grace")] == [False, False]


async def subscribe(running: Running, who: str, **variables: Any) -> Any:
    return await running.subgraph.schema.subscribe(
        SUBSCRIBE, variable_values=variables, context_value=running.context(caller(who))
    )


async def next_of(stream: Any) -> dict[str, Any]:
    result = await asyncio.wait_for(anext(stream), 5)
    assert not result.errors
    return result.data["notificationReceived"]


async def test_each_notification_arrives_at_once_and_only_at_its_person(notices: Telling):
    async with aclosing(await subscribe(notices.subgraph, "alan", a="0")) as stream:
        await notices.happens(task_assigned("grace", by="ada"), by="ada")
        await notices.happens(task_assigned("alan", by="ada"), by="ada")
        first = await next_of(stream)
        await notices.happens(comment("ada"), by="ada")
        second = await next_of(stream)
    async with aclosing(
        await subscribe(notices.subgraph, "alan", a=first["eventCursor"])
    ) as stream:
        again = await next_of(stream)

    assert (first["type"], second["type"]) == ("task_assigned", "comment_added")
    assert again == second


async def test_fifty_readers_of_one_notification_agree(notices: Telling):
    [first, *_] = await told(notices)
    alan = caller("alan")
    asked = (notices.subgraph.answer_of_many(READ, alan, id=first["id"]) for _ in range(50))
    answers = await asyncio.gather(*asked)

    assert not [answer.errors for answer in answers if answer.errors]
    assert len({str(answer.data) for answer in answers}) == 1
    events = await notices.subgraph.bus.read_after("notifications", "0", 100)
    assert [one.topic for one in events].count("notification.read") == 1
