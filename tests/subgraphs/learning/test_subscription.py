"""Subscriptions to a course, and to what one has reached."""

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from tests.subgraphs.learning.asking import (
    ALAN,
    BARBARA,
    DELETE,
    GRACE,
    HEDY,
    RADIA,
    add,
    complete,
    course_id,
    create,
    enroll,
    lesson_id,
    update,
)
from tests.support.subgraphs import Running
from trellis.schema.identity import Identity

PYTHON, PROOFS = course_id("python"), course_id("proofs")
COURSE = """subscription($id: ID!, $a: String) { news: courseUpdated(id: $id, after: $a) {
  title lessonCount eventCursor } }"""
ENROLLMENTS = """subscription($id: ID, $a: String) {
  news: enrollmentUpdated(courseId: $id, after: $a) {
    progress user { id } course { id } eventCursor } }"""


async def subscribe(school: Running, query: str, who: Identity, **variables: Any) -> Any:
    return await school.subgraph.schema.subscribe(
        query, variable_values=variables, context_value=school.context(who)
    )


async def next_of(stream: Any) -> dict[str, Any]:
    result = await asyncio.wait_for(anext(stream), 5)
    assert not result.errors
    return result.data["news"]


async def code_of(stream: Any) -> str:
    result = await asyncio.wait_for(anext(stream), 5)
    return result.errors[0].extensions["code"]


async def test_a_course_is_read_again_after_each_change_of_it_or_its_lessons(school: Running):
    async with aclosing(await subscribe(school, COURSE, ALAN, id=PYTHON, a="0")) as stream:
        await create(school, status="PUBLISHED")
        await update(school, PYTHON, title="Python by Example")
        first = await next_of(stream)
        assert (first["title"], first["lessonCount"]) == ("Python by Example", 5)
        await add(school, PYTHON)
        assert (await next_of(stream))["lessonCount"] == 6
    async with aclosing(
        await subscribe(school, COURSE, ALAN, id=PYTHON, a=first["eventCursor"])
    ) as stream:
        assert (await next_of(stream))["lessonCount"] == 6
        await school.ask(DELETE, BARBARA, id=PYTHON)
        assert await code_of(stream) == "NOT_FOUND"


async def test_it_ends_when_the_course_may_not_be_seen_any_more(school: Running):
    async with aclosing(await subscribe(school, COURSE, HEDY, id=PROOFS, a="0")) as stream:
        await update(school, PROOFS, RADIA, status="ARCHIVED")
        assert await code_of(stream) == "NOT_FOUND"


@pytest.mark.parametrize(
    "id",
    [course_id("compilers"), course_id("absent"), "7"],
    ids=["a draft", "nothing", "no id"],
)
async def test_there_is_nothing_to_subscribe_to_where_nothing_is_seen(school: Running, id: str):
    for query in (COURSE, ENROLLMENTS):
        async with aclosing(await subscribe(school, query, HEDY, id=id)) as stream:
            assert await code_of(stream) == "NOT_FOUND"


async def test_people_get_their_own_progress(school: Running):
    async with aclosing(await subscribe(school, ENROLLMENTS, ALAN, a="0")) as stream:
        await complete(school, PYTHON, lesson_id("python-1"), who=HEDY)
        await enroll(school, PROOFS, GRACE)
        await enroll(school, PROOFS)
        made = await next_of(stream)
        assert (made["progress"], made["course"]["id"]) == (0, PROOFS)
        await complete(school, PYTHON, lesson_id("python-3"))
        assert (await next_of(stream))["progress"] == 60
    async with aclosing(
        await subscribe(school, ENROLLMENTS, ALAN, a=made["eventCursor"])
    ) as stream:
        assert (await next_of(stream))["progress"] == 60


async def test_instructors_get_the_progress_of_all_in_their_course(school: Running):
    teacher = await subscribe(school, ENROLLMENTS, BARBARA, id=PYTHON, a="0")
    learner = await subscribe(school, ENROLLMENTS, HEDY, id=PYTHON, a="0")
    async with aclosing(teacher), aclosing(learner):
        await enroll(school, PROOFS)
        await complete(school, PYTHON, lesson_id("python-3"))
        await complete(school, PYTHON, lesson_id("python-1"), who=HEDY)
        got = [await next_of(teacher), await next_of(teacher)]
        assert [(one["user"]["id"], one["progress"]) for one in got] == [
            (str(ALAN.id), 60),
            (str(HEDY.id), 20),
        ]
        assert (await next_of(learner))["user"]["id"] == str(HEDY.id)
