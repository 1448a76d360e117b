"""The tables of notifications."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Index, LargeBinary, UniqueConstraint
from sqlmodel import Field

from trellis.db.models import JsonB, enum_column, utc_now
from trellis.db.personal_data import PersonId
from trellis.subgraphs.notifications.base import Base
from trellis.subgraphs.notifications.webhooks import models as _webhooks  # noqa: F401 its tables
from trellis.subgraphs.project_scope.tables import ProjectCopy, ProjectMemberCopy

MAX_TITLE = 255
MAX_MESSAGE = 1_000


class NotificationKind(StrEnum):
    """What people choose channels for: the rows of their preferences."""

    TASK_ASSIGNED = "task_assigned"
    TASK_UPDATED = "task_updated"
    TASK_DUE_SOON = "task_due_soon"
    ISSUE_ASSIGNED = "issue_assigned"
    ISSUE_UPDATED = "issue_updated"
    COMMENT_ADDED = "comment_added"
    MENTIONS = "mentions"
    PROJECT_UPDATES = "project_updates"
    FILE_SHARED = "file_shared"
    TIMESHEET_REVIEWED = "timesheet_reviewed"
    ACCOUNT = "account"


class Channel(StrEnum):
    """The ways to tell somebody something."""

    EMAIL = "email"
    PUSH = "push"
    IN_APP = "in_app"


class SubjectType(StrEnum):
    """What events are about."""

    PROJECT = "project"
    MILESTONE = "milestone"
    ISSUE = "issue"
    TASK = "task"
    FILE = "file"
    TIMESHEET = "timesheet"


class Project(ProjectCopy, Base, table=True):
    pass


class ProjectMember(ProjectMemberCopy, Base, table=True):
    pass


class Person(Base, table=True):
    """Who there is, kept up to date by events of accounts."""

    __tablename__ = "person"  # type: ignore[assignment]

    id: UUID = Field(primary_key=True)
    organization_id: UUID | None = Field(default=None, index=True)
    username: str = Field(max_length=50)
    display_name: str = Field(max_length=100)
    roles: list[str] = Field(default_factory=list, sa_type=JsonB)
    is_active: bool = True
    version: int = 0


class Contact(Base, table=True):
    """How somebody can be reached, as accounts tells it: the address once it is confirmed, and the
    master switch of each channel. Nobody is written to without one."""

    __tablename__ = "contact"  # type: ignore[assignment]

    id: PersonId = Field(primary_key=True)
    email: str | None = Field(default=None, max_length=254)
    by_email: bool = True
    by_push: bool = False
    in_app: bool = True
    version: int = 0


class Subject(Base, table=True):
    """What notifications must know of a thing that events are about."""

    __tablename__ = "subject"  # type: ignore[assignment]
    __table_args__ = (
        # The tasks that are due next are looked for again and again.
        Index("ix_subject_due", "due_date", "id"),
        Index("ix_subject_project", "project_id"),
    )

    id: UUID = Field(primary_key=True)
    type: SubjectType = Field(sa_type=enum_column(SubjectType))  # type: ignore[arg-type]
    project_id: UUID | None = None
    title: str = Field(max_length=MAX_TITLE)
    key: str | None = Field(default=None, max_length=32)
    owner_id: PersonId | None = None
    assignee_id: PersonId | None = None
    due_date: datetime | None = None
    # For which date somebody was reminded of it; what is changed is looked at again.
    reminded_of: datetime | None = None
    version: int = 0


class Participant(Base, table=True):
    """Somebody who has commented on a subject, and so hears of what happens to it."""

    __tablename__ = "participant"  # type: ignore[assignment]

    # No foreign key: a comment may be heard of before what it is about.
    subject_id: UUID = Field(primary_key=True)
    user_id: PersonId = Field(primary_key=True, index=True)


class Notification(Base, table=True):
    """What one person was told about one event.

    ``occasion`` says what of: nobody is told of the same one twice, whatever is delivered again.
    """

    __tablename__ = "notification"  # type: ignore[assignment]
    __table_args__ = (
        UniqueConstraint("user_id", "occasion"),
        Index("ix_notification_of_user", "user_id", "created_at", "id"),
        Index("ix_notification_unread", "user_id", "read_at"),
        Index("ix_notification_created", "created_at"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    user_id: PersonId
    occasion: str = Field(max_length=128)
    kind: NotificationKind = Field(sa_type=enum_column(NotificationKind))  # type: ignore[arg-type]
    type: str = Field(max_length=64)
    title: str = Field(max_length=MAX_TITLE)
    message: str = Field(max_length=MAX_MESSAGE)
    data: dict[str, Any] = Field(default_factory=dict, sa_type=JsonB)
    event: dict[str, Any] = Field(default_factory=dict, sa_type=JsonB)
    project_id: UUID | None = Field(default=None, index=True)
    subject_type: SubjectType | None = Field(
        default=None,
        sa_type=enum_column(SubjectType),  # type: ignore[arg-type]
    )
    subject_id: UUID | None = None
    actor_id: PersonId | None = Field(default=None, index=True)
    # As it stands in the message, so that it can be taken out when the person is forgotten.
    actor_name: str | None = Field(default=None, max_length=100)
    # What is told by other channels alone is not in the list.
    in_app: bool = True
    created_at: datetime = Field(default_factory=utc_now)
    read_at: datetime | None = None


class Preference(Base, table=True):
    """What somebody has chosen; without a row the default of the kind holds."""

    __tablename__ = "preference"  # type: ignore[assignment]

    user_id: PersonId = Field(primary_key=True)
    channel: Channel = Field(sa_type=enum_column(Channel), primary_key=True)  # type: ignore[arg-type]
    kind: NotificationKind = Field(
        sa_type=enum_column(NotificationKind),  # type: ignore[arg-type]
        primary_key=True,
    )
    is_enabled: bool


class ChatChannel(Base, table=True):
    """A channel of the subgraph ``chat`` and the number of its newest message."""

    __tablename__ = "chat_channel"  # type: ignore[assignment]

    id: UUID = Field(primary_key=True)
    latest_sequence: int


class ChatMember(Base, table=True):
    """Somebody in a channel, and the number of the newest message that they have read."""

    __tablename__ = "chat_member"  # type: ignore[assignment]

    channel_id: UUID = Field(primary_key=True)
    user_id: PersonId = Field(primary_key=True, index=True)
    read_sequence: int


class DeletedMessage(Base, table=True):
    """The number of a message that was deleted, and so is unread for nobody."""

    __tablename__ = "deleted_message"  # type: ignore[assignment]

    channel_id: UUID = Field(primary_key=True)
    sequence: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})


class PushSubscription(Base, table=True):
    """A browser that takes push messages for somebody. Whoever knows the address and the keys can
    send to it: they are sealed. ``endpoint_hash`` tells whether it is known already."""

    __tablename__ = "push_subscription"  # type: ignore[assignment]

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    user_id: PersonId = Field(index=True)
    endpoint_hash: str = Field(max_length=64, unique=True)
    sealed: bytes = Field(sa_type=LargeBinary)
    label: str | None = Field(default=None, max_length=100)
    created_at: datetime = Field(default_factory=utc_now)
    last_used_at: datetime | None = None


class Delivery(Base, table=True):
    """A notification that is still to be sent; what was sent is gone.

    ``target_id`` is the user for letters, the browser for push messages. What goes to one target
    together has the same ``batch_id``: after a crash the same batch goes out again under the same
    name, so that whoever receives it can tell.
    """

    __tablename__ = "delivery"  # type: ignore[assignment]
    __table_args__ = (
        UniqueConstraint("notification_id", "channel", "target_id"),
        Index("ix_delivery_due", "channel", "due_at"),
        Index("ix_delivery_of_target", "target_id", "channel"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    notification_id: UUID = Field(foreign_key="notification.id", ondelete="CASCADE")
    user_id: PersonId
    channel: Channel = Field(sa_type=enum_column(Channel))  # type: ignore[arg-type]
    target_id: UUID
    due_at: datetime
    batch_id: UUID | None = Field(default=None, index=True)
    attempts: int = 0
    leased_until: datetime | None = None


class LastSent(Base, table=True):
    """When something went to a target for the last time: what follows soon is collected."""

    __tablename__ = "last_sent"  # type: ignore[assignment]

    target_id: UUID = Field(primary_key=True)
    at: datetime


class PushKey(Base, table=True):
    """The key pair by which push services know this server (VAPID); there is one."""

    __tablename__ = "push_key"  # type: ignore[assignment]

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    public_key: str = Field(max_length=128)
    sealed: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = Field(default_factory=utc_now)
