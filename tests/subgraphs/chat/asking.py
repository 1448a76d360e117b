"""Operations of chat that many tests send, and what they are about."""

from typing import Any

from tests.support.subgraphs import Running, caller
from trellis.db.outbox import Envelope
from trellis.db.seed.chat import demo_channels
from trellis.db.seed.world import demo_id

GENERAL, DIRECT = demo_channels()[0], demo_channels()[1]
GENERAL_ID, DIRECT_ID = str(GENERAL.id), str(DIRECT.id)

CHANNEL = """id kind name description isPrivate isArchived version memberCount myRole
  latestSequence readSequence"""
MESSAGE = """id channelId sequence author { id } type content language replyToId threadId version
  editedAt replyCount mentions { handle user { id } } revisions { content language }
  reactions { type count hasMine users { id } }"""
CREATE = f"""mutation($i: CreateChannelInput!) {{
  createChannel(input: $i) {{ channel {{ {CHANNEL} owner {{ id }} }} }} }}"""
UPDATE = f"""mutation($id: ID!, $i: UpdateChannelInput!) {{
  updateChannel(id: $id, input: $i) {{ channel {{ {CHANNEL} }} }} }}"""
ONE = f"query($id: ID!) {{ channel(id: $id) {{ {CHANNEL} }} }}"
OPEN = """mutation($id: ID!) { openDirectMessage(userId: $id) {
  channel { id kind name with { id } participants { id } } } }"""
SEND = f"mutation($i: SendMessageInput!) {{ sendMessage(input: $i) {{ message {{ {MESSAGE} }} }} }}"
EDIT = f"""mutation($id: ID!, $i: EditMessageInput!) {{
  editMessage(id: $id, input: $i) {{ message {{ {MESSAGE} }} }} }}"""
DELETE = "mutation($id: ID!) { deleteMessage(id: $id) { deletedMessageId } }"
MESSAGE_BY_ID = f"query($id: ID!) {{ message(id: $id) {{ {MESSAGE} }} }}"
LIST = """query($id: ID!, $first: Int, $after: String, $b: ID, $a: ID) { channel(id: $id) {
  messages(first: $first, after: $after, beforeMessage: $b, afterMessage: $a) {
    totalCount edges { node { id content sequence } cursor } pageInfo { hasNextPage endCursor } }
} }"""


def simple(name: str, more: str = "", arguments: str = "") -> str:
    """A mutation of a channel that takes its id."""
    return (
        f"mutation($id: ID!{more}) {{ {name}(id: $id{arguments}) {{ channel {{ {CHANNEL} }} }} }}"
    )


ARCHIVE, RESTORE, JOIN = (
    simple(name) for name in ("archiveChannel", "restoreChannel", "joinChannel")
)
READ = f"""mutation($id: ID!, $m: ID) {{
  markChannelRead(id: $id, messageId: $m) {{ channel {{ {CHANNEL} }} }} }}"""
ADD = simple("addChannelMembers", ", $u: [ID!]!", ", userIds: $u")
REMOVE = simple("removeChannelMember", ", $u: ID!", ", userId: $u")
ROLE = simple("setChannelRole", ", $u: ID!, $r: ChannelRole!", ", userId: $u, role: $r")
LEAVE = "mutation($id: ID!) { leaveChannel(id: $id) { deletedChannelId } }"
DELETE_CHANNEL = "mutation($id: ID!) { deleteChannel(id: $id) { deletedChannelId } }"


def user(name: str) -> str:
    return str(demo_id("user", name))


async def create(chat: Running, name: str = "Mill", who: str = "ada", **members: Any) -> Any:
    """A new channel."""
    given = {"name": name, **members}
    return (await chat.ask(CREATE, caller(who), i=given))["createChannel"]["channel"]


async def send(
    chat: Running, content: str = "Oiled.", who: str = "ada", to: str = GENERAL_ID, **members: Any
) -> Any:
    """A new message."""
    given = {"channelId": to, "content": content, **members}
    return (await chat.ask(SEND, caller(who), i=given))["sendMessage"]["message"]


async def refuse(
    chat: Running, content: str = "Oiled.", who: str = "ada", to: str = GENERAL_ID, **members: Any
) -> dict[str, Any]:
    """The extensions of the error that ``send`` with the same arguments gets."""
    given = {"channelId": to, "content": content, **members}
    return await chat.refusal(SEND, caller(who), i=given)


async def texts(chat: Running, of: str = GENERAL_ID, who: str = "ada", **bounds: Any) -> list[str]:
    """What is written in a channel, newest first."""
    found = (await chat.ask(LIST, caller(who), id=of, first=100, **bounds))["channel"]["messages"]
    assert found["totalCount"] == len(found["edges"])
    return [edge["node"]["content"] for edge in found["edges"]]


async def events(chat: Running, *topics: str) -> list[Envelope]:
    found = await chat.bus.read_after("chat", "0", 500)
    return [event for event in found if not topics or event.topic in topics]


async def write(chat: Running, *rows: Any) -> None:
    """Rows of replicas."""
    context = chat.context()
    async with context.storage.begin() as uow:
        uow.session.add_all(rows)


def unit_of_work(chat: Running) -> Any:
    """A transaction, as events of other subgraphs are taken in."""
    return chat.context().storage.begin()
