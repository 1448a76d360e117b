"""Courses in the search: found by everybody when they are published, before by their instructor."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from tests.subgraphs.search.asking import ADMIN, SEARCH, ask, titles
from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import demo_id
from trellis.schema.events.learning import (
    STREAM,
    CourseCreated,
    CourseDeleted,
    CourseEvent,
    CourseState,
    CourseUpdated,
    EnrollmentCreated,
    EnrollmentEnded,
)
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.subgraphs.search.upkeep import REPLICAS, apply_course, apply_enrollment

ID = uuid4()
TEACHER = Identity(id=uuid4(), scopes=frozenset({"read:courses"}))
LEARNER = replace(TEACHER, id=uuid4())
STATE = CourseState(
    title="Sorting by Hand",
    description="Cards, bins and patience.",
    category="programming",
    level="beginner",
    status="draft",
    price=Decimal("0.00"),
    currency="USD",
    instructor_id=TEACHER.id,
    thumbnail_file_id=None,
)


async def take(search: Running, event: CourseEvent) -> None:
    async with search.context().storage.begin() as uow:
        await apply_course(uow, event)


def updated(version: int, **members: Any) -> CourseUpdated:
    state = replace(STATE, **members)
    return CourseUpdated(course_id=ID, version=version, state=state, changed=tuple(members))


async def test_a_draft_is_found_by_whoever_teaches_it(empty: Running):
    await take(empty, CourseCreated(course_id=ID, version=1, state=STATE))
    for who, count in ((TEACHER, 1), (ADMIN, 1), (LEARNER, 0), (ANONYMOUS, 0)):
        assert len(await titles(empty, who, "sorting patience")) == count

    await take(empty, updated(2, status="published"))
    assert await titles(empty, LEARNER, "sorting patience") == ["Sorting by Hand"]
    assert await titles(empty, replace(LEARNER, scopes=frozenset()), "sorting") == []

    await take(empty, updated(3, status="archived", instructor_id=None))
    for who in (LEARNER, TEACHER):
        assert await titles(empty, who, "sorting") == []


async def test_an_archived_course_is_found_by_those_who_are_enrolled(empty: Running):
    assert LEARNER.id is not None
    about: dict[str, Any] = {"enrollment_id": uuid4(), "course_id": ID, "user_id": LEARNER.id}
    await take(empty, CourseCreated(course_id=ID, version=1, state=STATE))
    async with empty.context().storage.begin() as uow:
        await apply_enrollment(uow, EnrollmentCreated(**about, version=1, basis="free"))
    await take(empty, updated(2, status="archived"))
    assert await titles(empty, LEARNER, "sorting") == ["Sorting by Hand"]

    async with empty.context().storage.begin() as uow:
        await apply_enrollment(uow, EnrollmentEnded(**about, version=1, reason="left"))
    assert await titles(empty, LEARNER, "sorting") == []


async def test_late_news_change_nothing_and_what_was_deleted_stays_away(empty: Running):
    await take(empty, updated(2, status="published", title="Sorting by Machine"))
    await take(empty, CourseCreated(course_id=ID, version=1, state=STATE))
    assert await titles(empty, LEARNER, "sorting") == ["Sorting by Machine"]

    published = replace(STATE, status="published")
    await take(empty, CourseDeleted(course_id=ID, version=2, state=published))
    await take(empty, updated(2, status="published"))
    for who in (LEARNER, TEACHER, ADMIN):
        assert await titles(empty, who, "sorting") == []


def test_no_learner_may_come_after_the_course_was_deleted():
    # Two readers would each go through the stream at their own pace.
    assert len([replica for replica in REPLICAS if replica.stream == STREAM]) == 1


@pytest.mark.parametrize(
    ("who", "word", "found"),
    [
        ("alan", "python", ["Introduction to Python"]),
        ("alan", "compilers", []),
        ("barbara", "compilers", ["Compilers from the Inside"]),
    ],
)
async def test_demo_courses_are_found(search: Running, who: str, word: str, found: list[str]):
    assert await titles(search, caller(who), word, t=["COURSE"]) == found


async def test_a_hit_leads_to_the_course_and_is_counted(search: Running):
    query = SEARCH.replace("tasks }", "tasks courses }")
    answer = (await search.ask(query, caller("alan"), q="python introduction"))["search"]
    [edge] = answer["results"]["edges"]

    assert edge["node"]["target"] == {
        "__typename": "Course",
        "id": str(demo_id("course", "python")),
    }
    assert edge["node"]["type"] == "COURSE"
    assert answer["aggregations"]["byType"] == {
        **dict.fromkeys(("issues", "projects", "users", "tasks"), 0),
        "courses": 1,
    }
    one_word = await ask(search, caller("alan"), "introduction", t=["ISSUE"])
    assert one_word["results"]["edges"] == []
