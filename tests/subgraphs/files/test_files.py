"""Reading, changing, attaching: what each person sees and may do, and what goes with what."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from tests.subgraphs.files.asking import (
    ATTACH,
    DETACH,
    ENG,
    FILE,
    HOP,
    UPDATE,
    events,
    issue,
    refused,
    stored,
    task,
    upload,
    user,
)
from tests.support.leaving import user_deleted
from tests.support.subgraphs import Running, caller
from trellis.db.models import utc_now
from trellis.db.seed.world import demo_id, demo_world
from trellis.schema.events.comments import CommentCreated, CommentDeleted, CommentState
from trellis.schema.events.projects import ProjectDeleted, ProjectState, ProjectUpdated
from trellis.schema.events.tasks import TaskDeleted
from trellis.subgraphs.files.models import Attachment, Blob, BlobState, File, Person, Subject
from trellis.subgraphs.files.queries import PROJECTS
from trellis.subgraphs.files.use_cases import attachments, upkeep
from trellis.subgraphs.people_scope.people import people_replica

ALAN, ADA, BARBARA, KATHERINE, HEDY = (
    caller(name) for name in ("alan", "ada", "barbara", "katherine", "hedy")
)
LIST = """query($f: FileFilters, $n: Int = 10) { files(first: $n, filters: $f) {
  totalCount edges { node { filename } } } }"""


async def names(files: Running, who: Any, **filters: Any) -> list[str]:
    found = (await files.ask(LIST, who, f=filters))["files"]
    listed = [edge["node"]["filename"] for edge in found["edges"]]
    assert found["totalCount"] >= len(listed)
    return listed


async def test_lists_hold_what_the_caller_sees_newest_first(files: Running):
    await upload(files, ALAN, b"1", "one.txt", projectId=ENG)
    await upload(files, ALAN, b"2", "two.md", "text/markdown", description="of gears")
    await upload(files, BARBARA, b"3", "three.txt")

    assert (await names(files, ALAN))[:2] == ["two.md", "one.txt"]
    assert await names(files, ALAN, personal=True) == ["two.md"]
    assert (await names(files, BARBARA, projectId=ENG))[0] == "one.txt"
    assert await names(files, ALAN, uploadedById=user("alan")) == ["two.md", "one.txt"]
    assert await names(files, BARBARA, uploadedById=user("alan")) == ["one.txt"]
    assert await names(files, ALAN, search="GEARS") == ["two.md"]
    assert await names(files, ALAN, mimeType="text/markdown") == ["two.md"]
    assert await names(files, HEDY, uploadedById=user("alan")) == []
    assert await names(files, ALAN, shared=True) == ["read-me-first.txt"]
    assert await names(files, KATHERINE, shared=True) == []


async def test_other_subgraphs_ask_for_files_by_key(files: Running):
    await upload(files, ALAN, b"1", "one.txt", taskId=task("ENG-1"))
    selection = """... on Project { files(first: 1) { edges { node { filename } } } }
      ... on User { files(first: 1) { edges { node { filename } } } }
      ... on Task { attachments { filename size } attachmentCount }
      ... on Issue { drawings: attachments { filename } }"""
    asked = [
        {"__typename": "Project", "id": ENG},
        {"__typename": "User", "id": user("alan")},
        {"__typename": "Task", "id": task("ENG-1")},
        {"__typename": "Task", "id": task("ENG-2")},
        {"__typename": "Issue", "id": issue("ENG-9")},
    ]
    one = {"edges": [{"node": {"filename": "one.txt"}}]}

    assert await files.entities(BARBARA, selection, *asked) == [
        {"files": one},
        {"files": one},
        {"attachments": [{"filename": "one.txt", "size": 1}], "attachmentCount": 1},
        {"attachments": [], "attachmentCount": 0},
        {"drawings": [{"filename": "drawing-9.png"}]},
    ]
    assert await files.entities(HEDY, selection, *asked) == [
        {"files": {"edges": []}},
        {"files": {"edges": []}},
        {"attachments": [], "attachmentCount": None},
        {"attachments": [], "attachmentCount": None},
        {"drawings": []},
    ]


async def test_files_and_attachments_are_entities(files: Running):
    file = await upload(files, ALAN, b"1", "one.txt", issueId=issue("ENG-1"))
    selection = "... on File { filename } ... on Attachment { filename file { id } }"
    asked = [
        {"__typename": "File", "id": file["id"]},
        {"__typename": "Attachment", "id": file["attachments"][0]["id"]},
        {"__typename": "File", "id": str(uuid4())},
    ]

    assert await files.entities(BARBARA, selection, *asked) == [
        {"filename": "one.txt"},
        {"filename": "one.txt", "file": {"id": file["id"]}},
        None,
    ]
    assert await files.entities(HEDY, selection, *asked) == [None, None, None]


async def test_name_and_description_can_be_changed(files: Running):
    id = (await upload(files, ALAN, b"1", "one.txt"))["id"]

    told = await files.ask(UPDATE, ALAN, id=id, i={"filename": "a/b.txt", "description": "x"})

    changed = {"filename": "a_b.txt", "description": "x", "version": 2}
    assert told["updateFile"]["file"] == changed
    same = await files.ask(UPDATE, ALAN, id=id, i={"filename": "a_b.txt", "version": 2})
    assert same["updateFile"]["file"] == changed
    late = {"description": "y", "version": 1}
    assert (await files.refusal(UPDATE, ALAN, id=id, i=late))["code"] == "CONFLICT"
    assert (await files.refusal(UPDATE, ALAN, id=id, i={"filename": None}))["code"] == (
        "BAD_USER_INPUT"
    )
    assert [event.topic for event in await events(files)] == ["file.uploaded", "file.updated"]


async def test_a_file_is_seen_where_it_is_attached_until_it_is_detached(files: Running):
    id = (await upload(files, ALAN))["id"]
    assert (await files.ask(FILE, BARBARA, id=id))["file"] is None

    told = await files.ask(ATTACH, ALAN, id=id, to={"taskId": task("ENG-1")})

    attachment = told["attachFile"]["attachment"]
    assert attachment["subject"] == {"__typename": "Task"}
    assert (await files.ask(FILE, BARBARA, id=id))["file"] is not None
    assert (await files.ask(FILE, HEDY, id=id))["file"] is None
    again = await files.refusal(ATTACH, ALAN, id=id, to={"taskId": task("ENG-1")})
    assert again["code"] == "ALREADY_EXISTS"
    assert (await files.refusal(DETACH, BARBARA, id=attachment["id"]))["code"] == "FORBIDDEN"
    assert (await files.refusal(DETACH, HEDY, id=attachment["id"]))["code"] == "NOT_FOUND"
    await files.ask(DETACH, ALAN, id=attachment["id"])
    assert (await files.ask(FILE, BARBARA, id=id))["file"] is None
    topics = [event.topic for event in await events(files)]
    assert topics == ["file.uploaded", "file.attached", "file.detached"]


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ({"taskId": task("HOP-1")}, "NOT_FOUND"),
        ({"taskId": task("barbara-1")}, "NOT_FOUND"),
        ({"issueId": task("ENG-1")}, "NOT_FOUND"),
        ({"commentId": "x"}, "BAD_USER_INPUT"),
    ],
)
async def test_nothing_is_attached_to_what_one_does_not_see(
    files: Running, to: dict[str, str], code: str
):
    id = (await upload(files, ALAN))["id"]

    assert (await files.refusal(ATTACH, ALAN, id=id, to=to))["code"] == code


@pytest.mark.parametrize("id", [str(uuid4()), "x"])
async def test_a_file_that_one_does_not_see_cannot_be_attached(files: Running, id: str):
    to, hidden = {"taskId": task("ENG-1")}, (await upload(files, BARBARA))["id"]

    for one in (id, hidden):
        assert (await files.refusal(ATTACH, ALAN, id=one, to=to))["code"] == "NOT_FOUND"
    mine = (await upload(files, ALAN))["id"]
    assert (await files.refusal(ATTACH, ALAN, id=mine, to={}))["code"] == "BAD_USER_INPUT"


async def test_there_is_an_end_of_attachments(files: Running, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(attachments, "MAX_ATTACHMENTS", 2)
    for _ in range(2):
        await upload(files, ALAN, taskId=task("ENG-1"))

    refusal = await refused(files, ALAN, taskId=task("ENG-1"))

    assert (refusal["code"], refusal["limit"]) == ("CONFLICT", 2)


async def test_a_project_may_take_no_files(files: Running):
    storage = files.context().storage
    async with storage.begin() as uow:
        event = ProjectUpdated(**_eng({"file_attachments": False}), changed=("settings",))
        await PROJECTS.replica()._take(uow, event)

    assert (await refused(files, ALAN, projectId=ENG))["code"] == "CONFLICT"
    assert (await refused(files, ALAN, taskId=task("ENG-1")))["code"] == "CONFLICT"


def _eng(settings: dict[str, Any]) -> dict[str, Any]:
    demo = next(project for project in demo_world().projects if project.key == "ENG")
    state = ProjectState(
        key="ENG",
        name=demo.name,
        organization_id=demo.organization_id,
        status="active",
        lead_id=demo.lead_id,
        members={member.user_id: member.role for member in demo.members},
        settings=settings,
    )
    return {"project_id": demo.id, "version": 99, "state": state}


async def kept_blobs(files: Running) -> int:
    async with files.context().storage.read() as session:
        rows = await session.scalars(select(Blob).where(Blob.state == BlobState.KEPT))  # type: ignore[arg-type]
        return len(rows.all())


async def test_with_a_project_its_files_and_their_bytes_go(files: Running):
    await upload(files, ALAN, projectId=ENG)
    personal = (await upload(files, ALAN))["id"]
    await files.ask(ATTACH, ALAN, id=personal, to={"taskId": task("ENG-1")})
    storage = files.context().storage

    async with storage.begin() as uow:
        replica = PROJECTS.replica(deleted=upkeep.delete_files_of)
        await replica._take(uow, ProjectDeleted(**_eng({})))

    await upkeep.delete_bytes(storage)
    async with storage.read() as session:
        rows = (await session.scalars(select(File))).all()
        left = (await session.scalars(select(Attachment))).all()
    assert UUID(ENG) not in {row.project_id for row in rows}
    assert UUID(personal) in {row.id for row in rows}
    assert not [one for one in left if str(one.file_id) == personal]
    assert await kept_blobs(files) == len(rows) == len(await stored(files))


async def test_with_a_task_or_a_comment_its_attachments_go_and_late_news_change_nothing(
    files: Running,
):
    id = (await upload(files, ALAN, taskId=task("ENG-1")))["id"]
    comment = uuid4()
    about: dict[str, Any] = {
        "comment_id": comment,
        "subject_type": "task",
        "subject_id": demo_id("task", "ENG-1"),
        "project_id": UUID(ENG),
        "author_id": ALAN.id,
    }
    state = CommentState(content="x", parent_id=None, mentioned_ids=(), created_at=utc_now())
    storage = files.context().storage
    async with storage.begin() as uow:
        await upkeep.keep_comment(uow, CommentCreated(**about, version=1, state=state))
    await files.ask(ATTACH, ALAN, id=id, to={"commentId": str(comment)})

    async with storage.begin() as uow:
        gone = {"task_id": demo_id("task", "ENG-1"), "project_id": UUID(ENG)}
        await upkeep.keep_task(uow, TaskDeleted(**gone, created_by=ALAN.id, version=5))  # type: ignore[arg-type]
        await upkeep.keep_comment(uow, CommentDeleted(**about, version=2))
        await upkeep.keep_comment(uow, CommentCreated(**about, version=3, state=state))

    async with storage.read() as session:
        left = await session.scalars(select(Attachment).where(Attachment.file_id == UUID(id)))  # type: ignore[arg-type]
        assert left.all() == []
        assert (await session.get_one(Subject, comment)).is_deleted
    assert (await files.ask(FILE, ALAN, id=id))["file"] is not None


async def test_a_person_takes_their_own_files_along(files: Running):
    mine = (await upload(files, ALAN))["id"]
    of_project = (await upload(files, ALAN, projectId=ENG))["id"]
    gone = user_deleted(ALAN.id)

    async with files.context().storage.begin() as uow:
        await people_replica(Person, deleted=upkeep.forget_person)._take(uow, gone)

    async with files.context().storage.read() as session:
        ids = {str(row.id) for row in (await session.scalars(select(File))).all()}
    assert mine not in ids
    assert of_project in ids
    assert [event.topic for event in await events(files)][-1] == "file.deleted"


async def test_what_is_not_known_of_anybody_is_refused(files: Running):
    nobody = await files.answer("{ files { totalCount } }")
    assert nobody.data == {"files": {"totalCount": 0}}
    assert (await names(files, HEDY, projectId=ENG)) == []
    assert (await names(files, HEDY, projectId=HOP)) != []
