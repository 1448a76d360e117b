"""Channels, messages and direct messages of the learning platform."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx

from tests.conformance.rest.asking import Ask, Asking, Case, by, changed
from tests.conformance.rest.cases.files import new_file
from tests.conformance.rest.world import World

INVALID = (422, "VALIDATION_ERROR")
FORBIDDEN = (403, "FORBIDDEN")
CONFLICT = (409, None)
CHANNELS, MESSAGES = "/learn/api/v1/channels", "/learn/api/v1/messages"
# Who has no subscription has no end of it, and nobody but themselves sees addresses.
SHOWN_OF_PEOPLE = ("user.email", "user.subscription", "user.subscription.expiresAt")


def by_nobody(ask: Asking) -> Asking:
    """By somebody without any scopes."""
    return by(ask, lambda world: world.nobody())


def by_grace(ask: Asking) -> Asking:
    """By a member of alan's channels who moderates nothing."""
    return by(ask, lambda world: world.token("grace"))


def new_channel(world: World) -> Ask:
    return Ask(
        token=world.token("alan"),
        body={
            "name": "Mill",
            "description": "What it needs",
            "memberIds": [world.person_id("grace")],
        },
    )


def make_channel(world: World) -> str:
    """A new channel of alan's, with grace in it."""
    return new_channel(world).send(world, "POST", CHANNELS).json()["data"]["id"]


def channel(world: World) -> Ask:
    return Ask(token=world.token("alan"), path={"id": make_channel(world)})


def list_channels(world: World) -> Ask:
    for _ in range(3):
        make_channel(world)
    return Ask(token=world.token("alan"), query={"limit": 2})


def update_channel(world: World) -> Ask:
    return replace(channel(world), body={"name": "Saw"})


def archive_again(world: World) -> Ask:
    ask = channel(world)
    ask.send(world, "POST", CHANNELS + "/{id}/archive")
    return ask


def new_message(world: World) -> Ask:
    return replace(
        channel(world),
        body={
            "content": "@grace is it oiled?",
            "attachments": [new_file(world, "alan", projectId=None)],
        },
    )


def send(world: World, ask: Ask) -> dict[str, Any]:
    response = ask.send(world, "POST", CHANNELS + "/{id}/messages")
    assert response.status_code == 201, response.text
    return response.json()["data"]


def message(world: World) -> Ask:
    sent = send(world, new_message(world))
    return Ask(token=world.token("alan"), path={"id": sent["id"]})


def edit_message(world: World) -> Ask:
    return replace(message(world), body={"content": "Is it oiled, @grace?"})


def channel_with_messages(world: World) -> Ask:
    """Of five messages those between the first and the last."""
    ask = channel(world)
    ids = [send(world, replace(ask, body={"content": f"number {n}"}))["id"] for n in range(5)]
    return replace(ask, query={"after": ids[0], "before": ids[4], "limit": 2})


def thread(world: World) -> Ask:
    ask = channel(world)
    root = send(world, replace(ask, body={"content": "Who?"}))["id"]
    for text in ("Me.", "Good."):
        send(world, replace(ask, body={"content": text, "replyToId": root}))
    return replace(ask, path={"id": root}, query={"limit": 1})


def react(world: World) -> Ask:
    return replace(message(world), token=world.token("grace"), body={"type": "thumbs_up"})


def unreact(world: World) -> Ask:
    ask = react(world)
    ask.send(world, "POST", MESSAGES + "/{id}/reactions")
    return Ask(token=ask.token, path={**ask.path, "type": "thumbs_up"})


def direct(world: World) -> Ask:
    return Ask(token=world.token("alan"), body={"userId": world.person_id("grace")})


def direct_with_nobody(world: World) -> Ask:
    return Ask(token=world.token("alan"), body={"userId": str(uuid4())})


def list_direct(world: World) -> Ask:
    direct(world).send(world, "POST", "/learn/api/v1/dm")
    return Ask(token=world.token("alan"))


# -- what is right about it ----------------------------------------------------------------------


def is_owned(world: World, ask: Ask, response: httpx.Response) -> Sequence[str]:
    data = response.json()["data"]
    told = {"name": "Mill", "role": "owner", "memberCount": 2, "kind": "group", "unreadCount": 0}
    return [name for name, value in told.items() if data[name] != value]


def is_mine(world: World, ask: Ask, response: httpx.Response) -> Sequence[str]:
    body = response.json()
    wrong = [] if body["data"][0]["name"] == "Mill" else ["the newest channel is not first"]
    return wrong if body["meta"]["pagination"]["hasMore"] else [*wrong, "there are no more"]


def is_renamed(world: World, ask: Ask, response: httpx.Response) -> Sequence[str]:
    return [] if response.json()["data"]["name"] == "Saw" else ["it has the old name"]


def is_gone(world: World, ask: Ask, response: httpx.Response) -> Sequence[str]:
    again = ask.send(world, "GET", CHANNELS + "/{id}")
    return [] if again.status_code == 404 else [f"the channel is there: {again.text}"]


def is_read_only(world: World, ask: Ask, response: httpx.Response) -> Sequence[str]:
    wrong = [] if response.json()["data"]["isArchived"] else ["it is not archived"]
    late = replace(ask, body={"content": "Late"}).send(world, "POST", CHANNELS + "/{id}/messages")
    read = ask.send(world, "GET", CHANNELS + "/{id}/messages")
    if (late.status_code, read.status_code) != (409, 200):
        wrong.append(f"writing is {late.status_code}, reading {read.status_code}")
    return wrong


def is_sent(world: World, ask: Ask, response: httpx.Response) -> Sequence[str]:
    data = response.json()["data"]
    wrong = [] if data["channelId"] == ask.path["id"] else ["another channel"]
    wrong += [] if data["type"] == "file" else [f"it is {data['type']}"]
    wrong += [] if data["user"]["id"] == world.person_id("alan") else ["by somebody else"]
    query = """query($id: ID!) { message(id: $id) {
      attachments { file { id } } mentions { user { id } } } }"""
    kept = world.graph(query, {"id": data["id"]}, world.token("grace"))["message"]
    files = [one["file"]["id"] for one in kept["attachments"]]
    wrong += [] if files == ask.body["attachments"] else [f"files {files}"]
    mentioned = [one["user"]["id"] for one in kept["mentions"]]
    wrong += [] if mentioned == [world.person_id("grace")] else [f"mentions {mentioned}"]
    seen = Ask(token=world.token("grace"), path=ask.path).send(world, "GET", CHANNELS + "/{id}")
    unread = seen.json()["data"]["unreadCount"]
    return wrong if unread == 1 else [*wrong, f"grace has {unread} unread messages"]


def is_between(world: World, ask: Ask, response: httpx.Response) -> Sequence[str]:
    body = response.json()
    found = [one["content"] for one in body["data"]]
    wrong = [] if found == ["number 3", "number 2"] else [f"it has {found}"]
    cursor = body["meta"]["pagination"]["nextCursor"]
    more = replace(ask, query={**ask.query, "cursor": cursor})
    rest = more.send(world, "GET", CHANNELS + "/{id}/messages").json()
    found = [one["content"] for one in rest["data"]]
    return wrong if found == ["number 1"] else [*wrong, f"the next page has {found}"]


def has_two_replies(world: World, ask: Ask, response: httpx.Response) -> Sequence[str]:
    body = response.json()
    total = body["meta"]["pagination"]["total"]
    wrong = [] if total == 2 else [f"{total} replies"]
    return wrong if body["data"][0]["content"] == "Me." else [*wrong, "the first is another one"]


def is_edited(world: World, ask: Ask, response: httpx.Response) -> Sequence[str]:
    content = response.json()["data"]["content"]
    return [] if content == ask.body["content"] else [f"it is {content}"]


def message_is_gone(world: World, ask: Ask, response: httpx.Response) -> Sequence[str]:
    again = ask.send(world, "GET", MESSAGES + "/{id}")
    return [] if again.status_code == 404 else [f"the message is there: {again.text}"]


def is_counted_once(world: World, ask: Ask, response: httpx.Response) -> Sequence[str]:
    again = ask.send(world, "POST", MESSAGES + "/{id}/reactions")
    [group] = again.json()["data"]["reactions"]
    told = {"type": "thumbs_up", "count": 1, "hasMine": True, "users": [world.person_id("grace")]}
    return [] if group == told else [f"it is {group}"]


def has_no_reaction(world: World, ask: Ask, response: httpx.Response) -> Sequence[str]:
    path = {"id": ask.path["id"]}
    seen = Ask(token=ask.token, path=path).send(world, "GET", MESSAGES + "/{id}")
    left = seen.json()["data"]["reactions"]
    return [] if left == [] else [f"there is {left}"]


def is_the_same(world: World, ask: Ask, response: httpx.Response) -> Sequence[str]:
    again = ask.send(world, "POST", "/learn/api/v1/dm").json()["data"]
    data = response.json()["data"]
    wrong = [] if data["id"] == again["id"] else ["it was opened twice"]
    with_grace = data["user"]["id"] == world.person_id("grace")
    return wrong if with_grace else [*wrong, "with somebody else"]


LEARN_CHAT: Mapping[str, Case] = {
    "S4-channels-list": Case(list_channels, check=is_mine),
    "S4-channels-get": Case(channel, {FORBIDDEN: by_nobody(channel)}, is_owned),
    "S4-channels-create": Case(
        new_channel,
        {INVALID: changed(new_channel, name=""), FORBIDDEN: by_nobody(new_channel)},
        is_owned,
    ),
    "S4-channels-update": Case(
        update_channel,
        {INVALID: changed(update_channel, name="x" * 101), FORBIDDEN: by_grace(update_channel)},
        is_renamed,
    ),
    "S4-channels-delete": Case(channel, {FORBIDDEN: by_grace(channel)}, is_gone),
    "S4-channels-archive": Case(
        channel, {FORBIDDEN: by_grace(channel), CONFLICT: archive_again}, is_read_only
    ),
    "S4-messages-list": Case(
        channel_with_messages,
        {
            INVALID: lambda world: replace(channel_with_messages(world), query={"after": "first"}),
            FORBIDDEN: by_nobody(channel_with_messages),
        },
        is_between,
        nullable=tuple(f"[].{path}" for path in SHOWN_OF_PEOPLE),
    ),
    "S4-messages-send": Case(
        new_message,
        {
            INVALID: changed(new_message, content="x" * 4_001, type="file"),
            FORBIDDEN: by_nobody(new_message),
        },
        is_sent,
        nullable=SHOWN_OF_PEOPLE,
    ),
    "S4-messages-get": Case(message, {FORBIDDEN: by_nobody(message)}, nullable=SHOWN_OF_PEOPLE),
    "S4-messages-update": Case(
        edit_message,
        {INVALID: changed(edit_message, content=" "), FORBIDDEN: by_grace(edit_message)},
        is_edited,
        nullable=SHOWN_OF_PEOPLE,
    ),
    "S4-messages-delete": Case(message, {FORBIDDEN: by_grace(message)}, message_is_gone),
    "S4-messages-replies": Case(
        thread,
        {FORBIDDEN: by_nobody(thread)},
        has_two_replies,
        nullable=tuple(f"[].{path}" for path in SHOWN_OF_PEOPLE),
    ),
    "S4-messages-react": Case(
        react,
        {INVALID: changed(react, type="Not a sign"), FORBIDDEN: by_nobody(react)},
        is_counted_once,
        nullable=SHOWN_OF_PEOPLE,
    ),
    "S4-messages-unreact": Case(unreact, {FORBIDDEN: by_nobody(unreact)}, has_no_reaction),
    "S4-dm-list": Case(list_direct),
    "S4-dm-open": Case(
        direct,
        {INVALID: changed(direct, userId="grace"), (404, None): direct_with_nobody},
        is_the_same,
    ),
}
