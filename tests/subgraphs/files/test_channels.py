"""What files keep of channels, whose members see the files at messages."""

from uuid import uuid4

from sqlmodel import col, select

from tests.support.subgraphs import Running, caller
from trellis.schema.events.chat import (
    ChannelCreated,
    ChannelDeleted,
    ChannelMemberAdded,
    ChannelState,
    ChatEvent,
)
from trellis.subgraphs.files.models import ChannelMember
from trellis.subgraphs.files.use_cases.messages import apply_chat


async def test_members_of_a_deleted_channel_do_not_come_back(files: Running):
    id, alan = uuid4(), caller("alan").id
    assert alan is not None
    state = ChannelState(
        kind="group",
        name="Mill",
        organization_id=None,
        course_id=None,
        is_private=True,
        is_archived=False,
    )
    all_of_it: list[ChatEvent] = [
        ChannelCreated(channel_id=id, version=1, state=state),
        ChannelMemberAdded(channel_id=id, user_id=alan, role="owner", sequence=0),
        ChannelDeleted(channel_id=id, version=1, state=state),
    ]
    for event in (*all_of_it, *all_of_it):
        async with files.context().storage.begin() as uow:
            await apply_chat(uow, event)

    members = select(ChannelMember).where(col(ChannelMember.channel_id) == id)
    async with files.context().storage.read() as session:
        assert (await session.scalars(members)).all() == []
