"""Adding, moving, changing and removing lessons, and who sees what is in them."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.subgraphs.learning.asking import (
    ADA,
    ADD,
    ALAN,
    BARBARA,
    CHANGE,
    DROP,
    GRACE,
    HEDY,
    RADIA,
    add,
    course_id,
    create,
    events,
    lesson_id,
    lesson_titles,
    topics,
)
from tests.support.subgraphs import Running
from trellis.subgraphs.learning.use_cases import lessons

PYTHON, DRAFT = course_id("python"), course_id("compilers")
FIRST = lesson_id("python-1")
READ = "query($id: ID!) { lesson(id: $id) { title content course { id } } }"
VIDEO = "query($id: ID!) { lessonVideo(lessonId: $id) { url lesson { id } } }"
MOVIE = "https://example.com/cards.mp4"


async def test_lessons_follow_one_another_and_make_room(school: Running):
    course = (await create(school))["id"]
    for title, position in (("b", None), ("d", None), ("a", 1), ("c", 3)):
        await add(school, course, title=title, position=position)

    assert await lesson_titles(school, course) == ["a", "b", "c", "d"]
    last = (await events(school))[-1]
    assert (last.topic, last.payload["title"], last.payload["position"]) == (
        "lesson.created",
        "c",
        3,
    )


async def test_a_lesson_is_as_it_was_made(school: Running):
    course = (await create(school))["id"]
    made = await add(school, course, content="Take a card.", durationMinutes=5, videoUrl=MOVIE)

    assert made == {
        "id": made["id"],
        "title": "Bins",
        "position": 1,
        "content": "Take a card.",
        "durationMinutes": 5,
        "hasVideo": True,
        "version": 1,
        "course": {"id": course, "lessonCount": 1},
    }


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    moves=st.lists(
        st.tuples(st.sampled_from(["add", "move", "drop"]), st.integers(0, 9), st.integers(0, 9)),
        max_size=8,
    )
)
async def test_positions_have_no_gap_whatever_is_done(
    school: Running, moves: list[tuple[str, int, int]]
):
    """The model is a list."""
    course = (await create(school))["id"]
    model: list[dict[str, Any]] = []
    for count, (move, one, to) in enumerate(moves):
        if move == "add":
            place = to % (len(model) + 1)
            made = await add(school, course, title=f"{count}", position=place + 1)
            model.insert(place, made)
        elif model and move == "move":
            lesson = model.pop(one % len(model))
            place = to % (len(model) + 1)
            model.insert(place, lesson)
            await school.ask(CHANGE, BARBARA, id=lesson["id"], i={"position": place + 1})
        elif model:
            lesson = model.pop(one % len(model))
            await school.ask(DROP, BARBARA, id=lesson["id"])
    assert await lesson_titles(school, course) == [one["title"] for one in model]


async def test_what_moves_aside_is_otherwise_as_it_was(school: Running):
    """Neither its version counts nor is it published: nobody loses a race by it."""
    changed = await school.ask(CHANGE, BARBARA, id=lesson_id("python-5"), i={"position": 1})
    assert changed["updateLesson"]["lesson"]["version"] == 2
    moved = await school.ask(
        CHANGE, BARBARA, id=FIRST, i={"title": "Names and values", "version": 1}
    )
    assert moved["updateLesson"]["lesson"]["position"] == 2
    assert [(event.key, event.payload["changed"]) for event in await events(school)] == [
        (lesson_id("python-5"), ["position"]),
        (FIRST, ["title"]),
    ]


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"content": "x" * 50_001}, "content"),
        ({"durationMinutes": 0}, "durationMinutes"),
        ({"durationMinutes": 1441}, "durationMinutes"),
        ({"position": 0}, "position"),
        ({"position": 7}, "position"),
        ({"videoUrl": "ftp://example.com/x"}, "videoUrl"),
    ],
)
async def test_what_is_beyond_a_limit_is_refused(
    school: Running, members: dict[str, Any], field: str
):
    made = {"courseId": PYTHON, "title": "Bins"} | members
    for query, values in ((ADD, {"i": made}), (CHANGE, {"id": FIRST, "i": members})):
        refused = await school.refusal(query, BARBARA, **values)
        assert (refused["code"], [one["field"] for one in refused["fields"]]) == (
            "BAD_USER_INPUT",
            [field],
        )
    assert await events(school) == []


async def test_a_course_has_only_so_many_lessons(school: Running, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lessons, "MAX_LESSONS", 5)
    refused = await school.refusal(ADD, BARBARA, i={"courseId": PYTHON, "title": "Bins"})

    assert (refused["code"], refused["limit"]) == ("CONFLICT", 5)


async def test_lessons_are_changed_by_whoever_changes_the_course(school: Running):
    for who, course, lesson, code in (
        (RADIA, PYTHON, FIRST, "FORBIDDEN"),
        (GRACE, PYTHON, FIRST, "FORBIDDEN"),
        (RADIA, DRAFT, lesson_id("compilers-1"), "NOT_FOUND"),
        (BARBARA, course_id("absent"), lesson_id("absent"), "NOT_FOUND"),
    ):
        made = {"courseId": course, "title": "Bins"}
        assert (await school.refusal(ADD, who, i=made))["code"] == code
        assert (await school.refusal(CHANGE, who, id=lesson, i={"title": "x"}))["code"] == code
        assert (await school.refusal(DROP, who, id=lesson))["code"] == code
    assert await events(school) == []
    await school.ask(DROP, ADA, id=FIRST)
    assert await topics(school) == ["lesson.deleted"]
    outdated = {"title": "x", "version": 7}
    lost = await school.refusal(CHANGE, BARBARA, id=lesson_id("python-2"), i=outdated)
    assert (lost["code"], lost["currentVersion"]) == ("CONFLICT", 1)


async def test_what_is_in_a_lesson_is_for_those_who_learn_or_teach(school: Running):
    """Its title is for everybody who sees the course."""
    await school.ask(CHANGE, BARBARA, id=FIRST, i={"videoUrl": MOVIE})
    for who, may_study in ((ALAN, True), (BARBARA, True), (ADA, True), (RADIA, False)):
        lesson = (await school.ask(READ, who, id=FIRST))["lesson"]
        assert lesson["title"] == "Values and names"
        assert (lesson["content"] is not None) is may_study
        if may_study:
            video = (await school.ask(VIDEO, who, id=FIRST))["lessonVideo"]
            assert video == {"url": MOVIE, "lesson": {"id": FIRST}}
        else:
            assert (await school.refusal(VIDEO, who, id=FIRST))["code"] == "FORBIDDEN"


async def test_there_is_no_video_where_there_is_none(school: Running):
    for id in (lesson_id("python-2"), lesson_id("compilers-1"), "no id"):
        assert (await school.ask(VIDEO, ALAN, id=id))["lessonVideo"] is None


async def test_lessons_of_courses_that_are_not_seen_do_not_exist(school: Running):
    old, draft = lesson_id("telegraphs-1"), lesson_id("compilers-1")
    reference = {"__typename": "Lesson", "id": draft}
    for who, id, seen in (
        (ALAN, old, True),
        (HEDY, old, False),
        (HEDY, draft, False),
        (BARBARA, draft, True),
        (replace(HEDY, id=None), FIRST, False),
    ):
        assert ((await school.ask(READ, who, id=id))["lesson"] is not None) is seen
    for who, seen in ((HEDY, False), (BARBARA, True)):
        [entity] = await school.entities(who, "... on Lesson { id }", reference)
        assert (entity is not None) is seen
