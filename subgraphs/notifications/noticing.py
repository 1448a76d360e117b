"""From an event to the notifications of people, in one transaction with the event's own reading."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from trellis.db.models import utc_now
from trellis.db.outbox import Envelope
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.comments import CommentEvent
from trellis.schema.events.event import Event
from trellis.schema.events.notifications import NotificationsCreated
from trellis.schema.events.projects import MilestoneCreated, ProjectUpdated
from trellis.schema.events.timetracking import TimesheetSubmitted
from trellis.subgraphs.notifications.audience import (
    active_people,
    who_decide,
    who_see_project,
)
from trellis.subgraphs.notifications.choices import choices_of
from trellis.subgraphs.notifications.facts import (
    Facts,
    actor_of,
    project_id_of,
    subject_of,
)
from trellis.subgraphs.notifications.models import (
    MAX_MESSAGE,
    MAX_TITLE,
    Channel,
    Notification,
    Participant,
    Person,
    ProjectMember,
    Subject,
    SubjectType,
)
from trellis.subgraphs.notifications.queues import enqueue
from trellis.subgraphs.notifications.rules import Reach, Rule, rules_for
from trellis.subgraphs.notifications.subjects import apply_state

# A reader that begins with the first event must not tell of what is long past.
_TOLD_FOR = timedelta(days=7)
# How long news of other streams may need that an event builds upon: members, names.
_PATIENCE = timedelta(seconds=1)
_EVENT_LIMIT = 500


class NotYetKnown(Exception):
    """What the event refers to has not been heard of yet; its reader tries again in a moment."""


async def take(uow: UnitOfWork, event: Event, envelope: Envelope) -> None:
    """Keep what an event tells about its subject, and tell those whom rules choose.

    Raises ``NotYetKnown`` while news of another stream may be on the way.
    """
    await apply_state(uow, event)
    rules = rules_for(type(event))
    if rules and utc_now() - envelope.occurred_at < _TOLD_FOR:
        await uow.session.flush()
        facts = await _facts(uow.session, event, envelope)
        if not _quotes_somebody_gone(facts):
            await _follow(uow, rules, facts)


async def _facts(session: AsyncSession, event: Event, envelope: Envelope) -> Facts:
    kind, id = subject_of(event)
    actor_id, project_id = actor_of(event, envelope), project_id_of(event)
    facts = Facts(
        event=event,
        event_id=envelope.id,
        occurred_at=envelope.occurred_at,
        actor_id=actor_id,
        actor=await session.get(Person, actor_id) if actor_id else None,
        subject=await session.get(Subject, id) if id else None,
        project=await session.get(Subject, project_id) if project_id else None,
    )
    is_expected = project_id is not None and kind is not SubjectType.TIMESHEET
    if facts.subject is None and is_expected and _is_young(facts):
        raise NotYetKnown(f"{kind} {id}")
    if id is not None:
        others = select(Participant.user_id).where(col(Participant.subject_id) == id)
        facts = replace(facts, participants=frozenset(await session.scalars(others)))
    if isinstance(event, (ProjectUpdated, MilestoneCreated)):
        all_members = select(ProjectMember.user_id).where(
            col(ProjectMember.project_id) == project_id
        )
        facts = replace(facts, members=frozenset(await session.scalars(all_members)))
    if isinstance(event, TimesheetSubmitted):
        deciders = await who_decide(session, event.project_ids, event.user_id)
        facts = replace(facts, deciders=deciders)
    return facts


def _quotes_somebody_gone(facts: Facts) -> bool:
    """Whether it would quote somebody whose account was closed before the comment was heard of:
    their name may stand in it, and which that was is not known here any more."""
    is_gone = facts.actor is not None and not facts.actor.is_active
    return is_gone and isinstance(facts.event, CommentEvent)


def _is_young(facts: Facts) -> bool:
    """Whether what it builds upon may still be on the way."""
    return utc_now() - facts.occurred_at < _PATIENCE


async def _follow(uow: UnitOfWork, rules: Sequence[Rule], facts: Facts) -> None:
    reached = {facts.actor_id}
    for rule in rules:
        wanted = {id for id in rule.to(facts) if id is not None and id not in reached}
        reached |= wanted
        if wanted:
            people = await _permitted(uow.session, rule, facts, wanted)
            await tell(uow, rule, facts, [person.id for person in people])


async def _permitted(
    session: AsyncSession, rule: Rule, facts: Facts, wanted: Collection[UUID]
) -> list[Person]:
    people = await _within_reach(session, rule, facts, wanted)
    is_named = rule.reach is not Reach.INVOLVED
    if is_named and len(people) < len(wanted) and _is_young(facts):
        raise NotYetKnown(f"who may know of {facts.event_id}")
    return people


async def _within_reach(
    session: AsyncSession, rule: Rule, facts: Facts, wanted: Collection[UUID]
) -> list[Person]:
    if rule.reach is Reach.OWN:
        return await active_people(session, wanted)
    if facts.project_id is not None and rule.reach is not Reach.SHARED:
        return await who_see_project(session, wanted, facts.project_id)
    if rule.reach is Reach.INVOLVED:
        owner = facts.subject.owner_id if facts.subject is not None else None
        return await active_people(session, [id for id in wanted if id == owner])
    home = facts.actor.organization_id if facts.actor is not None else None
    return [one for one in await active_people(session, wanted) if one.organization_id == home]


async def tell(uow: UnitOfWork, rule: Rule, facts: Facts, ids: Collection[UUID]) -> None:
    """Make the notifications of these people who may know of it, by the channels they chose."""
    occasion = _occasion(rule, facts)
    before = select(Notification.user_id).where(
        col(Notification.occasion) == occasion, col(Notification.user_id).in_(ids)
    )
    known = frozenset(await uow.session.scalars(before))
    new = sorted(set(ids) - known)
    choices = await choices_of(uow.session, new, rule.kind)
    channels = {id: choices[id].channels for id in new if choices[id].channels}
    content = _told(rule, facts)
    rows = [
        Notification(
            user_id=id, occasion=occasion, in_app=Channel.IN_APP in channels[id], **content
        )
        for id in channels
    ]
    uow.session.add_all(rows)
    await uow.session.flush()
    await enqueue(uow.session, rows, channels, facts.occurred_at)
    for event in _announcements(rule.type, [row for row in rows if row.in_app]):
        uow.emit(event)


def _occasion(rule: Rule, facts: Facts) -> str:
    given = {**facts.event.payload(), "event_id": facts.event_id}
    return rule.occasion.format_map(given)


def _told(rule: Rule, facts: Facts) -> dict[str, Any]:
    """What is the same for everybody who is told, by column."""
    words = facts.words()
    kind, id = subject_of(facts.event)
    # Whom a file is shared with need not see its project.
    project_id = None if rule.reach is Reach.SHARED else facts.project_id
    event = facts.told_event()
    if project_id is None:
        event.pop("project_id", None)
    return {
        "kind": rule.kind,
        "type": rule.type,
        "title": rule.title.format_map(words)[:MAX_TITLE],
        "message": rule.message.format_map(words)[:MAX_MESSAGE],
        "data": facts.data(),
        "event": event,
        "project_id": project_id,
        "subject_type": kind,
        "subject_id": id,
        "actor_id": facts.actor_id,
        "actor_name": facts.actor.display_name if facts.actor is not None else None,
    }


def _announcements(type: str, rows: Sequence[Notification]) -> Iterator[NotificationsCreated]:
    """Few events for many people: everybody who listens reads each of them."""
    for start in range(0, len(rows), _EVENT_LIMIT):
        some = rows[start : start + _EVENT_LIMIT]
        yield NotificationsCreated(type=type, notifications={row.user_id: row.id for row in some})
