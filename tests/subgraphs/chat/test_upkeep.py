"""News of people, courses and files, and texts that are kept for a while only."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text, update
from sqlmodel import col, select

from tests.subgraphs.chat.asking import (
    DELETE,
    EDIT,
    GENERAL_ID,
    ONE,
    OPEN,
    create,
    events,
    send,
    unit_of_work,
    user,
)
from tests.support.subgraphs import Running, caller
from trellis.db.models import utc_now
from trellis.db.seed.world import demo_id
from trellis.schema.events.accounts import SubscriptionChanged
from trellis.schema.events.chat import MessageEdited
from trellis.schema.events.learning import (
    CourseCreated,
    CourseDeleted,
    CourseEvent,
    CourseState,
    CourseUpdated,
    EnrollmentCreated,
    EnrollmentEnded,
)
from trellis.subgraphs.chat.models import MessageMention, MessageRevision, Subscriber
from trellis.subgraphs.chat.replicas import apply_learning
from trellis.subgraphs.chat.use_cases import upkeep

ADA, ALAN, GRACE = caller("ada"), caller("alan"), caller("grace")
COURSE = UUID("00000000-0000-4000-8000-000000000001")
OF_COURSE = """query($id: ID!) { _entities(representations: [{__typename: "Course", id: $id}]) {
  ... on Course { channel { id name myRole isArchived } } } }"""


def course(kind: type[CourseEvent], version: int, **members: Any) -> CourseEvent:
    given: dict[str, Any] = {
        "title": "Sorting",
        "description": "",
        "category": "sorting",
        "level": "beginner",
        "status": "published",
        "price": Decimal(0),
        "currency": "USD",
        "instructor_id": UUID(user("ada")),
        "thumbnail_file_id": None,
        **members,
    }
    more = {"changed": ("title",)} if kind is CourseUpdated else {}
    return kind(course_id=COURSE, version=version, state=CourseState(**given), **more)


def enrolment(kind: Any, who: str, **members: Any) -> Any:
    return kind(
        enrollment_id=uuid4(), course_id=COURSE, user_id=UUID(user(who)), version=1, **members
    )


async def take(chat: Running, *news: Any) -> None:
    for event in news:
        async with unit_of_work(chat) as uow:
            await apply_learning(uow, event)


async def channel(chat: Running, who: Any) -> Any:
    [found] = (await chat.ask(OF_COURSE, who, id=str(COURSE)))["_entities"]
    return found["channel"]


async def test_the_channel_of_a_course_has_its_instructor_and_who_is_enrolled(chat: Running):
    created = course(CourseCreated, 1)
    await take(chat, created, enrolment(EnrollmentCreated, "alan", basis="free"), created)
    assert (await channel(chat, ADA))["myRole"] == "OWNER"
    assert (await channel(chat, ALAN))["myRole"] == "MEMBER"
    assert await channel(chat, GRACE) is None
    change = course(CourseUpdated, 2, title="Sorting well", instructor_id=UUID(user("alan")))
    await take(chat, change, course(CourseUpdated, 1))
    found = await channel(chat, ALAN)
    assert (found["name"], found["myRole"]) == ("Sorting well", "OWNER")
    await take(chat, enrolment(EnrollmentCreated, "grace", basis="free"))
    assert (await channel(chat, GRACE))["myRole"] == "MEMBER"
    await take(chat, enrolment(EnrollmentEnded, "grace", reason="left"))
    assert await channel(chat, GRACE) is None
    await take(chat, course(CourseUpdated, 3, status="archived"))
    assert (await channel(chat, ADA))["isArchived"]


async def test_demo_courses_have_their_channels(chat: Running):
    python = str(demo_id("course", "python"))
    found = {}
    for who in ("barbara", "alan", "katherine"):
        [entity] = (await chat.ask(OF_COURSE, caller(who), id=python))["_entities"]
        found[who] = entity["channel"] and entity["channel"]["myRole"]
    assert found == {"barbara": "OWNER", "alan": "MEMBER", "katherine": None}


async def test_the_channel_of_a_deleted_course_does_not_come_back(chat: Running):
    await take(chat, course(CourseCreated, 1), course(CourseDeleted, 2), course(CourseUpdated, 1))
    await take(chat, enrolment(EnrollmentCreated, "alan", basis="free"))
    assert await channel(chat, ADA) is None
    assert [event.topic for event in await events(chat)][-1] == "channel.deleted"


async def test_a_deleted_person_leaves_nothing_but_an_id(chat: Running):
    owned = await create(chat, who="alan", memberIds=[user("grace")])
    alone = await create(chat, who="alan")
    direct = (await chat.ask(OPEN, ALAN, id=user("grace")))["openDirectMessage"]["channel"]
    said = await send(chat, "Bye", "alan", direct["id"])
    named = await send(chat, "@alan?", "grace")
    await chat.ask(EDIT, GRACE, id=named["id"], i={"content": "@alan!"})
    react = 'mutation($id: ID!) { addMessageReaction(id: $id, type: "heart") { message { id } } }'
    await chat.ask(react, ALAN, id=named["id"])
    async with unit_of_work(chat) as uow:
        await upkeep.forget_person(uow, UUID(user("alan")))
    assert (await chat.ask(ONE, GRACE, id=owned["id"]))["channel"]["myRole"] == "OWNER"
    assert (await chat.ask(ONE, ADA, id=alone["id"]))["channel"] is None
    assert (await chat.ask(ONE, GRACE, id=direct["id"]))["channel"]["isArchived"]
    query = """query($id: ID!) { message(id: $id) { content author { id } mentions { handle }
      revisions { content } reactions { type } } }"""
    found = (await chat.ask(query, GRACE, id=named["id"]))["message"]
    assert found["content"] == "@deleted-user!"
    assert found["revisions"] == [{"content": "@deleted-user?"}]
    assert found["mentions"] == found["reactions"] == []
    kept = (await chat.ask(query, GRACE, id=said["id"]))["message"]
    assert (kept["content"], kept["author"]) == ("Bye", {"id": user("alan")})
    async with chat.context().storage.read() as session:
        for table in ("channel_member", "message_reaction", "message_mention", "presence"):
            count = text(f"select count(*) from {table} where user_id = :id")
            ids = UUID(user("alan")), UUID(user("alan")).hex
            id = ids[1] if chat.settings.database_url is None else ids[0]
            assert (await session.execute(count, {"id": id})).scalar_one() == 0, table


async def test_a_deleted_person_is_in_no_earlier_text_either(chat: Running):
    said = await send(chat, "@alan and @grace")
    for content in ("@grace", "nobody"):
        await chat.ask(EDIT, ADA, id=said["id"], i={"content": content})
    query = "query($id: ID!) { message(id: $id) { mentions { handle } revisions { content } } }"
    assert (await chat.ask(query, ADA, id=said["id"]))["message"]["mentions"] == []
    async with unit_of_work(chat) as uow:
        await upkeep.forget_person(uow, UUID(user("alan")))
    found = (await chat.ask(query, ADA, id=said["id"]))["message"]
    assert [one["content"] for one in found["revisions"]] == ["@deleted-user and @grace", "@grace"]
    await upkeep.purge_texts(chat.context().storage, timedelta(0))
    async with chat.context().storage.read() as session:
        left = await session.scalars(select(MessageMention.handle))
        assert "grace" not in left.all()  # that of an earlier text goes with it


async def test_a_subscription_that_changed_counts(chat: Running):
    news = SubscriptionChanged(
        user_id=UUID(user("alan")),
        organization_id=None,
        previous_tier="free",
        tier="pro",
        status="active",
        expires_at=None,
    )
    async with unit_of_work(chat) as uow:
        await upkeep.keep_subscription(uow, news)
    async with chat.context().storage.read() as session:
        kept = await session.get(Subscriber, UUID(user("alan")))
    assert kept is not None
    assert kept.tier == "pro"


async def test_deleted_and_replaced_texts_are_removed_after_a_while(chat: Running):
    first = await send(chat, "secret one")
    await chat.ask(EDIT, ADA, id=first["id"], i={"content": "public"})
    second = await send(chat, "secret two")
    await chat.ask(DELETE, ADA, id=second["id"])
    query = """query($id: ID!, $m: ID!) { message(id: $m) { revisions { content } }
      channel(id: $id) { ... on GroupChannel {
        deletedMessages { edges { node { content } } } } } }"""

    async def texts() -> tuple[list[str], list[str]]:
        found = await chat.ask(query, ADA, id=GENERAL_ID, m=first["id"])
        deleted = found["channel"]["deletedMessages"]["edges"]
        before = [one["content"] for one in found["message"]["revisions"]]
        return before, [edge["node"]["content"] for edge in deleted]

    storage = chat.context().storage
    await upkeep.purge_texts(storage, timedelta(days=1))
    assert await texts() == (["secret one"], ["secret two"])
    await upkeep.purge_texts(storage, timedelta(0))
    assert await texts() == ([], [""])


async def test_a_message_is_edited_after_the_first_of_its_texts_was_removed(chat: Running):
    id = (await send(chat, "one"))["id"]
    for content in ("two", "three"):
        await chat.ask(EDIT, ADA, id=id, i={"content": content})
    async with unit_of_work(chat) as uow:
        first = await uow.session.get_one(MessageRevision, (UUID(id), 1))
        first.replaced_at = utc_now() - timedelta(days=2)
    await upkeep.purge_texts(chat.context().storage, timedelta(days=1))
    edited = (await chat.ask(EDIT, ADA, id=id, i={"content": "four"}))["editMessage"]["message"]
    assert [one["content"] for one in edited["revisions"]] == ["two", "three"]


async def test_texts_are_purged_in_batches_and_only_what_nobody_reads_goes(
    chat: Running, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(upkeep, "_AT_ONCE", 2)
    kept = await send(chat, "@grace one")
    await chat.ask(EDIT, ADA, id=kept["id"], i={"content": "two"})
    async with unit_of_work(chat) as uow:
        uow.session.add(MessageRevision(message_id=UUID(kept["id"]), number=2, content="@grace"))
        first = await uow.session.get_one(MessageRevision, (UUID(kept["id"]), 1))
        first.replaced_at = utc_now() - timedelta(days=2)
    for number in range(3):
        gone = await send(chat, f"@alan {number}")
        for content in ("edited", "again"):
            await chat.ask(EDIT, ADA, id=gone["id"], i={"content": content})
    async with unit_of_work(chat) as uow:
        theirs = update(MessageRevision).where(col(MessageRevision.message_id) != UUID(kept["id"]))
        await uow.session.execute(theirs.values(replaced_at=utc_now() - timedelta(days=2)))

    await upkeep.purge_texts(chat.context().storage, timedelta(days=1))

    async with chat.context().storage.read() as session:
        revisions = (await session.scalars(select(MessageRevision))).all()
        earlier = select(MessageMention).where(col(MessageMention.is_earlier))
        mentions = (await session.scalars(earlier)).all()
    of_kept = [one.number for one in revisions if str(one.message_id) == kept["id"]]
    assert of_kept == [2]
    assert {one.message_id for one in revisions} == {UUID(kept["id"])}
    assert [one.handle for one in mentions] == ["grace"]


async def test_only_a_text_that_changes_for_a_deleted_person_is_announced(chat: Running):
    edited = await send(chat, "@alan")
    await chat.ask(EDIT, ADA, id=edited["id"], i={"content": "nobody"})
    current = await send(chat, "@alan")
    async with unit_of_work(chat) as uow:
        await upkeep.forget_person(uow, UUID(user("alan")))
        announced = [str(one.message_id) for one in uow.events if isinstance(one, MessageEdited)]
    assert announced == [current["id"]]
