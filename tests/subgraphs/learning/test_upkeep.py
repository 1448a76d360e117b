"""What news of people and files do to courses."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import SQLModel, col, select

from tests.subgraphs.learning.asking import (
    ADA,
    ALAN,
    BARBARA,
    CREATE,
    ENROLL,
    GET,
    HEDY,
    NEW,
    RADIA,
    UPDATE,
    course_id,
    course_in_table,
    create,
    enroll,
    events,
    order,
    topics,
    update,
)
from tests.support.leaving import user_deleted
from tests.support.subgraphs import Running
from trellis.schema.events.files import FileDeleted, FileState, FileUpdated, FileUploaded
from trellis.schema.identity import Identity
from trellis.subgraphs.learning.models import (
    CompletedLesson,
    Course,
    DeletedPerson,
    Enrollment,
    Purchase,
    StoredFile,
)
from trellis.subgraphs.learning.use_cases import upkeep
from trellis.subgraphs.people_scope.deleted import unless_deleted

PAID = course_id("networks")


async def delete_person(school: Running, who: Identity) -> None:
    event = user_deleted(who.id)
    async with school.context().storage.begin() as uow:
        await upkeep.forget_person(uow, event)


async def rows(school: Running, table: type[SQLModel], *conditions: Any) -> list[Any]:
    async with school.context().storage.read() as session:
        return list(await session.scalars(select(table).where(*conditions)))


async def test_somebody_who_is_deleted_is_enrolled_nowhere(school: Running):
    await order(school, 1, PAID)
    await enroll(school, PAID)
    await delete_person(school, ALAN)

    assert await rows(school, Enrollment, col(Enrollment.user_id) == ALAN.id) == []
    assert await rows(school, Purchase) == []
    assert len(await rows(school, CompletedLesson)) == 6  # those of the others
    ended = (await events(school))[-3:]
    assert {(event.topic, event.payload["reason"]) for event in ended} == {
        ("enrollment.ended", "user_deleted")
    }
    assert {event.payload["course_id"] for event in ended} == {
        PAID,
        course_id("python"),
        course_id("telegraphs"),
    }


async def test_what_arrives_late_of_somebody_who_is_deleted_names_nobody(school: Running):
    await delete_person(school, ALAN)
    await order(school, 1, PAID)
    image = await store_file(school, ALAN)
    assert await rows(school, Purchase) == []
    [file] = await rows(school, StoredFile, col(StoredFile.id) == UUID(image))
    assert file.owner_id is None


async def test_courses_of_a_deleted_instructor_are_archived_and_drafts_deleted(school: Running):
    await delete_person(school, BARBARA)

    assert await course_in_table(school, course_id("compilers")) is None
    course = (await school.ask(GET, ALAN, id=course_id("python")))["course"]
    assert (course["instructor"], course["status"]) == (None, "ARCHIVED")
    assert (await school.ask(GET, RADIA, id=course_id("python")))["course"] is None
    assert sorted(await topics(school)) == ["course.deleted", "course.updated", "course.updated"]
    refused = await school.refusal(UPDATE, ALAN, id=course["id"], i={"title": "Mine now"})
    assert refused["code"] == "FORBIDDEN"
    assert (await update(school, course["id"], ADA, status="PUBLISHED"))["status"] == "PUBLISHED"
    assert (await enroll(school, course["id"], RADIA))["basis"] == "FREE"
    await delete_person(school, BARBARA)
    assert (await topics(school)).count("course.deleted") == 1


async def store_file(
    school: Running,
    who: Identity,
    mime_type: str = "image/png",
    id: UUID | None = None,
    project_id: UUID | None = None,
) -> str:
    id = id or uuid4()
    assert who.id is not None
    state = FileState(filename="x", mime_type=mime_type, size=3, description=None)
    await apply_file(
        school,
        FileUploaded(file_id=id, project_id=project_id, uploaded_by=who.id, version=1, state=state),
    )
    return str(id)


async def apply_file(school: Running, event: FileUploaded | FileUpdated | FileDeleted) -> None:
    async with school.context().storage.begin() as uow:
        await upkeep.keep_file(uow, event)


async def test_an_image_of_the_instructor_becomes_the_thumbnail(school: Running):
    image, other = await store_file(school, BARBARA), await store_file(school, BARBARA)
    made = await create(school, thumbnailFileId=image)
    assert made["thumbnail"] == {"id": image}
    changed = await update(school, made["id"], thumbnailFileId=other)
    assert changed["thumbnail"] == {"id": other}
    assert (await events(school))[-1].payload["state"]["thumbnail_file_id"] == other


async def test_nothing_but_an_own_image_becomes_a_thumbnail(school: Running):
    for id in (
        await store_file(school, RADIA),
        await store_file(school, BARBARA, "application/pdf"),
        await store_file(school, BARBARA, project_id=uuid4()),
        str(uuid4()),
    ):
        for query, given in (
            (CREATE, {"i": {**NEW, "thumbnailFileId": id}}),
            (UPDATE, {"id": course_id("python"), "i": {"thumbnailFileId": id}}),
        ):
            refused = await school.refusal(query, BARBARA, **given)
            assert refused["fields"][0]["field"] == "thumbnailFileId"
    assert await topics(school) == []


async def test_a_deleted_file_is_no_thumbnail_any_more(school: Running):
    image = await store_file(school, BARBARA)
    made = await create(school, thumbnailFileId=image)
    gone = FileDeleted(
        file_id=UUID(image), project_id=None, uploaded_by=BARBARA.id or uuid4(), version=2
    )
    await apply_file(school, gone)
    await store_file(school, BARBARA, id=UUID(image))  # late news

    assert (await school.ask(GET, BARBARA, id=made["id"]))["course"]["thumbnail"] is None
    assert await topics(school) == ["course.created", "course.updated"]
    [file] = await rows(school, StoredFile)
    assert (file.is_deleted, file.owner_id) == (True, None)


async def test_what_was_ordered_without_being_a_course_is_not_kept(school: Running):
    await order(school, 1, course_id("absent"))

    assert await rows(school, Purchase) == []
    assert (await school.refusal(ENROLL, HEDY, id=PAID))["code"] == "ENTITLEMENT_REQUIRED"
    assert len(await rows(school, Course)) == 6


async def test_what_arrives_while_somebody_is_deleted_is_not_kept_with_their_id(school: Running):
    """A file of theirs is read by one consumer and their end by another."""
    storage, person, has_read = school.context().storage, uuid4(), asyncio.Event()

    async def keep() -> None:
        async with storage.begin() as uow:
            owner = await unless_deleted(uow, DeletedPerson, person)
            has_read.set()
            await asyncio.sleep(0.2)
            uow.session.add(StoredFile(id=uuid4(), owner_id=owner, mime_type="", version=1))

    async def forget() -> None:
        await has_read.wait()
        async with storage.begin() as uow:
            await upkeep.forget_person(uow, user_deleted(person))

    await asyncio.gather(keep(), forget())

    assert await rows(school, StoredFile, col(StoredFile.owner_id) == person) == []
    async with storage.begin() as uow:
        assert await unless_deleted(uow, DeletedPerson, person) is None


async def test_nobody_enrols_with_the_token_of_a_deleted_account(school: Running):
    await delete_person(school, ALAN)
    refusal = await school.refusal(ENROLL, ALAN, id=course_id("proofs"))
    assert refusal["code"] == "FORBIDDEN"
    assert await rows(school, Enrollment, col(Enrollment.user_id) == ALAN.id) == []
