"""Nothing is told twice, whatever is delivered again, and nothing is lost on the way."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.notifications.expected.projects import of_project
from tests.subgraphs.notifications.idle import make_idle
from tests.subgraphs.notifications.telling import (
    Telling,
    comment,
    envelope_of,
    issue_assigned,
    task_assigned,
    task_updated,
    user,
)
from tests.support.subgraphs import running
from trellis.db.models import utc_now
from trellis.schema.errors import Unavailable
from trellis.schema.events.projects import ProjectMemberAdded
from trellis.subgraphs.notifications import batches
from trellis.subgraphs.notifications.due_soon import remind
from trellis.subgraphs.notifications.models import Channel, Delivery, Notification
from trellis.subgraphs.notifications.noticing import take
from trellis.subgraphs.notifications.posting import post_letters
from trellis.subgraphs.notifications.retention import delete_old
from trellis.subgraphs.notifications.settings import NoticeSettings

SETTINGS = NoticeSettings()


async def test_an_event_that_comes_again_is_told_once(notices: Telling):
    envelope = envelope_of(task_assigned("alan", by="ada"), by=user("ada"))
    await notices.deliver("tasks", envelope, envelope, envelope)
    assert await notices.types_for("alan") == ["task_assigned"]


async def test_after_a_replay_from_zero_nothing_is_told_anew(notices: Telling):
    """Even where it was forgotten which events were handled."""
    await notices.happens(task_assigned("alan", by="ada"), by="ada")
    await notices.happens(comment("grace", "alan"), by="grace")
    told = await notices.new_for("alan")
    letters = await waiting(notices)
    async with notices.storage.begin() as uow:
        await uow.session.execute(text("delete from inbox"))
        await uow.session.execute(text("delete from consumer_position"))
    await notices.subgraph.subgraph.stop()

    bus, settings = notices.subgraph.bus, notices.subgraph.settings
    async with running(make_idle, settings, bus=bus, fresh=False) as again:
        other = Telling(again, notices.logs)
        for stream in ("tasks", "comments"):
            await other.storage.catch_up(stream, timeout=10)
        assert await other.new_for("alan") == told
        assert await waiting(other) == letters
        events = await bus.read_after("notifications", "0", 100)
        assert [one.topic for one in events].count("notification.created") == 3


async def waiting(notices: Telling) -> set[str]:
    async with notices.storage.read() as session:
        return {str(row.id) for row in await session.scalars(select(Delivery))}


async def test_two_readers_of_one_stream_tell_once(notices: Telling):
    """Another process with the same database, as when a deployment is replaced."""
    bus, settings = notices.subgraph.bus, notices.subgraph.settings
    many = [envelope_of(issue_assigned("alan", n), by=user("ada")) for n in range(1, 21)]
    async with running(make_idle, settings, bus=bus, fresh=False) as beside:
        await notices.deliver("issues", *many)
        await Telling(beside, notices.logs).storage.catch_up("issues", timeout=10)
        assert await notices.types_for("alan") == ["issue_assigned"] * 20


async def test_of_fifty_readers_at_once_each_person_is_told_once(notices: Telling):
    """As many processes that hear of one event at the same moment: those that come too late fail,
    as their consumer does before it passes the event over, and find it told when they retry."""
    envelope = envelope_of(event := comment("grace", "alan", "edsger"), by=user("grace"))

    async def read() -> None:
        async with notices.storage.begin() as uow:
            await take(uow, event, envelope)

    ends = await asyncio.gather(*(read() for _ in range(50)), return_exceptions=True)
    assert {type(end) for end in ends} <= {type(None), IntegrityError, Unavailable}
    assert None in ends
    async with notices.storage.read() as session:
        rows = list(await session.scalars(select(Notification)))
    occasion = f"comment:{event.comment_id}"
    told = Counter(row.user_id for row in rows if row.occasion == occasion)
    assert set(told.values()) == {1}
    assert told.keys() >= {user("alan"), user("edsger")}


async def test_news_that_an_event_builds_upon_may_come_a_moment_later(notices: Telling):
    """Streams are read side by side: somebody is assigned before it is known that they are a
    member, something is written about before it is known that it exists."""
    project = of_project("COMP", alan="member")
    task = uuid4()
    event = task_assigned("alan", by="ada", id=task, project_id=project["project_id"])
    notices.logs["tasks"].append(envelope_of(event, by=user("ada")))
    notices.subgraph.bus.log_grew("tasks")
    added = ProjectMemberAdded(**project, user_id=user("alan"), role="member")
    await notices.happens(added, by="ada")
    await notices.storage.catch_up("tasks", timeout=10)

    assert sorted(await notices.types_for("alan")) == ["project_member_added", "task_assigned"]


async def test_two_senders_send_each_letter_once(notices: Telling):
    for name in ("alan", "grace", "edsger", "barbara", "katherine"):
        await notices.happens(issue_assigned(name), by="ada")
    letters, now = Letters(), utc_now() + timedelta(minutes=1)
    await asyncio.gather(*(post_letters(notices.storage, letters, SETTINGS, now) for _ in range(5)))

    sent = sorted(letter.to for letter in letters.sent)
    people = ("alan", "barbara", "edsger", "grace", "katherine")
    assert sent == [f"{name}@example.com" for name in people]
    assert await waiting(notices) == set()


async def test_fifty_who_lease_get_each_batch_once(notices: Telling):
    for name in ("alan", "grace", "edsger"):
        await notices.happens(issue_assigned(name), by="ada")
    now = utc_now() + timedelta(minutes=1)
    leased = await asyncio.gather(
        *(batches.lease(notices.storage, Channel.EMAIL, now, most=10) for _ in range(50))
    )
    ids = [batch.id for some in leased for batch in some]
    assert (len(ids), len(set(ids))) == (3, 3)


async def test_a_task_is_reminded_of_once_for_each_date(notices: Telling):
    now = utc_now()
    due = now + timedelta(hours=20)
    await notices.happens(task_updated("due_date", due_date=due), by="alan")
    await remind(notices.storage, now - timedelta(hours=5))
    assert await notices.new_for("alan") == []
    await asyncio.gather(*(remind(notices.storage, now) for _ in range(5)))
    [told] = await notices.new_for("alan")
    assert (told["type"], told["actor"]) == ("task_due_soon", None)
    assert told["message"] == f"'Hand over the frame' is due at {due:%Y-%m-%d %H:%M} UTC"
    assert told["data"]["task_title"] == "Hand over the frame"

    await notices.happens(task_updated("title", due_date=due, title="Hand it over"), by="alan")
    await remind(notices.storage, now)
    assert await notices.types_for("alan") == ["task_due_soon"]
    later = due + timedelta(hours=1)
    await notices.happens(task_updated("due_date", due_date=later), by="alan")
    await remind(notices.storage, now + timedelta(hours=1))
    assert await notices.types_for("alan") == ["task_due_soon"] * 2
    # Who made it is reminded where nobody has to do it; what is done needs no reminder.
    moved = task_updated("assignee_id", due_date=later, assignee=None)
    await notices.happens(moved, by="alan")
    await notices.happens(
        task_updated("status", id=uuid4(), due_date=later, status="done"), by="alan"
    )
    await remind(notices.storage, now + timedelta(hours=2))
    reminders = [one for one in await notices.types_for("barbara") if one == "task_due_soon"]
    assert (len(reminders), await notices.types_for("alan")) == (1, ["task_due_soon"] * 2)


async def test_old_notifications_are_deleted_when_an_installation_wants_it(notices: Telling):
    await notices.happens(task_assigned("alan", by="ada"), by="ada")
    assert await delete_old(notices.storage, SETTINGS) == 0
    kept = replace(SETTINGS, keep=timedelta(days=30))
    assert await delete_old(notices.storage, kept) > 10  # those of the demo world
    assert await notices.types_for("alan") == ["task_assigned"]
    async with notices.storage.read() as session:
        assert len(list(await session.scalars(select(Notification)))) == 1
    assert await delete_old(notices.storage, kept, utc_now() + timedelta(days=31)) == 1
    assert await waiting(notices) == set()
