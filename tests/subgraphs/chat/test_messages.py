"""Messages: who writes where, in which order, and what is left of them."""

import asyncio
from uuid import UUID, uuid4

import pytest

from tests.subgraphs.chat.asking import (
    ARCHIVE,
    DELETE,
    DIRECT_ID,
    EDIT,
    GENERAL,
    GENERAL_ID,
    LIST,
    MESSAGE_BY_ID,
    SEND,
    create,
    events,
    refuse,
    send,
    texts,
    user,
    write,
)
from tests.support.subgraphs import Running, caller
from trellis.subgraphs.chat.models import File

ADA, ALAN, GRACE = caller("ada"), caller("alan"), caller("grace")
FIRST, SECOND, THIRD = (str(one.id) for one in GENERAL.messages)


async def test_a_message_has_the_next_number_of_its_channel(chat: Running):
    before = await events(chat)
    message = await send(chat, "  Oiled. ", "alan")
    assert message["sequence"] == 4
    assert (message["content"], message["type"], message["language"]) == ("Oiled.", "TEXT", None)
    assert message["author"] == {"id": user("alan")}
    [sent] = (await events(chat))[len(before) :]
    assert (sent.topic, sent.key) == ("message.sent", GENERAL_ID)
    assert sent.payload["sequence"] == 4
    assert "Oiled" not in str(sent.payload)


async def test_fifty_senders_at_once_make_one_order(chat: Running):
    callers = [ADA, ALAN, GRACE]
    given = [{"channelId": GENERAL_ID, "content": f"number {n}"} for n in range(50)]
    answers = await asyncio.gather(
        *(chat.answer_of_many(SEND, callers[n % 3], i=one) for n, one in enumerate(given))
    )
    assert not [answer.errors for answer in answers if answer.errors]
    sent = [answer.data["sendMessage"]["message"] for answer in answers]
    assert sorted(one["sequence"] for one in sent) == list(range(4, 54))
    announced = [event.payload["sequence"] for event in await events(chat, "message.sent")]
    assert announced == list(range(4, 54))
    by_number = sorted(sent, key=lambda one: -one["sequence"])
    assert (await texts(chat))[:50] == [one["content"] for one in by_number]


async def test_code_keeps_its_indentation_and_has_a_language(chat: Running):
    message = await send(chat, "\n    if x:\n        y()\n\n", type="CODE", language="python")
    assert message["content"] == "    if x:\n        y()"
    assert (message["type"], message["language"]) == ("CODE", "python")
    edits = ({"content": "    y()"}, "python"), ({"content": "z()", "language": None}, None)
    for change, language in edits:
        edited = await chat.ask(EDIT, ADA, id=message["id"], i=change)
        found = edited["editMessage"]["message"]
        assert (found["content"], found["language"]) == (change["content"], language)


@pytest.mark.parametrize(
    ("members", "field", "code"),
    [
        ({"content": " "}, "content", "REQUIRED_FIELD_MISSING"),
        ({"content": "x" * 4_001}, "content", "VALUE_TOO_LONG"),
        ({"content": " " * 4 + "x" * 3_997, "type": "CODE"}, "content", "VALUE_TOO_LONG"),
        ({"type": "SYSTEM"}, "type", "INVALID_ENUM_VALUE"),
        ({"language": "python"}, "language", "INVALID_FORMAT"),
        ({"attachments": [str(uuid4()) for _ in range(11)]}, "attachments", "VALUE_TOO_LONG"),
        ({"attachments": ["mill.txt"]}, "attachments.0", "INVALID_FORMAT"),
        ({"attachments": [str(uuid4())]}, "attachments", "INVALID_FORMAT"),
        ({"replyToId": str(uuid4())}, "replyToId", "INVALID_FORMAT"),
        ({"content": " ".join(f"@p{n}" for n in range(51))}, "content", "VALUE_TOO_LONG"),
    ],
    ids=[
        "blank",
        "too long",
        "code too long",
        "type",
        "language of text",
        "eleven files",
        "no file id",
        "no file",
        "reply to nothing",
        "mentions",
    ],
)
async def test_what_is_not_acceptable_is_refused(chat: Running, members, field, code):
    refused = await refuse(chat, **members)
    assert [(one["field"], one["code"]) for one in refused["fields"]] == [(field, code)]
    assert len(await texts(chat)) == 3


async def test_ten_files_of_the_sender_can_be_attached(chat: Running):
    mine, theirs = [uuid4() for _ in range(10)], uuid4()
    await write(chat, *(File(id=id, owner_id=UUID(user("ada")), version=1) for id in mine))
    await write(chat, File(id=theirs, owner_id=UUID(user("alan")), version=1))
    ids = [str(id) for id in mine]
    assert (await send(chat, "The plans", attachments=ids))["type"] == "FILE"
    assert (await send(chat, "The plans", attachments=ids, type="TEXT"))["type"] == "TEXT"
    announced = [event.payload["attachment_ids"] for event in await events(chat, "message.sent")]
    assert announced == [ids, ids]
    assert (await refuse(chat, attachments=[str(theirs)]))["fields"][0]["field"] == "attachments"


async def test_replies_form_a_thread_that_is_flat(chat: Running):
    root = await send(chat, "Who?")
    reply = await send(chat, "Me.", "alan", replyToId=root["id"])
    deeper = await send(chat, "Good.", replyToId=reply["id"])
    assert [one["threadId"] for one in (root, reply, deeper)] == [None, root["id"], root["id"]]
    query = """query($id: ID!) { message(id: $id) { replyCount
      replies(first: 1) { totalCount pageInfo { hasNextPage } edges { node {
        content replyTo { content } } } } } }"""
    found = (await chat.ask(query, ALAN, id=root["id"]))["message"]
    assert found["replyCount"] == found["replies"]["totalCount"] == 2
    [edge] = found["replies"]["edges"]
    assert edge["node"] == {"content": "Me.", "replyTo": {"content": "Who?"}}
    assert found["replies"]["pageInfo"]["hasNextPage"]


async def test_a_reply_stays_in_the_channel(chat: Running):
    elsewhere = await send(chat, "Here", to=DIRECT_ID)
    refused = await refuse(chat, replyToId=elsewhere["id"])
    assert refused["fields"][0]["field"] == "replyToId"


async def test_members_are_mentioned_and_nobody_else(chat: Running):
    channel = await create(chat, memberIds=[user("alan")])
    message = await send(chat, "@alan, @grace: see @Alan", to=channel["id"])
    assert message["mentions"] == [{"handle": "alan", "user": {"id": user("alan")}}]
    mentioned = [event.payload["user_id"] for event in await events(chat, "user.mentioned")]
    assert mentioned == [user("alan")]


async def test_an_edit_keeps_what_was_there_before(chat: Running):
    message = await send(chat, "Oyled @alan")
    change = {"content": "  Oiled @alan @grace ", "version": message["version"]}
    edited = (await chat.ask(EDIT, ADA, id=message["id"], i=change))["editMessage"]["message"]
    assert edited["content"] == "Oiled @alan @grace"
    assert edited["editedAt"] is not None
    assert edited["revisions"] == [{"content": "Oyled @alan", "language": None}]
    mentioned = [event.payload["user_id"] for event in await events(chat, "user.mentioned")]
    assert mentioned == [user("alan"), user("grace")]
    seen = (await chat.ask(MESSAGE_BY_ID, GRACE, id=message["id"]))["message"]
    assert seen["revisions"] == []
    late = await chat.refusal(EDIT, ADA, id=message["id"], i=change)
    assert (late["code"], late["currentVersion"]) == ("CONFLICT", 2)


async def test_only_the_author_edits(chat: Running):
    refused = await chat.refusal(EDIT, ADA, id=SECOND, i={"content": "No."})
    assert refused["code"] == "FORBIDDEN"
    assert await texts(chat) == [one.content for one in reversed(GENERAL.messages)]


async def test_a_deleted_message_is_gone_for_everybody_but_moderators(chat: Running):
    assert (await chat.refusal(DELETE, GRACE, id=FIRST))["code"] == "FORBIDDEN"
    await chat.ask(DELETE, caller("ada"), id=SECOND)  # owner of the channel
    assert await texts(chat) == [GENERAL.messages[2].content, GENERAL.messages[0].content]
    assert (await chat.ask(MESSAGE_BY_ID, ADA, id=SECOND))["message"] is None
    assert (await chat.refusal(DELETE, ADA, id=SECOND))["code"] == "NOT_FOUND"
    query = """query($id: ID!) { channel(id: $id) { ... on GroupChannel {
      deletedMessages { edges { node { content deletedBy { id } } } } } } }"""
    found = (await chat.ask(query, ADA, id=GENERAL_ID))["channel"]["deletedMessages"]["edges"]
    wanted = {"content": GENERAL.messages[1].content, "deletedBy": {"id": user("ada")}}
    assert [edge["node"] for edge in found] == [wanted]
    assert (await chat.refusal(query, GRACE, id=GENERAL_ID))["code"] == "FORBIDDEN"


async def test_what_the_caller_does_not_see_does_not_exist(chat: Running):
    stranger = caller("hedy")
    assert (await chat.ask(MESSAGE_BY_ID, stranger, id=FIRST))["message"] is None
    for query, variables in ((DELETE, {}), (EDIT, {"i": {"content": "x"}})):
        assert (await chat.refusal(query, stranger, id=FIRST, **variables))["code"] == "NOT_FOUND"
    assert (await refuse(chat, who="hedy"))["code"] == "NOT_FOUND"
    assert (await refuse(chat, to="general"))["code"] == "NOT_FOUND"


async def test_who_sees_a_channel_without_being_in_it_cannot_write(chat: Running):
    channel = await create(chat, isPrivate=False)
    assert (await refuse(chat, who="alan", to=channel["id"]))["code"] == "FORBIDDEN"


async def test_an_archived_channel_is_read_only(chat: Running):
    channel = await create(chat)
    message = await send(chat, to=channel["id"])
    await chat.ask(ARCHIVE, ADA, id=channel["id"])
    assert (await refuse(chat, to=channel["id"]))["code"] == "CONFLICT"
    change = {"content": "x"}
    assert (await chat.refusal(EDIT, ADA, id=message["id"], i=change))["code"] == "CONFLICT"
    assert await texts(chat, channel["id"]) == ["The channel was archived.", "Oiled."]


async def test_lists_begin_and_end_at_messages_and_page_by_cursors(chat: Running):
    said = [one.content for one in GENERAL.messages]
    assert await texts(chat, b=THIRD) == [said[1], said[0]]
    assert await texts(chat, a=FIRST) == [said[2], said[1]]
    assert await texts(chat, a=FIRST, b=THIRD) == [said[1]]
    page = (await chat.ask(LIST, ADA, id=GENERAL_ID, first=2))["channel"]["messages"]
    assert page["pageInfo"]["hasNextPage"]
    after = page["pageInfo"]["endCursor"]
    rest = (await chat.ask(LIST, ADA, id=GENERAL_ID, after=after))["channel"]["messages"]
    assert [edge["node"]["content"] for edge in rest["edges"]] == [said[0]]
    elsewhere = await chat.refusal(LIST, ADA, id=DIRECT_ID, b=THIRD)
    assert elsewhere["fields"][0]["field"] == "beforeMessage"
