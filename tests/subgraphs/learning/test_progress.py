"""How far people have come: by the lessons that they have completed."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.subgraphs.learning.asking import (
    ALAN,
    BARBARA,
    DROP,
    GRACE,
    HEDY,
    PROGRESS,
    add,
    complete,
    course_id,
    events,
    lesson_id,
    topics,
)
from tests.support.subgraphs import Running
from trellis.subgraphs.learning.use_cases.progress import percentage

PYTHON = course_id("python")
LESSONS = [lesson_id(f"python-{number}") for number in range(1, 6)]


async def test_completed_lessons_are_counted_once(school: Running):
    """Alan has completed the first two already."""
    enrollment = await complete(school, PYTHON, LESSONS[3], LESSONS[0], LESSONS[3])

    assert (enrollment["completedLessonCount"], enrollment["progress"]) == (3, 60)
    assert [one["lesson"]["position"] for one in enrollment["completedLessons"]] == [1, 2, 4]
    assert (enrollment["completedAt"], enrollment["version"]) == (None, 2)
    [event] = await events(school)
    assert (event.topic, event.key) == ("progress.updated", enrollment["id"])
    assert event.payload == {
        "enrollment_id": enrollment["id"],
        "course_id": PYTHON,
        "user_id": str(ALAN.id),
        "version": 2,
        "course_title": "Introduction to Python",
        "lesson_ids": [LESSONS[3]],
        "completed": True,
        "progress": 60,
        "completed_at": None,
    }


async def test_what_was_completed_before_changes_nothing(school: Running):
    enrollment = await complete(school, PYTHON, *LESSONS[:2])

    assert (enrollment["progress"], enrollment["version"]) == (40, 1)
    assert (await complete(school, PYTHON, LESSONS[4], completed=False))["version"] == 1
    assert await topics(school) == []


async def test_the_last_lesson_completes_the_course(school: Running):
    enrollment = await complete(school, PYTHON, *LESSONS)

    assert enrollment["progress"] == 100 and enrollment["completedAt"] is not None
    [event] = await events(school)
    assert event.payload["completed_at"] == enrollment["completedAt"].replace("Z", "+00:00")


async def test_a_completed_course_stays_completed_when_it_gets_more_lessons(school: Running):
    lesson = (await add(school, PYTHON))["id"]
    again = await complete(school, PYTHON, lesson, who=GRACE)
    assert again["progress"] == 100
    await add(school, PYTHON)
    later = await complete(school, PYTHON, lesson, who=GRACE)
    assert (later["progress"], later["completedAt"]) == (85, again["completedAt"])


async def test_taking_a_lesson_back_opens_the_course_again(school: Running):
    enrollment = await complete(school, PYTHON, LESSONS[0], who=GRACE, completed=False)

    assert (enrollment["progress"], enrollment["completedAt"]) == (80, None)
    assert (await events(school))[-1].payload["completed"] is False


async def test_removing_the_last_open_lesson_completes_the_course(school: Running):
    await complete(school, PYTHON, *LESSONS[:4])
    await school.ask(DROP, BARBARA, id=LESSONS[4])

    query = "query($id: ID!) { course(id: $id) { myEnrollment { progress completedAt } } }"
    for who, is_done in ((ALAN, True), (HEDY, False)):
        mine = (await school.ask(query, who, id=PYTHON))["course"]["myEnrollment"]
        assert (mine["progress"] == 100, mine["completedAt"] is not None) == (is_done, is_done)
    assert await topics(school) == ["progress.updated", "lesson.deleted", "progress.updated"]
    assert (await events(school))[-1].payload["user_id"] == str(ALAN.id)


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"lessonIds": []}, "BAD_USER_INPUT"),
        ({"lessonIds": ["7"]}, "BAD_USER_INPUT"),
        ({"lessonIds": [LESSONS[0]] * 501}, "BAD_USER_INPUT"),
        ({"lessonIds": [LESSONS[0], lesson_id("proofs-1")]}, "BAD_USER_INPUT"),
        ({"courseId": course_id("proofs")}, "FORBIDDEN"),
        ({"courseId": course_id("compilers")}, "NOT_FOUND"),
        ({"courseId": course_id("absent")}, "NOT_FOUND"),
    ],
    ids=["none", "no id", "too many", "of another course", "not enrolled", "draft", "absent"],
)
async def test_what_is_wrong_is_refused(school: Running, members: dict[str, Any], code: str):
    given = {"courseId": PYTHON, "lessonIds": [LESSONS[0]]} | members

    assert (await school.refusal(PROGRESS, ALAN, i=given))["code"] == code
    assert await topics(school) == []


async def test_lessons_that_are_completed_at_once_all_count(school: Running):
    await asyncio.gather(*(complete(school, PYTHON, id, who=HEDY) for id in LESSONS))

    enrollment = await complete(school, PYTHON, LESSONS[0], who=HEDY)
    assert (enrollment["progress"], enrollment["version"]) == (100, 6)
    progress = [event.payload["progress"] for event in await events(school)]
    assert progress == [20, 40, 60, 80, 100]


@given(lessons=st.integers(1, 500), data=st.data())
def test_only_all_lessons_are_a_hundred_percent(lessons: int, data: st.DataObject):
    completed = data.draw(st.integers(0, lessons))
    found = percentage(completed, lessons)

    assert 0 <= found <= 100
    assert (found == 100) is (completed == lessons)
    assert found <= 100 * completed / lessons < found + 1


def test_a_course_without_lessons_is_not_completed():
    assert percentage(0, 0) == 0
