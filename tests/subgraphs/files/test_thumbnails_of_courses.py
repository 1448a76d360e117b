"""The picture of a course is for everybody who may see the course."""

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from tests.subgraphs.files.asking import DELETE, ENG, FILE, UPDATE, upload, user
from tests.support.subgraphs import Running, caller
from trellis.schema.events.learning import (
    CourseCreated,
    CourseDeleted,
    CourseEvent,
    CourseState,
    CourseUpdated,
)
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.subgraphs.files.use_cases import upkeep

ALAN, HEDY = caller("alan"), caller("hedy")
COURSE = uuid4()
LIST = "{ files(first: 100) { edges { node { id } } } }"


def course(status: str, file: str | None, version: int, kind: Any = CourseUpdated) -> CourseEvent:
    state = CourseState(
        title="Sorting by Hand",
        description="Cards, bins and patience.",
        category="programming",
        level="beginner",
        status=status,
        price=Decimal("0.00"),
        currency="USD",
        instructor_id=UUID(user("alan")),
        thumbnail_file_id=None if file is None else UUID(file),
    )
    more = {"changed": ("status",)} if kind is CourseUpdated else {}
    return kind(course_id=COURSE, version=version, state=state, **more)


async def take(files: Running, event: CourseEvent) -> None:
    async with files.context().storage.begin() as uow:
        await upkeep.keep_thumbnail(uow, event)


async def seen(files: Running, id: str, who: Identity = HEDY) -> bool:
    return (await files.ask(FILE, who, id=id))["file"] is not None


async def test_a_thumbnail_is_seen_from_publication_on(files: Running):
    first, second = [(await upload(files, ALAN))["id"] for _ in range(2)]
    await take(files, course("draft", first, 1, CourseCreated))
    assert not await seen(files, first)

    await take(files, course("published", first, 2))
    assert await seen(files, first)
    assert not await seen(files, second)
    assert not await seen(files, first, ANONYMOUS)
    await take(files, course("draft", second, 1))  # late news
    assert await seen(files, first)

    await take(files, course("archived", second, 3))
    assert (await seen(files, first), await seen(files, second)) == (False, True)
    await take(files, course("archived", second, 3, CourseDeleted))
    assert not await seen(files, second)


async def test_it_is_in_nobodys_list_and_nobodys_to_change(files: Running):
    id = (await upload(files, ALAN))["id"]
    await take(files, course("published", id, 1))

    listed = (await files.ask(LIST, HEDY))["files"]["edges"]
    assert id not in [edge["node"]["id"] for edge in listed]
    assert (await files.refusal(UPDATE, HEDY, id=id, i={"filename": "x"}))["code"] == "FORBIDDEN"
    assert (await files.refusal(DELETE, HEDY, id=id))["code"] == "FORBIDDEN"
    assert await seen(files, id)


async def test_a_file_of_a_project_stays_within_the_project(files: Running):
    id = (await upload(files, ALAN, projectId=ENG))["id"]
    await take(files, course("published", id, 1))

    assert not await seen(files, id)
