"""The demo world's channels: one for each organization and each course, and talks of two people."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

from trellis.db.seed.courses import demo_courses, demo_enrollments
from trellis.db.seed.world import DemoOrganization, DemoUser, demo_id, demo_world


@dataclass(frozen=True, slots=True)
class DemoMessage:
    """``sequence`` is its number in the channel; ``replies_to`` that of the message it answers."""

    id: UUID
    sequence: int
    author_id: UUID
    content: str
    created_at: datetime
    replies_to: int | None = None


@dataclass(frozen=True, slots=True)
class DemoChannel:
    """``name`` is None for the channel of two people. The first member is the owner; everybody has
    read all messages."""

    id: UUID
    organization_id: UUID | None
    name: str | None
    member_ids: tuple[UUID, ...]
    messages: tuple[DemoMessage, ...]
    created_at: datetime
    course_id: UUID | None = None
    is_archived: bool = False

    @property
    def is_private(self) -> bool:
        """Only its members see it."""
        return self.name is None or self.course_id is not None

    @property
    def direct_key(self) -> str | None:
        """The two people of a direct channel."""
        return ":".join(sorted(map(str, self.member_ids))) if self.name is None else None


@cache
def demo_channels() -> tuple[DemoChannel, ...]:
    return tuple(_channels())


def _channels() -> Iterator[DemoChannel]:
    for organization in demo_world().organizations:
        people = [one for one in demo_world().users if one.organization_id == organization.id]
        yield _general(organization, people)
        yield _direct(organization, people)
    for course in demo_courses():
        enrolled = [one.user_id for one in demo_enrollments() if one.course_id == course.id]
        yield DemoChannel(
            id=demo_id("channel", str(course.id)),
            organization_id=None,
            name=course.title,
            member_ids=tuple(dict.fromkeys([course.instructor_id, *enrolled])),
            messages=(),
            created_at=course.created_at,
            course_id=course.id,
            is_archived=course.status == "archived",
        )


def _general(organization: DemoOrganization, people: Sequence[DemoUser]) -> DemoChannel:
    first, second, third = people[:3]
    said = (
        (first, f"Welcome to {organization.name}.", None),
        (second, "Thank you! Who looks after the mill?", None),
        (third, f"@{first.username} does, I think.", 2),
    )
    created = organization.created_at + timedelta(days=1)
    return DemoChannel(
        id=demo_id("channel", f"{organization.domain}/general"),
        organization_id=organization.id,
        name="General",
        member_ids=tuple(one.id for one in people),
        messages=tuple(_messages(f"{organization.domain}/general", created, said)),
        created_at=created,
    )


def _direct(organization: DemoOrganization, people: Sequence[DemoUser]) -> DemoChannel:
    first, second = people[:2]
    said = ((first, "Do you have a minute?", None), (second, "At four.", None))
    created = organization.created_at + timedelta(days=2)
    return DemoChannel(
        id=demo_id("channel", f"{organization.domain}/direct"),
        organization_id=None,
        name=None,
        member_ids=(first.id, second.id),
        messages=tuple(_messages(f"{organization.domain}/direct", created, said)),
        created_at=created,
    )


def _messages(
    channel: str, since: datetime, said: Sequence[tuple[DemoUser, str, int | None]]
) -> Iterator[DemoMessage]:
    for number, (author, content, replies_to) in enumerate(said, 1):
        yield DemoMessage(
            id=demo_id("message", f"{channel}/{number}"),
            sequence=number,
            author_id=author.id,
            content=content,
            created_at=since + timedelta(minutes=number),
            replies_to=replies_to,
        )
