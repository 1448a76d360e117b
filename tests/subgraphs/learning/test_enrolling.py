"""Enrolling once, in free courses and in those with a price."""

import asyncio
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from tests.subgraphs.learning.asking import (
    ADA,
    ALAN,
    BARBARA,
    ENROLL,
    GRACE,
    LEAVE,
    RADIA,
    SUBSCRIBER,
    complete,
    course_id,
    enroll,
    events,
    lesson_id,
    order,
    topics,
    update,
)
from tests.subgraphs.learning.conftest import BESIDE
from tests.support.subgraphs import Running, running
from trellis.db.settings import DataSettings
from trellis.schema.tiers import Tier
from trellis.subgraphs.learning.graph import make_subgraph
from trellis.subgraphs.learning.settings import LearningSettings

FREE, PAID, DRAFT = course_id("proofs"), course_id("networks"), course_id("compilers")
ARCHIVED = course_id("telegraphs")
AT_ONCE = 50


async def test_somebody_enrols_in_a_free_course(school: Running):
    made = await enroll(school, FREE)

    assert made == {
        "id": made["id"],
        "basis": "FREE",
        "progress": 0,
        "completedLessonCount": 0,
        "completedAt": None,
        "version": 1,
        "user": {"id": str(ALAN.id)},
        "course": {"id": FREE, "enrollmentCount": 2},
        "completedLessons": [],
    }
    [event] = await events(school)
    assert (event.topic, event.key) == ("enrollment.created", made["id"])
    assert event.payload == {
        "enrollment_id": made["id"],
        "course_id": FREE,
        "user_id": str(ALAN.id),
        "version": 1,
        "course_title": "Reading Proofs Aloud",
        "basis": "free",
        "instructor_id": str(RADIA.id),
    }


async def test_nobody_enrols_twice(school: Running):
    await enroll(school, FREE)
    refused = await school.refusal(ENROLL, ALAN, id=FREE)

    assert (refused["code"], refused["courseId"]) == ("ALREADY_EXISTS", FREE)
    assert await topics(school) == ["enrollment.created"]


async def test_of_fifty_tries_at_once_one_is_admitted(school: Running):
    results = await asyncio.gather(
        *(school.answer_of_many(ENROLL, ALAN, id=FREE) for _ in range(AT_ONCE))
    )

    outcomes = Counter(
        result.errors[0].extensions["code"] if result.errors else "enrolled" for result in results
    )
    assert outcomes == {"enrolled": 1, "ALREADY_EXISTS": AT_ONCE - 1}
    assert await topics(school) == ["enrollment.created"]


@pytest.mark.parametrize(
    ("who", "course", "code"),
    [
        (ALAN, course_id("absent"), "NOT_FOUND"),
        (ALAN, "no id", "NOT_FOUND"),
        (ALAN, DRAFT, "NOT_FOUND"),
        (GRACE, ARCHIVED, "NOT_FOUND"),
        (RADIA, FREE, "CONFLICT"),
        (ADA, ARCHIVED, "CONFLICT"),
        (ADA, DRAFT, "CONFLICT"),
        (ALAN, ARCHIVED, "ALREADY_EXISTS"),
        (ALAN, PAID, "ENTITLEMENT_REQUIRED"),
        (replace(ALAN, tier="basic"), PAID, "ENTITLEMENT_REQUIRED"),
        (ADA, PAID, "ENTITLEMENT_REQUIRED"),
    ],
    ids=lambda value: "" if isinstance(value, str) and len(value) == 36 else None,
)
async def test_whoever_may_not_enrol_does_not(school: Running, who, course: str, code: str):
    assert (await school.refusal(ENROLL, who, id=course))["code"] == code
    assert await topics(school) == []


async def test_a_refusal_says_which_subscription_includes_the_course(school: Running):
    refused = await school.refusal(ENROLL, replace(ALAN, tier="basic"), id=PAID)

    assert refused == {
        "code": "ENTITLEMENT_REQUIRED",
        "required_tier": "pro",
        "current_tier": "basic",
        "upgrade_url": "/pricing",
    }


async def test_an_installation_may_want_all_courses_bought(
    school: Running, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TRELLIS_COURSES_INCLUDED_FROM", "none")
    refused = await school.refusal(ENROLL, SUBSCRIBER, id=PAID)

    assert refused == {"code": "ENTITLEMENT_REQUIRED"}


@pytest.mark.parametrize("tier", ["pro", "enterprise"])
async def test_a_subscription_includes_courses_with_a_price(school: Running, tier: str):
    assert (await enroll(school, PAID, replace(ALAN, tier=tier)))["basis"] == "SUBSCRIPTION"


async def test_whoever_has_bought_a_course_enrols(school: Running):
    await order(school, 1, PAID)

    assert (await school.refusal(ENROLL, GRACE, id=PAID))["code"] == "ENTITLEMENT_REQUIRED"
    other = course_id("abstraction")
    assert (await school.refusal(ENROLL, ALAN, id=other))["code"] == "ENTITLEMENT_REQUIRED"
    assert (await enroll(school, PAID))["basis"] == "PURCHASE"


async def test_a_refund_ends_the_enrolment_by_purchase(school: Running):
    await order(school, 1, PAID)
    bought = await enroll(school, PAID)
    await complete(school, PAID, lesson_id("networks-1"))
    await order(school, 1, PAID, cancelled=True)

    assert (await school.refusal(ENROLL, ALAN, id=PAID))["code"] == "ENTITLEMENT_REQUIRED"
    ended = (await events(school))[-1]
    assert (ended.topic, ended.key) == ("enrollment.ended", bought["id"])
    assert ended.payload["reason"] == "refunded"
    await order(school, 2, PAID)
    assert (await enroll(school, PAID))["progress"] == 0


async def test_a_refund_ends_no_enrolment_that_something_else_admits(school: Running):
    await order(school, 1, PAID)
    await order(school, 2, PAID)
    await enroll(school, PAID)
    await enroll(school, PAID, replace(GRACE, tier="pro"))
    await order(school, 1, PAID, cancelled=True)
    await order(school, 3, PAID, GRACE)
    await order(school, 3, PAID, GRACE, cancelled=True)

    assert await topics(school) == ["enrollment.created"] * 2


async def test_an_order_that_was_cancelled_buys_nothing_however_late_its_news_come(
    school: Running,
):
    await order(school, 1, PAID, cancelled=True)
    await order(school, 1, PAID)

    assert (await school.refusal(ENROLL, ALAN, id=PAID))["code"] == "ENTITLEMENT_REQUIRED"


async def test_the_same_news_twice_change_nothing(school: Running):
    for _ in range(2):
        await order(school, 1, PAID)
    await enroll(school, PAID)
    for _ in range(2):
        await order(school, 1, PAID, cancelled=True)

    assert await topics(school) == ["enrollment.created", "enrollment.ended"]


async def test_leaving_a_course_ends_the_enrolment(school: Running):
    await complete(school, ARCHIVED, lesson_id("telegraphs-1"), completed=False)
    await school.ask(LEAVE, ALAN, id=ARCHIVED)

    assert (await school.refusal(LEAVE, ALAN, id=ARCHIVED))["code"] == "NOT_FOUND"
    assert (await school.refusal(LEAVE, ALAN, id=FREE))["code"] == "FORBIDDEN"
    ended = (await events(school))[-1]
    assert (ended.topic, ended.payload["reason"]) == ("enrollment.ended", "left")


async def test_a_course_whose_price_is_dropped_is_open_to_all(school: Running):
    await update(school, PAID, RADIA, price="0")

    assert (await enroll(school, PAID))["basis"] == "FREE"


def test_settings_are_read_from_the_environment():
    given = LearningSettings.from_environment(
        {"TRELLIS_COURSES_INCLUDED_FROM": "basic", "TRELLIS_UPGRADE_URL": "/plans"}
    )
    assert given == LearningSettings(Tier.BASIC, "/plans")
    assert [given.includes(tier) for tier in (None, "free", "basic", "pro", "odd")] == [
        *(False, False, True, True, False)
    ]
    assert LearningSettings.from_environment({}) == LearningSettings()
    with pytest.raises(ValueError, match="must be one of free, basic, pro, enterprise or none"):
        LearningSettings.from_environment({"TRELLIS_COURSES_INCLUDED_FROM": "gold"})


async def test_a_setting_that_makes_no_sense_ends_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TRELLIS_COURSES_INCLUDED_FROM", "gold")
    with pytest.raises(ValueError, match="not 'gold'"):
        async with running(make_subgraph, DataSettings(data_dir=tmp_path), BESIDE):
            raise AssertionError("it has started")


async def test_instructors_and_administrators_see_who_is_enrolled(school: Running):
    query = """query($id: ID!) { course(id: $id) { myEnrollment { progress }
      enrollments { totalCount edges { node { user { id } } } } } }"""
    for who, count, progress in (
        (BARBARA, 3, None),
        (ADA, 3, None),
        (ALAN, 1, 40),
        (RADIA, 0, None),
    ):
        course = (await school.ask(query, who, id=course_id("python")))["course"]
        assert course["enrollments"]["totalCount"] == count
        assert course["myEnrollment"] == (None if progress is None else {"progress": progress})
