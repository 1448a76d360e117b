"""The types of notifications in the graph, and what notifications add to people."""

from datetime import datetime
from typing import Annotated, Self

import strawberry
import strawberry.federation
from strawberry import ID, Info
from strawberry.scalars import JSON

from trellis.db.caller_context import CallerContext
from trellis.schema.list_sizes import FORWARD
from trellis.schema.paging import Connection, PageRequest
from trellis.schema.references import Reference, load_by_id, load_one
from trellis.subgraphs.notifications import models
from trellis.subgraphs.notifications.choices import default_of
from trellis.subgraphs.notifications.inputs import NotificationFiltersInput
from trellis.subgraphs.notifications.loaders import Loaders
from trellis.subgraphs.notifications.models import Channel, NotificationKind, SubjectType
from trellis.subgraphs.notifications.queries import NotificationFilters, Switches

READ = [["read:notifications"]]
WRITE = [["write:notifications"]]

Ctx = Info[CallerContext[Loaders], None]


@strawberry.federation.type(keys=["id"])
class Project:
    id: ID


@strawberry.federation.type(keys=["id"])
class Milestone:
    id: ID


@strawberry.federation.type(keys=["id"])
class Issue:
    id: ID


@strawberry.federation.type(keys=["id"])
class Task:
    id: ID


@strawberry.federation.type(keys=["id"])
class File:
    id: ID


@strawberry.federation.type(keys=["id"])
class Timesheet:
    id: ID


NotificationSubject = Annotated[
    Project | Milestone | Issue | Task | File | Timesheet,
    strawberry.union("NotificationSubject"),
]
_SUBJECTS = {
    SubjectType.PROJECT: Project,
    SubjectType.MILESTONE: Milestone,
    SubjectType.ISSUE: Issue,
    SubjectType.TASK: Task,
    SubjectType.FILE: File,
    SubjectType.TIMESHEET: Timesheet,
}


@strawberry.federation.interface_object(keys=["id"], name="Channel")
class ChatChannel:
    """Whatever kind of channel it is; the subgraph ``chat`` knows."""

    id: ID

    @strawberry.federation.field(
        requires_scopes=[["read:notifications"], ["read:channels"]],
        description="How many messages the caller has not read; null unless the caller is a "
        "member.",
    )
    async def unread_count(self, info: Ctx) -> int | None:
        return await load_one(info.context.loaders.unread_messages, self.id)


@strawberry.federation.type(keys=["id"])
class User:
    id: ID

    @strawberry.federation.field(
        requires_scopes=READ,
        directives=[FORWARD],
        description="Newest first; only those of the caller.",
    )
    async def notifications(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        filters: NotificationFiltersInput | None = None,
    ) -> "Connection[Notification] | None":
        wanted = filters.checked() if filters else NotificationFilters()
        page = PageRequest.of(first, after)
        found = await info.context.loaders.notifications.load_for(wanted, self.id, page)
        return Connection.of(Notification.of, found)

    @strawberry.federation.field(
        requires_scopes=READ, description="Only for the caller; null for others."
    )
    async def unread_notification_count(self, info: Ctx) -> int | None:
        return await load_one(info.context.loaders.unread_count, self.id)


@strawberry.federation.type(keys=["id"], requires_scopes=READ)
class Notification:
    id: ID
    kind: NotificationKind = strawberry.field(description="the kind for which channels are chosen")
    type: str = strawberry.field(description="what happened, such as task_assigned")
    title: str
    message: str
    data: JSON = strawberry.field(description="ids and names of its subject")
    event: JSON = strawberry.field(description="the event, as in the event stream")
    actor: User | None = strawberry.field(description="who caused it; null if it was not a person")
    project: Project | None
    subject: NotificationSubject | None = strawberry.field(description="the type of its subject")
    is_read: bool
    read_at: datetime | None
    created_at: datetime
    event_cursor: str | None = strawberry.field(
        default=None,
        description="The position in the stream, to resume after an interruption. Only in "
        "subscriptions, otherwise null.",
    )

    @classmethod
    def of(cls, row: models.Notification, event_cursor: str | None = None) -> Self:
        subject = None
        if row.subject_type is not None and row.subject_id is not None:
            subject = _SUBJECTS[row.subject_type](id=ID(str(row.subject_id)))
        return cls(
            id=ID(str(row.id)),
            kind=row.kind,
            type=row.type,
            title=row.title,
            message=row.message,
            data=JSON(row.data),
            event=JSON(row.event),
            actor=User(id=ID(str(row.actor_id))) if row.actor_id else None,
            project=Project(id=ID(str(row.project_id))) if row.project_id else None,
            subject=subject,
            is_read=row.read_at is not None,
            read_at=row.read_at,
            created_at=row.created_at,
            event_cursor=event_cursor,
        )

    @classmethod
    async def resolve_references(cls, info: Ctx, references: list[Reference]) -> list[Self | None]:
        rows = await load_by_id(info.context.loaders.notification, references)
        return [cls.of(row) if row else None for row in rows]


@strawberry.type(description="For each kind of notification, whether a channel sends it.")
class NotificationSwitches:
    task_assigned: bool
    task_updated: bool
    task_due_soon: bool
    issue_assigned: bool
    issue_updated: bool
    comment_added: bool
    mentions: bool
    project_updates: bool
    file_shared: bool
    timesheet_reviewed: bool
    account: bool

    @classmethod
    def of(cls, channel: Channel, chosen: Switches) -> Self:
        return cls(
            **{
                kind.value: chosen.get((channel, kind), default_of(channel, kind))
                for kind in NotificationKind
            }
        )


@strawberry.type(description="Whether a channel is enabled at all; this is set in the profile.")
class NotificationChannelSwitches:
    email: bool
    push: bool
    in_app: bool


@strawberry.type(
    description="A notification is sent over a channel if both the channel and the kind are "
    "enabled."
)
class NotificationPreferences:
    email: NotificationSwitches
    push: NotificationSwitches
    in_app: NotificationSwitches
    channels: NotificationChannelSwitches

    @classmethod
    def of(cls, chosen: Switches, contact: models.Contact | None) -> Self:
        channels = NotificationChannelSwitches(email=True, push=False, in_app=True)
        if contact is not None:
            channels = NotificationChannelSwitches(
                email=contact.by_email, push=contact.by_push, in_app=contact.in_app
            )
        return cls(
            email=NotificationSwitches.of(Channel.EMAIL, chosen),
            push=NotificationSwitches.of(Channel.PUSH, chosen),
            in_app=NotificationSwitches.of(Channel.IN_APP, chosen),
            channels=channels,
        )


@strawberry.type(description="A browser that receives push messages of the caller.")
class PushSubscription:
    id: ID
    label: str | None
    created_at: datetime
    last_used_at: datetime | None

    @classmethod
    def of(cls, row: models.PushSubscription) -> Self:
        return cls(
            id=ID(str(row.id)),
            label=row.label,
            created_at=row.created_at,
            last_used_at=row.last_used_at,
        )
