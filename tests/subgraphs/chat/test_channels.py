"""Channels: who sees them, who changes them, who is in them."""

import asyncio
from uuid import UUID, uuid4

import pytest

from tests.subgraphs.chat.asking import (
    ADD,
    ARCHIVE,
    CREATE,
    DELETE_CHANNEL,
    DIRECT,
    DIRECT_ID,
    GENERAL_ID,
    JOIN,
    LEAVE,
    ONE,
    OPEN,
    READ,
    REMOVE,
    RESTORE,
    ROLE,
    UPDATE,
    create,
    events,
    send,
    texts,
    user,
    write,
)
from tests.support.subgraphs import Running, caller
from trellis.subgraphs.chat.models import Person, Subscriber
from trellis.subgraphs.chat.use_cases.channels import OWNED_BY_TIER

ADA, ALAN, GRACE, HEDY = (caller(name) for name in ("ada", "alan", "grace", "hedy"))
MINE = "query($kind: ChannelKind) { channels(kind: $kind) { edges { node { id name } } } }"


async def test_whoever_makes_a_channel_owns_it(chat: Running):
    before = len(await events(chat))
    members = [user("alan"), user("ada")]
    channel = await create(chat, " Mill ", description="Oil", memberIds=members)
    assert (channel["name"], channel["memberCount"], channel["myRole"]) == ("Mill", 2, "OWNER")
    assert channel["owner"] == {"id": user("ada")}
    announced = (await events(chat))[before:]
    assert [event.topic for event in announced] == [
        "channel.created",
        "channel.member_added",
        "channel.member_added",
    ]
    assert {event.key for event in announced} == {channel["id"]}


async def test_channels_are_private_unless_their_owner_opens_them(chat: Running):
    channel = await create(chat)
    assert (await chat.ask(ONE, ALAN, id=channel["id"]))["channel"] is None
    assert (await chat.refusal(JOIN, ALAN, id=channel["id"]))["code"] == "NOT_FOUND"
    await chat.ask(UPDATE, ADA, id=channel["id"], i={"isPrivate": False})
    assert (await chat.ask(ONE, ALAN, id=channel["id"]))["channel"]["myRole"] is None
    found = (await chat.ask(JOIN, ALAN, id=channel["id"]))["joinChannel"]["channel"]
    assert (found["myRole"], found["memberCount"]) == ("MEMBER", 2)
    # Nobody of another organization.
    assert (await chat.ask(ONE, HEDY, id=channel["id"]))["channel"] is None
    assert (await chat.refusal(JOIN, HEDY, id=channel["id"]))["code"] == "NOT_FOUND"


async def test_only_people_of_the_organization_are_added(chat: Running):
    for stranger in (user("hedy"), str(uuid4())):
        given = {"name": "Mill", "memberIds": [stranger]}
        assert (await chat.refusal(CREATE, ADA, i=given))["code"] == "NOT_FOUND"
    channel = await create(chat)
    refused = await chat.refusal(ADD, ADA, id=channel["id"], u=[user("alan"), user("hedy")])
    assert refused["code"] == "NOT_FOUND"
    assert (await chat.ask(ONE, ADA, id=channel["id"]))["channel"]["memberCount"] == 1


@pytest.mark.parametrize("query", [UPDATE, ARCHIVE, RESTORE, DELETE_CHANNEL, ADD, REMOVE, ROLE])
async def test_members_do_not_change_the_channel(chat: Running, query: str):
    channel = await create(chat, memberIds=[user("alan")])
    before = len(await events(chat))
    more = {"i": {"name": "Mine"}, "u": user("grace"), "r": "OWNER"}
    variables = {name: value for name, value in more.items() if f"${name}:" in query}
    if query == ADD:
        variables["u"] = [user("grace")]
    refused = await chat.refusal(query, ALAN, id=channel["id"], **variables)
    assert refused["code"] == "FORBIDDEN"
    assert len(await events(chat)) == before


async def test_moderators_change_settings_and_members(chat: Running):
    channel = await create(chat, memberIds=[user("alan"), user("grace")])
    id = channel["id"]
    await chat.ask(ROLE, ADA, id=id, u=user("alan"), r="MODERATOR")
    renamed = await chat.ask(UPDATE, ALAN, id=id, i={"name": "Saw"})
    assert renamed["updateChannel"]["channel"]["latestSequence"] == 1  # says that it was
    await chat.ask(REMOVE, ALAN, id=id, u=user("grace"))
    assert (await chat.refusal(REMOVE, ALAN, id=id, u=user("ada")))["code"] == "CONFLICT"
    assert (await chat.refusal(ARCHIVE, ALAN, id=id))["code"] == "FORBIDDEN"
    assert (await chat.ask(ONE, GRACE, id=id))["channel"] is None
    assert await texts(chat, id) == ["The channel is now “Saw”."]


async def test_the_owner_hands_the_channel_over_before_leaving(chat: Running):
    channel = await create(chat, memberIds=[user("alan")])
    id = channel["id"]
    assert (await chat.refusal(LEAVE, ADA, id=id))["code"] == "CONFLICT"
    await chat.ask(ROLE, ADA, id=id, u=user("alan"), r="OWNER")
    await chat.ask(LEAVE, ADA, id=id)
    found = (await chat.ask(ONE, ALAN, id=id))["channel"]
    assert (found["myRole"], found["memberCount"]) == ("OWNER", 1)


async def test_a_lost_race_is_noticed(chat: Running):
    channel = await create(chat)
    change = {"name": "Saw", "version": channel["version"]}
    await chat.ask(UPDATE, ADA, id=channel["id"], i=change)
    late = await chat.refusal(UPDATE, ADA, id=channel["id"], i={**change, "name": "Axe"})
    assert (late["code"], late["currentVersion"]) == ("CONFLICT", 2)


async def test_a_channel_is_archived_once_and_can_be_restored(chat: Running):
    id = (await create(chat))["id"]
    archived = (await chat.ask(ARCHIVE, ADA, id=id))["archiveChannel"]["channel"]
    assert (archived["isArchived"], archived["latestSequence"]) == (True, 1)  # says that it was
    assert (await chat.refusal(ARCHIVE, ADA, id=id))["code"] == "CONFLICT"
    assert (await chat.refusal(ADD, ADA, id=id, u=[user("alan")]))["code"] == "CONFLICT"
    restored = (await chat.ask(RESTORE, ADA, id=id))["restoreChannel"]["channel"]
    assert not restored["isArchived"]
    await send(chat, to=id)


async def test_a_deleted_channel_takes_all_with_it(chat: Running):
    id = (await create(chat))["id"]
    message = await send(chat, to=id)
    await chat.ask(DELETE_CHANNEL, ADA, id=id)
    assert (await chat.ask(ONE, ADA, id=id))["channel"] is None
    query = "query($id: ID!) { message(id: $id) { id } }"
    assert (await chat.ask(query, ADA, id=message["id"]))["message"] is None
    assert (await events(chat))[-1].topic == "channel.deleted"


async def test_a_subscription_says_how_many_channels_somebody_owns(chat: Running):
    limit = OWNED_BY_TIER["free"]
    for number in range(limit):
        await create(chat, f"Mill {number}", "alan")
    refused = await chat.refusal(CREATE, ALAN, i={"name": "One more"})
    assert (refused["code"], refused["limit"]) == ("ENTITLEMENT_REQUIRED", limit)
    await write(chat, Subscriber(user_id=UUID(user("alan")), tier="pro"))
    await create(chat, "One more", "alan")


# -- direct channels -----------------------------------------------------------------------------


async def test_two_people_have_one_direct_channel_whoever_opens_it(chat: Running):
    answers = await asyncio.gather(
        *(chat.ask(OPEN, ALAN, id=user("grace")) for _ in range(5)),
        *(chat.ask(OPEN, GRACE, id=user("alan")) for _ in range(5)),
    )
    found = [answer["openDirectMessage"]["channel"] for answer in answers]
    assert len({one["id"] for one in found}) == 1
    assert [one["with"]["id"] for one in (found[0], found[5])] == [user("grace"), user("alan")]
    assert {one["id"] for one in found[0]["participants"]} == {user("alan"), user("grace")}
    assert len(await events(chat, "channel.created")) == 1


async def test_a_direct_channel_is_for_the_two_alone(chat: Running):
    people = [str(id) for id in DIRECT.member_ids]
    [name] = [n for n in ("ada", "alan", "grace", "katherine") if user(n) == people[1]]
    assert (await chat.ask(ONE, caller(name), id=DIRECT_ID))["channel"]["kind"] == "DIRECT"
    other = next(n for n in ("alan", "grace", "katherine") if user(n) not in people)
    assert (await chat.ask(ONE, caller(other), id=DIRECT_ID))["channel"] is None
    for query in (ARCHIVE, JOIN, LEAVE, DELETE_CHANNEL):
        assert (await chat.refusal(query, ADA, id=DIRECT_ID))["code"] == "CONFLICT"


async def test_administrators_do_not_read_direct_channels(chat: Running):
    opened = (await chat.ask(OPEN, ALAN, id=user("grace")))["openDirectMessage"]["channel"]
    assert (await chat.ask(ONE, ADA, id=opened["id"]))["channel"] is None
    private = await create(chat, who="alan")
    assert (await chat.ask(ONE, ADA, id=private["id"]))["channel"] is not None


async def test_whom_one_cannot_write_to_is_not_found(chat: Running):
    for who, code in ((user("hedy"), "NOT_FOUND"), (str(uuid4()), "NOT_FOUND")):
        assert (await chat.refusal(OPEN, ADA, id=who))["code"] == code
    itself = await chat.refusal(OPEN, ADA, id=user("ada"))
    assert itself["fields"][0]["field"] == "userId"
    gone = uuid4()
    await write(
        chat, Person(id=gone, handle="gone", organization_id=ADA.tenant_id, is_active=False)
    )
    assert (await chat.refusal(OPEN, ADA, id=str(gone)))["code"] == "NOT_FOUND"


async def test_lists_have_the_callers_channels_by_kind(chat: Running):
    channel = await create(chat)
    everything = (await chat.ask(MINE, ADA))["channels"]["edges"]
    ids = {edge["node"]["id"] for edge in everything}
    assert ids == {channel["id"], GENERAL_ID, DIRECT_ID}
    direct = (await chat.ask(MINE, ADA, kind="DIRECT"))["channels"]["edges"]
    assert [edge["node"]["id"] for edge in direct] == [DIRECT_ID]
    query = "{ directMessages { edges { node { id with { id } } } } }"
    [edge] = (await chat.ask(query, ADA))["directMessages"]["edges"]
    assert edge["node"]["id"] == DIRECT_ID


# -- what was read -------------------------------------------------------------------------------


async def test_a_read_marker_only_moves_forward(chat: Running):
    channel = await create(chat, memberIds=[user("alan")])
    id = channel["id"]
    sent = [await send(chat, f"{n}", to=id) for n in range(3)]

    async def read(message: str | None) -> int:
        found = await chat.ask(READ, ALAN, id=id, m=message)
        return found["markChannelRead"]["channel"]["readSequence"]

    assert (await chat.ask(ONE, ALAN, id=id))["channel"]["readSequence"] == 0
    assert await read(sent[1]["id"]) == 2
    assert await read(sent[0]["id"]) == 2
    assert await read(None) == 3
    announced = [event.payload["sequence"] for event in await events(chat, "channel.read")]
    assert announced == [2, 3]
    assert (await chat.ask(ONE, ADA, id=id))["channel"]["readSequence"] == 3  # wrote them
    assert (await chat.refusal(READ, GRACE, id=id))["code"] == "NOT_FOUND"


async def test_what_was_written_before_somebody_came_is_not_unread(chat: Running):
    channel = await create(chat)
    await send(chat, to=channel["id"])
    found = (await chat.ask(ADD, ADA, id=channel["id"], u=[user("alan")]))["addChannelMembers"]
    assert found["channel"]["memberCount"] == 2
    assert (await chat.ask(ONE, ALAN, id=channel["id"]))["channel"]["readSequence"] == 1
