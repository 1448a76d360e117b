"""Files at messages: what the subgraph of chat announces about channels and messages."""

from datetime import timedelta

from sqlalchemy import ColumnElement, delete, update
from sqlmodel import col, select

from trellis.db.models import utc_now
from trellis.db.replica import keep
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.chat import (
    CHANNEL_STATES,
    ChannelDeleted,
    ChannelEvent,
    ChannelMemberAdded,
    ChannelMemberRemoved,
    ChatEvent,
    MessageDeleted,
    MessageSent,
)
from trellis.schema.events.files import FileAttached
from trellis.subgraphs.files.models import (
    Attachment,
    Channel,
    ChannelMember,
    File,
    Subject,
    SubjectType,
)
from trellis.subgraphs.files.use_cases.files import about

TAKEN = (*CHANNEL_STATES, ChannelMemberAdded, ChannelMemberRemoved, MessageSent, MessageDeleted)


async def apply_chat(uow: UnitOfWork, event: ChatEvent) -> None:
    """Keep who sees messages, and attach to them what their authors have sent with them."""
    match event:
        case ChannelEvent():
            await _keep_channel(uow, event)
        case ChannelMemberAdded():
            member = ChannelMember(channel_id=event.channel_id, user_id=event.user_id)
            await uow.session.merge(member)
        case ChannelMemberRemoved():
            channel = col(ChannelMember.channel_id) == event.channel_id
            member_is = col(ChannelMember.user_id) == event.user_id
            await uow.session.execute(delete(ChannelMember).where(channel, member_is))
        case MessageSent() if event.attachment_ids:
            await _attach(uow, event)
        case MessageDeleted():
            await _drop_subjects(uow, col(Subject.id) == event.message_id)


async def _keep_channel(uow: UnitOfWork, event: ChannelEvent) -> None:
    """One that was deleted stays so, and its messages have no files any more. Whoever reads all
    events again adds its members again, which have no events of their own when they go."""
    is_group, is_deleted = event.state.kind == "group", isinstance(event, ChannelDeleted)
    known = await uow.session.get(Channel, event.channel_id)
    if known is not None and known.is_deleted and not is_deleted:
        return
    channel = Channel(
        id=event.channel_id,
        organization_id=event.state.organization_id,
        is_group=is_group and not is_deleted,
        is_open=is_group and not event.state.is_private and not is_deleted,
        version=event.version,
        is_deleted=is_deleted,
    )
    await keep(uow, channel)
    if is_deleted:
        here = col(ChannelMember.channel_id) == event.channel_id
        await uow.session.execute(delete(ChannelMember).where(here))
        await _drop_subjects(uow, col(Subject.channel_id) == event.channel_id)


async def _attach(uow: UnitOfWork, event: MessageSent) -> None:
    """Those that are still there. Chat has seen to it that they are its author's."""
    if await uow.session.get(Subject, event.message_id) is not None:
        return
    subject = Subject(
        id=event.message_id,
        type=SubjectType.MESSAGE,
        channel_id=event.channel_id,
        version=event.version,
    )
    uow.session.add(subject)
    await uow.session.flush()
    wanted = col(File.id).in_(event.attachment_ids), col(File.uploaded_by) == event.author_id
    files = {file.id: file for file in await uow.session.scalars(select(File).where(*wanted))}
    now = utc_now()
    for place, id in enumerate(event.attachment_ids):
        if (file := files.get(id)) is None:
            continue
        attachment = Attachment(
            file_id=id,
            subject_id=subject.id,
            attached_by=event.author_id,
            # Lists are ordered by it.
            created_at=now + timedelta(microseconds=place),
        )
        uow.session.add(attachment)
        kind = subject.type.value
        uow.emit(FileAttached(**about(file), subject_type=kind, subject_id=subject.id))
    await uow.session.flush()


async def _drop_subjects(uow: UnitOfWork, condition: ColumnElement[bool]) -> None:
    """No event about attachments that go: readers take that of the message or the channel."""
    gone = select(Subject.id).where(condition)
    await uow.session.execute(delete(Attachment).where(col(Attachment.subject_id).in_(gone)))
    await uow.session.execute(update(Subject).where(condition).values(is_deleted=True))
