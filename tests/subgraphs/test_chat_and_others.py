"""What files and notifications add to channels and messages of chat, over the whole graph."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.subgraphs.chat.asking import DIRECT_ID, GENERAL_ID, READ, SEND, user
from tests.support.subgraphs import caller
from tests.support.whole_graph import WholeGraph, whole_graph
from trellis.db.seed.world import demo_id, demo_world
from trellis.db.settings import DataSettings
from trellis.subgraphs.chat.graph import make_subgraph as make_chat
from trellis.subgraphs.comments.graph import make_subgraph as make_comments
from trellis.subgraphs.files.graph import make_subgraph as make_files
from trellis.subgraphs.notifications.graph import define
from trellis.subgraphs.tasks.graph import make_subgraph as make_tasks

ADA, ALAN, GRACE, HEDY = (caller(name) for name in ("ada", "alan", "grace", "hedy"))
UNREAD = "query($id: ID!) { channel(id: $id) { id unreadCount } }"
FILES = """query($id: ID!) { channel(id: $id) { files { totalCount edges { node { id } } }
  messages(first: 1) { edges { node { attachments { file { id filename } } } } } } }"""
DELETE = "mutation($id: ID!) { deleteMessage(id: $id) { deletedMessageId } }"
TOLD = "{ notifications { edges { node { type title message data } } } }"


@pytest.fixture
async def graph(data_settings: DataSettings) -> AsyncIterator[WholeGraph]:
    # Without jobs: nothing is posted while this runs.
    also = [make_tasks, make_comments, make_files, make_chat, define([])]
    async with whole_graph(data_settings, also=also) as opened:
        yield opened


async def send(graph: WholeGraph, who: Any, content: str, **members: Any) -> str:
    given = {"channelId": GENERAL_ID, "content": content, **members}
    return (await graph.ask(SEND, who, i=given))["sendMessage"]["message"]["id"]


async def unread(graph: WholeGraph, who: Any, id: str = GENERAL_ID) -> int | None:
    return (await graph.ask(UNREAD, who, id=id))["channel"]["unreadCount"]


async def test_unread_messages_are_counted_for_each_member(graph: WholeGraph):
    assert await unread(graph, GRACE) == 0
    ids = [await send(graph, ALAN, f"number {n}") for n in range(3)]
    assert (await unread(graph, GRACE), await unread(graph, ALAN)) == (3, 0)
    await graph.ask(DELETE, ALAN, id=ids[2])
    assert await unread(graph, GRACE) == 2
    await graph.ask(READ, GRACE, id=GENERAL_ID, m=ids[0])
    assert await unread(graph, GRACE) == 1
    await send(graph, GRACE, "I have read it all.")
    assert (await unread(graph, GRACE), await unread(graph, ALAN)) == (0, 1)


async def test_mentions_and_direct_messages_are_notified_without_their_text(graph: WholeGraph):
    message = await send(graph, ADA, "@grace the password is mill")
    opened = """mutation($id: ID!) { openDirectMessage(userId: $id) { channel { id } } }"""
    made = await graph.ask(opened, ALAN, id=user("grace"))
    direct = made["openDirectMessage"]["channel"]["id"]
    await send(graph, ALAN, "@grace psst", channelId=direct)
    told = (await graph.ask(TOLD, GRACE))["notifications"]["edges"]
    found = {edge["node"]["type"]: edge["node"] for edge in told}
    assert found["mentioned"]["data"] == {"channel_id": GENERAL_ID, "message_id": message}
    assert found["message_received"]["data"]["channel_id"] == direct
    assert "mill" not in str(told)
    assert "psst" not in str(told)
    kinds = [edge["node"]["type"] for edge in told]
    assert (kinds.count("mentioned"), kinds.count("message_received")) == (1, 1)


async def test_files_at_messages_are_seen_by_whoever_sees_the_channel(graph: WholeGraph):
    [id] = [
        str(demo_id("file", project.key))
        for project in demo_world().projects
        if project.lead_id == ADA.id
    ][:1]
    await send(graph, ADA, "The plan", channelId=DIRECT_ID, attachments=[id])
    seen = (await graph.ask(FILES, ADA, id=DIRECT_ID))["channel"]
    [message] = seen["messages"]["edges"]
    assert [one["file"]["id"] for one in message["node"]["attachments"]] == [id]
    assert [edge["node"]["id"] for edge in seen["files"]["edges"]] == [id]
    # Not by others, whatever they refer to.
    assert (await graph.ask(FILES, HEDY, id=DIRECT_ID))["channel"] is None
