"""The demo world's channels, written once and without events."""

from collections.abc import Iterator

from trellis.db.seed.chat import DemoChannel, demo_channels
from trellis.db.seed.world import demo_id, demo_world
from trellis.db.unit_of_work import UnitOfWork
from trellis.subgraphs.chat.mentions import add_mentions, find_mentions
from trellis.subgraphs.chat.models import (
    Channel,
    ChannelKind,
    ChannelMember,
    Course,
    File,
    MemberRole,
    Message,
    MessageType,
    Person,
)


async def write_demo_data(uow: UnitOfWork) -> None:
    """Does nothing when the first demo channel is here: it was done before."""
    if await uow.session.get(Channel, demo_channels()[0].id) is not None:
        return
    for person in _people():
        # Where chat came to data that was there, events have announced some already.
        await uow.session.merge(person)
    for file in _files():
        await uow.session.merge(file)
    for demo in demo_channels():
        if demo.course_id is not None:
            uow.session.add(Course(id=demo.course_id, version=1))
        uow.session.add(_channel(demo))
        await uow.session.flush()
        uow.session.add_all(_members(demo))
        messages = list(_messages(demo))
        uow.session.add_all(messages)
        await uow.session.flush()
        for message in messages:
            found = await find_mentions(uow.session, demo.id, message.content)
            add_mentions(uow.session, message.id, found)


def _people() -> Iterator[Person]:
    for user in demo_world().users:
        yield Person(
            id=user.id, organization_id=user.organization_id, handle=user.username, version=1
        )


def _files() -> Iterator[File]:
    """Whose the demo world's files are: those at issues, and a text of each project."""
    world = demo_world()
    reporters = {issue.id: issue.reporter_id for issue in world.issues}
    for attachment in world.attachments:
        owner_id = reporters[attachment.issue_id]
        yield File(id=demo_id("file", str(attachment.id)), owner_id=owner_id, version=1)
    for project in world.projects:
        yield File(id=demo_id("file", project.key), owner_id=project.lead_id, version=1)


def _channel(demo: DemoChannel) -> Channel:
    return Channel(
        id=demo.id,
        kind=ChannelKind.GROUP if demo.name else ChannelKind.DIRECT,
        name=demo.name,
        organization_id=demo.organization_id,
        direct_key=demo.direct_key,
        is_private=demo.is_private,
        course_id=demo.course_id,
        archived_at=demo.created_at if demo.is_archived else None,
        latest_sequence=len(demo.messages),
        created_at=demo.created_at,
        updated_at=demo.created_at,
    )


def _members(demo: DemoChannel) -> Iterator[ChannelMember]:
    for place, user_id in enumerate(demo.member_ids):
        is_owner = demo.name is not None and place == 0
        yield ChannelMember(
            channel_id=demo.id,
            user_id=user_id,
            role=MemberRole.OWNER if is_owner else MemberRole.MEMBER,
            read_sequence=len(demo.messages),
            joined_at=demo.created_at,
        )


def _messages(demo: DemoChannel) -> Iterator[Message]:
    ids = {one.sequence: one.id for one in demo.messages}
    for one in demo.messages:
        answered = ids[one.replies_to] if one.replies_to else None
        yield Message(
            id=one.id,
            channel_id=demo.id,
            sequence=one.sequence,
            author_id=one.author_id,
            type=MessageType.TEXT,
            content=one.content,
            reply_to_id=answered,
            thread_id=answered,
            created_at=one.created_at,
            updated_at=one.created_at,
        )
