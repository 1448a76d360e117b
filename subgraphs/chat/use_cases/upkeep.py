"""What happens to chat without anybody asking for it: news of people, courses and files."""

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import delete, exists, update
from sqlmodel import col, select

from trellis.db.models import utc_now
from trellis.db.replica import keep
from trellis.db.storage import Storage
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.accounts import SubscriptionChanged
from trellis.schema.events.chat import ChannelUpdated, MessageEdited, MessageReactionRemoved
from trellis.schema.events.files import FileDeleted, FileEvent
from trellis.schema.events.learning import (
    CourseDeleted,
    CourseEvent,
    EnrollmentCreated,
    EnrollmentEvent,
)
from trellis.subgraphs.chat import queries
from trellis.subgraphs.chat.event_fields import about, about_message, member_added
from trellis.subgraphs.chat.models import (
    MAX_NAME,
    Channel,
    ChannelKind,
    ChannelMember,
    Course,
    File,
    MemberRole,
    Message,
    MessageMention,
    MessageReaction,
    MessageRevision,
    Presence,
    PresenceLease,
    Subscriber,
    Typing,
)
from trellis.subgraphs.chat.use_cases.channels import open_channel, remove_channel
from trellis.subgraphs.chat.use_cases.members import add, drop
from trellis.subgraphs.people_scope.mentions import without_handle

_FORGOTTEN = "@deleted-user"
_ARCHIVED = "archived"
_AT_ONCE = 500


async def keep_file(uow: UnitOfWork, event: FileEvent) -> None:
    """Whose file it is. One that was deleted stays so."""
    known = await uow.session.get(File, event.file_id)
    if known is not None and known.is_deleted:
        return
    file = File(
        id=event.file_id,
        owner_id=event.uploaded_by,
        version=event.version,
        is_deleted=isinstance(event, FileDeleted),
    )
    await keep(uow, file)


async def keep_subscription(uow: UnitOfWork, event: SubscriptionChanged) -> None:
    if event.user_id is not None:
        await uow.session.merge(Subscriber(user_id=event.user_id, tier=event.tier))


# -- courses -------------------------------------------------------------------------------------


async def keep_course(uow: UnitOfWork, event: CourseEvent) -> None:
    """Each course has a channel, whose owner is its instructor."""
    known = await uow.session.get(Course, event.course_id)
    if known is not None and known.is_deleted:
        return
    is_deleted = isinstance(event, CourseDeleted)
    course = Course(id=event.course_id, version=event.version, is_deleted=is_deleted)
    if not await keep(uow, course):
        return
    channel = await _channel_of(uow, event.course_id)
    if is_deleted:
        if channel is not None:
            await remove_channel(uow, channel)
    elif channel is None:
        await _open_channel_of(uow, event)
    else:
        await _follow_course(uow, channel, event)


async def keep_enrollment(uow: UnitOfWork, event: EnrollmentEvent) -> None:
    """Who is enrolled is in the channel of the course."""
    channel = await _channel_of(uow, event.course_id)
    if channel is None:
        return  # the course was deleted meanwhile
    member = await queries.member_for_update(uow.session, channel.id, event.user_id)
    if isinstance(event, EnrollmentCreated):
        if member is None:
            await add(uow, channel, event.user_id)
    elif member is not None and member.role is not MemberRole.OWNER:
        await drop(uow, member)


async def _channel_of(uow: UnitOfWork, course_id: UUID) -> Channel | None:
    """The channel of the course, held for update."""
    statement = select(Channel).where(col(Channel.course_id) == course_id).with_for_update()
    return (await uow.session.scalars(statement)).one_or_none()


async def _open_channel_of(uow: UnitOfWork, event: CourseEvent) -> None:
    channel = Channel(
        kind=ChannelKind.GROUP,
        name=event.state.title[:MAX_NAME],
        course_id=event.course_id,
        archived_at=utc_now() if event.state.status == _ARCHIVED else None,
    )
    instructor = event.state.instructor_id
    await open_channel(uow, channel, {instructor: MemberRole.OWNER} if instructor else {})


async def _follow_course(uow: UnitOfWork, channel: Channel, event: CourseEvent) -> None:
    changed = []
    name, is_archived = event.state.title[:MAX_NAME], event.state.status == _ARCHIVED
    if channel.name != name:
        channel.name = name
        changed.append("name")
    if (channel.archived_at is not None) is not is_archived:
        channel.archived_at = utc_now() if is_archived else None
        changed.append("is_archived")
    if changed:
        await uow.session.flush()
        uow.emit(ChannelUpdated(**about(channel), changed=tuple(changed)))
    await _follow_instructor(uow, channel, event.state.instructor_id)


async def _follow_instructor(uow: UnitOfWork, channel: Channel, instructor: UUID | None) -> None:
    """The previous instructor is an ordinary member."""
    [owner_id] = await queries.owners(uow.session, [channel.id])
    if owner_id == instructor:
        return
    if owner_id is not None:
        await _set_role(uow, channel, owner_id, MemberRole.MEMBER)
    if instructor is not None:
        await _set_role(uow, channel, instructor, MemberRole.OWNER)


async def _set_role(uow: UnitOfWork, channel: Channel, user_id: UUID, role: MemberRole) -> None:
    member = await queries.member_for_update(uow.session, channel.id, user_id)
    if member is None:
        await add(uow, channel, user_id, role)
        return
    member.role = role
    await uow.session.flush()
    uow.emit(member_added(member))


# -- people who are gone -------------------------------------------------------------------------


async def forget_person(uow: UnitOfWork, user_id: UUID) -> None:
    """Remove the memberships, reactions and the name of somebody whose account was deleted.

    Of the author of a message only the id stays, behind which accounts shows nothing personal.
    """
    theirs = select(ChannelMember.channel_id).where(col(ChannelMember.user_id) == user_id)
    for channel_id in (await uow.session.scalars(theirs)).all():
        await _leave_for_good(uow, channel_id, user_id)
    await _forget_reactions(uow, user_id)
    await _forget_handle(uow, user_id)
    for table in (Typing, Presence, PresenceLease, Subscriber):
        await uow.session.execute(delete(table).where(col(table.user_id) == user_id))


async def _leave_for_good(uow: UnitOfWork, channel_id: UUID, user_id: UUID) -> None:
    """A direct channel can be read by the other one, a group has another owner or ends."""
    channel = await uow.session.get_one(Channel, channel_id, with_for_update=True)
    member = await queries.member_for_update(uow.session, channel_id, user_id)
    if member is None:
        return
    was_owner = member.role is MemberRole.OWNER
    await drop(uow, member)
    if channel.kind is ChannelKind.DIRECT:
        if channel.archived_at is None:
            channel.archived_at = utc_now()
            await uow.session.flush()
            uow.emit(ChannelUpdated(**about(channel), changed=("is_archived",)))
    elif was_owner and channel.course_id is None:
        heir = await queries.successor(uow.session, channel_id)
        if heir is None:
            await remove_channel(uow, channel)
        else:
            await _set_role(uow, channel, heir.user_id, MemberRole.OWNER)


async def _forget_reactions(uow: UnitOfWork, user_id: UUID) -> None:
    by_them = col(MessageReaction.user_id) == user_id
    joined = select(MessageReaction, Message).join(
        Message, col(Message.id) == col(MessageReaction.message_id)
    )
    for reaction, message in await uow.session.execute(joined.where(by_them)):
        removed = {"user_id": user_id, "type": reaction.type}
        uow.emit(MessageReactionRemoved(**about_message(message), **removed))
    await uow.session.execute(delete(MessageReaction).where(by_them))


async def _forget_handle(uow: UnitOfWork, user_id: UUID) -> None:
    """In texts, and in those that were replaced."""
    theirs = col(MessageMention.user_id) == user_id
    for mention in (await uow.session.scalars(select(MessageMention).where(theirs))).all():
        message = await uow.session.get_one(Message, mention.message_id, with_for_update=True)
        content = without_handle(message.content, mention.handle, _FORGOTTEN)
        if content != message.content:
            message.content = content
            await uow.session.flush()
            uow.emit(MessageEdited(**about_message(message)))
        of_message = col(MessageRevision.message_id) == message.id
        for old in await uow.session.scalars(select(MessageRevision).where(of_message)):
            old.content = without_handle(old.content, mention.handle, _FORGOTTEN)
    await uow.session.execute(delete(MessageMention).where(theirs))


# -- texts that are gone -------------------------------------------------------------------------


async def purge_texts(storage: Storage, kept: timedelta) -> None:
    """Empty messages that were deleted, and remove texts that were replaced, ``kept`` ago."""
    before = utc_now() - kept
    await storage.in_batches(partial(_remove_revisions, before=before), _AT_ONCE)
    await storage.in_batches(partial(_empty_deleted, before=before), _AT_ONCE)


async def _remove_revisions(uow: UnitOfWork, before: datetime) -> int:
    old = col(MessageRevision.replaced_at) < before
    revisions = (
        await uow.session.scalars(select(MessageRevision).where(old).limit(_AT_ONCE))
    ).all()
    for revision in revisions:
        await uow.session.delete(revision)
    await uow.session.flush()
    await _remove_unread_mentions(uow, {revision.message_id for revision in revisions})
    return len(revisions)


async def _empty_deleted(uow: UnitOfWork, before: datetime) -> int:
    is_deleted = col(Message.deleted_at) < before, col(Message.content) != ""
    ids = (await uow.session.scalars(select(Message.id).where(*is_deleted).limit(_AT_ONCE))).all()
    of_these = col(MessageRevision.message_id).in_(ids)
    await uow.session.execute(delete(MessageRevision).where(of_these))
    await _remove_unread_mentions(uow, ids)
    emptied = update(Message).where(col(Message.id).in_(ids)).values(content="", language=None)
    await uow.session.execute(emptied)
    return len(ids)


async def _remove_unread_mentions(uow: UnitOfWork, message_ids: Collection[UUID]) -> None:
    """Nobody is in an earlier text where there is none."""
    of_these = col(MessageMention.message_id).in_(message_ids)
    left = exists().where(col(MessageRevision.message_id) == col(MessageMention.message_id))
    unread = delete(MessageMention).where(of_these, col(MessageMention.is_earlier), ~left)
    await uow.session.execute(unread.execution_options(synchronize_session=False))
