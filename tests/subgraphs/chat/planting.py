"""What the chat subgraph keeps of a tenant."""

from datetime import UTC, datetime
from typing import Any

from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.tenants.tenant import PEOPLE, Tenant
from tests.subgraphs.tenants.writing import write
from tests.support.subgraphs import Running
from trellis.db.bus import EventBus
from trellis.db.settings import DataSettings
from trellis.schema.identity import Identity
from trellis.schema.subgraph import Subgraph
from trellis.subgraphs.chat import models as chat
from trellis.subgraphs.chat.graph import make_subgraph
from trellis.subgraphs.chat.models import ChannelKind, MemberRole, MessageType

_LATER = datetime(2099, 1, 1, tzinfo=UTC)
_ROLES = {"boss": MemberRole.OWNER, "lead": MemberRole.MODERATOR, "member": MemberRole.MEMBER}


def make(settings: DataSettings | None, bus: EventBus | None, letters: Letters) -> Subgraph:
    return make_subgraph(settings, bus)


async def plant(tenant: Tenant, talk: Running) -> None:
    await write(
        talk,
        [*_people_of(tenant), *_channels_of(tenant), _file_of(tenant)],
        _members_of(tenant),
        _messages_of(tenant),
        _parts_of(tenant),
    )


async def plant_outsider(who: Identity, talk: Running) -> None:
    assert who.id is not None
    person = chat.Person(id=who.id, handle=str(who.username), organization_id=who.tenant_id)
    await write(talk, [person])


def _people_of(tenant: Tenant) -> list[Any]:
    return [
        chat.Person(
            id=tenant.id("user", person),
            organization_id=tenant.id("organization"),
            handle=tenant.username(person),
            is_active=person != "former",
            version=1,
        )
        for person in PEOPLE
    ]


def _channels_of(tenant: Tenant) -> list[Any]:
    """The second one can be seen by the whole organization."""
    groups = [
        chat.Channel(
            id=tenant.id("channel", number),
            kind=ChannelKind.GROUP,
            name=tenant.text("Channel"),
            organization_id=tenant.id("organization"),
            is_private=number == 0,
            latest_sequence=len(tenant.ids["message"]),
            created_at=tenant.at(number),
            updated_at=tenant.at(number),
        )
        for number in range(len(tenant.ids["channel"]))
    ]
    pair = sorted(str(tenant.id("user", person)) for person in ("boss", "member"))
    direct = chat.Channel(
        id=tenant.id("direct_channel"),
        kind=ChannelKind.DIRECT,
        direct_key=":".join(pair),
        latest_sequence=1,
        created_at=tenant.at(9),
        updated_at=tenant.at(9),
    )
    return [*groups, direct]


def _file_of(tenant: Tenant) -> Any:
    return chat.File(id=tenant.id("chat_file"), owner_id=tenant.id("user", "boss"), version=1)


def _members_of(tenant: Tenant) -> list[Any]:
    groups = [
        chat.ChannelMember(
            channel_id=id,
            user_id=tenant.id("user", person),
            role=role,
            joined_at=tenant.at(place),
        )
        for id in tenant.ids["channel"]
        for place, (person, role) in enumerate(_ROLES.items())
    ]
    pair = [
        chat.ChannelMember(
            channel_id=tenant.id("direct_channel"),
            user_id=tenant.id("user", person),
            role=MemberRole.MEMBER,
            joined_at=tenant.at(0),
        )
        for person in ("boss", "member")
    ]
    return [*groups, *pair]


def _messages_of(tenant: Tenant) -> list[Any]:
    first = tenant.id("message", 0)
    group = [
        chat.Message(
            id=id,
            channel_id=tenant.id("channel", 0),
            sequence=number + 1,
            author_id=tenant.id("user", "member"),
            type=MessageType.TEXT,
            content=f"@{tenant.username('member')} {tenant.text('Message')}",
            reply_to_id=first if number else None,
            thread_id=first if number else None,
            created_at=tenant.at(number),
            updated_at=tenant.at(number),
        )
        for number, id in enumerate(tenant.ids["message"])
    ]
    direct = chat.Message(
        id=tenant.id("direct_message"),
        channel_id=tenant.id("direct_channel"),
        sequence=1,
        author_id=tenant.id("user", "member"),
        type=MessageType.TEXT,
        content=tenant.text("Secret"),
        created_at=tenant.at(9),
        updated_at=tenant.at(9),
    )
    return [*group, direct]


def _parts_of(tenant: Tenant) -> list[Any]:
    mentions = [
        chat.MessageMention(
            message_id=id,
            user_id=tenant.id("user", "member"),
            handle=tenant.username("member"),
            place=0,
        )
        for id in tenant.ids["message"]
    ]
    reactions = [
        chat.MessageReaction(
            message_id=tenant.id("message", 0),
            type="heart",
            user_id=tenant.id("user", person),
            created_at=tenant.at(0),
        )
        for person in ("lead", "member")
    ]
    revision = chat.MessageRevision(
        message_id=tenant.id("message", 0),
        number=1,
        content=tenant.text("Message before"),
        replaced_at=tenant.at(1),
    )
    there = chat.Presence(
        user_id=tenant.id("user", "lead"),
        status=chat.PresenceStatus.AWAY,
        since=tenant.at(2),
    )
    # Without it a worker would notice that nobody is there.
    lease = chat.PresenceLease(
        user_id=tenant.id("user", "lead"), holder="planted", expires_at=_LATER
    )
    return [*mentions, *reactions, revision, there, lease]
