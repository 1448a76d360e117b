"""Events of other subgraphs as tests write them, and what people are told of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import select

from tests.support.subgraphs import Running, caller
from trellis.db.bus import MemoryBus
from trellis.db.models import utc_now
from trellis.db.outbox import Envelope
from trellis.db.seed.world import demo_id, demo_world
from trellis.db.storage import Storage
from trellis.schema.events.accounts import UserUpdated
from trellis.schema.events.comments import CommentCreated, CommentState
from trellis.schema.events.event import Event
from trellis.schema.events.issues import IssueAssigned, IssueState, IssueUpdated
from trellis.schema.events.tasks import TaskAssigned, TaskState, TaskUpdated
from trellis.schema.identity import Identity
from trellis.subgraphs.notifications.models import Delivery

BESIDE = [
    "accounts",
    "projects",
    "issues",
    "workflows",
    "tasks",
    "comments",
    "timetracking",
    "files",
    "learning",
    "orders",
    "payments",
    "chat",
    "executions",
]
ENG, HOP = demo_id("project", "ENG"), demo_id("project", "HOP")
PROJECTS = {project.key: project for project in demo_world().projects}
LIST = """query($f: NotificationFilters, $n: Int) { notifications(filters: $f, first: $n) {
  totalCount edges { node { id kind type title message data event isRead readAt createdAt
    actor { id } project { id } subject { __typename } } } } }"""

Expected = tuple[Event, str, str, str, str]
"""An event, who has done it, who is notified of it, the type and the message."""


class OpenLog:
    """The stream of a subgraph that does not run, to which a test writes."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []

    async def read_after(self, cursor: str, limit: int) -> Sequence[Envelope]:
        return self.envelopes[int(cursor) :][:limit]

    async def head(self) -> str:
        return str(len(self.envelopes))

    def append(self, envelope: Envelope) -> None:
        self.envelopes.append(replace(envelope, cursor=str(len(self.envelopes) + 1)))


def with_logs(bus: MemoryBus) -> dict[str, OpenLog]:
    logs = {stream: OpenLog() for stream in BESIDE}
    for stream, log in logs.items():
        bus.attach(stream, log)
    return logs


def envelope_of(
    event: Event, by: UUID | None = None, at: datetime | None = None, id: UUID | None = None
) -> Envelope:
    return Envelope(
        id=id or uuid4(),
        topic=event.topic,
        key=event.key,
        payload=event.payload(),
        occurred_at=at or utc_now(),
        headers={"actorId": str(by)} if by is not None else {},
    )


@dataclass
class Telling:
    """The running subgraph of notifications and the streams that it reads."""

    subgraph: Running
    logs: Mapping[str, OpenLog]

    @property
    def storage(self) -> Storage:
        return self.subgraph.context().storage

    async def happens(
        self, event: Event, by: str | None = None, *, at: datetime | None = None
    ) -> Envelope:
        """The event, done by somebody, once its readers here have taken it in."""
        envelope = envelope_of(event, user(by) if by is not None else None, at)
        await self.deliver(stream_of(event), envelope)
        return envelope

    async def deliver(self, stream: str, *envelopes: Envelope) -> None:
        for envelope in envelopes:
            self.logs[stream].append(envelope)
        self.subgraph.bus.log_grew(stream)
        await self.storage.catch_up(stream, timeout=60)

    async def new_for(self, who: str | Identity, **filters: Any) -> list[dict[str, Any]]:
        """What somebody was told since the demo data, oldest first."""
        identity = caller(who) if isinstance(who, str) else who
        found = await self.subgraph.ask(LIST, identity, f=filters or None, n=100)
        nodes = [edge["node"] for edge in found["notifications"]["edges"]]
        return [node for node in reversed(nodes) if node["createdAt"] > "2026-06"]

    async def types_for(self, who: str) -> list[str]:
        return [node["type"] for node in await self.new_for(who)]


async def waiting(notices: Telling) -> list[Delivery]:
    """What is still to be sent."""
    async with notices.storage.read() as session:
        return list(await session.scalars(select(Delivery)))


def user(name: str) -> UUID:
    return demo_id("user", name)


def stream_of(event: Event) -> str:
    return type(event).__module__.rpartition(".")[2]


def task(number: int = 20) -> UUID:
    """A demo task of ENG; the twentieth is alan's, and barbara has made it."""
    return demo_id("task", f"ENG-{number}")


def issue(number: int = 8) -> UUID:
    """A demo issue of ENG; the eighth is alan's, and grace has reported it."""
    [found] = [
        one.id for one in demo_world().issues if (one.project_id, one.number) == (ENG, number)
    ]
    return found


def task_assigned(to: str | None, by: str, id: UUID | None = None, **more: Any) -> TaskAssigned:
    fields: dict[str, Any] = {
        "task_id": id or task(),
        "project_id": ENG,
        "created_by": user("barbara"),
        "version": 2,
        "assigned_to": user(to) if to is not None else None,
        "assigned_by": user(by),
        "timestamp": utc_now(),
    }
    return TaskAssigned(**{**fields, **more})


def task_updated(
    *changed: str, id: UUID | None = None, assignee: str | None = "alan", **state: Any
) -> TaskUpdated:
    told: dict[str, Any] = {
        "title": "Hand over the frame",
        "description": None,
        "status": "in_progress",
        "priority": "high",
        "milestone_id": None,
        "assignee_id": user(assignee) if assignee is not None else None,
        "due_date": None,
        "estimated_hours": None,
        "tags": (),
    }
    return TaskUpdated(
        task_id=id or task(),
        project_id=ENG,
        created_by=user("barbara"),
        version=3,
        changed=changed,
        state=TaskState(**{**told, **state}),
    )


def issue_assigned(to: str | None, number: int = 8) -> IssueAssigned:
    assignee = user(to) if to is not None else None
    return IssueAssigned(**_of_issue(number), assignee_id=assignee)


def issue_updated(*changed: str, assignee: str | None = "alan", **state: Any) -> IssueUpdated:
    told: dict[str, Any] = {
        "summary": "Align the order codes",
        "description": None,
        "issue_type": "Bug",
        "status": "In Progress",
        "priority": "High",
        "assignee_id": user(assignee) if assignee is not None else None,
        "reporter_id": user("grace"),
    }
    return IssueUpdated(**_of_issue(8), changed=changed, state=IssueState(**{**told, **state}))


def _of_issue(number: int) -> dict[str, Any]:
    return {
        "issue_id": issue(number),
        "issue_key": f"ENG-{number}",
        "project_id": ENG,
        "version": 2,
    }


def comment(
    by: str,
    *mentioned: str,
    on: UUID | None = None,
    content: str = "Oil it first",
    **more: Any,
) -> CommentCreated:
    fields: dict[str, Any] = {
        "comment_id": uuid4(),
        "subject_type": "issue",
        "subject_id": on or issue(),
        "project_id": ENG,
        "author_id": user(by),
        "version": 1,
        "state": CommentState(
            content=content,
            parent_id=None,
            mentioned_ids=tuple(user(name) for name in mentioned),
            created_at=utc_now(),
        ),
    }
    return CommentCreated(**{**fields, **more})


def person(name: str, **changes: Any) -> UserUpdated:
    """News of a demo person."""
    [demo] = [one for one in demo_world().users if one.username == name]
    fields: dict[str, Any] = {
        "user_id": demo.id,
        "version": 2,
        "username": demo.username,
        "display_name": f"{demo.first_name} {demo.last_name}",
        "avatar_url": None,
        "organization_id": demo.organization_id,
        "roles": demo.roles,
        "is_active": True,
        "changed": ("is_active",),
    }
    return UserUpdated(**{**fields, **changes})
