"""What news of subjects, people and files do to comments."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select as select_columns
from sqlmodel import col

from tests.subgraphs.comments.asking import (
    DELETE,
    ENG,
    ON_ENG,
    REACT,
    create,
    events,
    refuse,
    subject,
    texts,
    user,
)
from tests.support.subgraphs import Running, caller
from trellis.db.models import utc_now
from trellis.db.outbox import Envelope, outbox_of
from trellis.db.seed.world import demo_id
from trellis.schema.events.accounts import UserDeleted, UserUpdated
from trellis.schema.events.event import Event
from trellis.schema.events.files import (
    FileDeleted,
    FileShared,
    FileState,
    FileUnshared,
    FileUploaded,
)
from trellis.schema.events.issues import (
    BackfilledComment,
    CommentAdded,
    CommentsBackfilled,
    IssueCreated,
    IssueDeleted,
    IssueState,
)
from trellis.schema.events.projects import MilestoneCreated, ProjectDeleted, ProjectState
from trellis.schema.events.tasks import TaskCreated, TaskDeleted
from trellis.subgraphs.comments.models import FileShare, Subject, SubjectType
from trellis.subgraphs.comments.replicas import REPLICAS

ALAN, ENG_ID = caller("alan"), UUID(ENG)
NOW = utc_now()


async def tell(comments: Running, *news: Event) -> None:
    """Let every reader of that kind of event take it."""
    for event in news:
        envelope = Envelope(uuid4(), event.topic, event.key, event.payload(), NOW)
        async with comments.context().storage.begin() as uow:
            for replica in REPLICAS:
                if event.topic in replica._kinds:
                    await replica.handle(uow, envelope)


def on(kind: str, id: UUID) -> dict[str, str]:
    return {"type": kind, "id": str(id)}


def task(id: UUID, project: UUID | None, **more: Any) -> dict[str, Any]:
    return {"task_id": id, "project_id": project, "created_by": ALAN.id, "version": 1, **more}


def issue(id: UUID, **more: Any) -> dict[str, Any]:
    return {"issue_id": id, "issue_key": "ENG-9", "project_id": ENG_ID, "version": 1, **more}


async def test_what_is_new_can_be_commented_on_and_takes_its_comments_along(comments: Running):
    milestone, todo, own, bug = (uuid4() for _ in range(4))
    state = IssueState(
        summary="x",
        description=None,
        issue_type="Bug",
        status="Open",
        priority="Low",
        assignee_id=None,
        reporter_id=uuid4(),
    )
    await tell(
        comments,
        MilestoneCreated(milestone_id=milestone, project_id=ENG_ID, title="x"),
        TaskCreated(**task(todo, ENG_ID), state=None),
        TaskCreated(**task(own, None), state=None),
        IssueCreated(**issue(bug), state=state),
    )
    subjects = [
        on("MILESTONE", milestone),
        on("TASK", todo),
        on("TASK", own),
        on("ISSUE", bug),
    ]
    for one in subjects:
        await create(comments, "here", on=one)
    gone = {"version": 2}
    news = [
        TaskDeleted(**{**task(todo, ENG_ID), **gone}),
        TaskDeleted(**{**task(own, None), **gone}),
        IssueDeleted(**{**issue(bug), **gone}),
    ]
    await tell(comments, *news)
    # A late event cannot revive it.
    await tell(comments, TaskCreated(**task(todo, ENG_ID), state=None), news[0])
    for one in subjects[1:]:
        assert await texts(comments, one) == []
        assert (await refuse(comments, on=one))["code"] == "NOT_FOUND"
    assert await texts(comments, subjects[0]) == ["here"]
    told = [event.topic for event in await events(comments)]
    assert told == ["comment.created"] * 4 + ["comment.deleted"] * 3


async def test_a_deleted_project_takes_everything_along(comments: Running):
    state = ProjectState(
        key="ENG",
        name="x",
        status="active",
        organization_id=demo_id("organization", "analytical.example.com"),
        lead_id=uuid4(),
        settings={},
        members={},
    )
    await create(comments)
    storage, file = comments.context().storage, uuid4()
    async with storage.begin() as uow:
        uow.session.add(Subject(id=file, type=SubjectType.FILE, project_id=ENG_ID))
        uow.session.add(FileShare(file_id=file, user_id=uuid4()))
    await tell(comments, ProjectDeleted(project_id=ENG_ID, version=9, state=state))
    async with storage.read() as session:
        assert (
            await session.scalars(select_columns(FileShare).where(col(FileShare.file_id) == file))
        ).all() == []
    # News of what was in it may come later.
    await tell(comments, TaskCreated(**task(uuid4(), ENG_ID), state=None))
    for one in (ON_ENG, subject("task", "ENG-1"), subject("issue", "ENG-2")):
        assert await texts(comments, one, "ada") == []
        assert (await refuse(comments, on=one, who="ada"))["code"] == "NOT_FOUND"


async def test_comments_written_by_way_of_issues_arrive_once(comments: Running):
    there = subject("issue", "ENG-3")
    before = await texts(comments, there)
    about = issue(UUID(there["id"]))
    said: dict[str, Any] = {"author_id": ALAN.id, "created_at": NOW}
    added = CommentAdded(**about, comment_id=uuid4(), content="Moved by @ada.", **said)
    there_before = BackfilledComment(
        comment_id=uuid4(),
        issue_id=UUID(there["id"]),
        project_id=ENG_ID,
        author_id=uuid4(),
        content="Long ago.",
        created_at=NOW.replace(year=2020),
        updated_at=NOW,
    )
    old = CommentsBackfilled(comments=(there_before, there_before))
    untold = CommentAdded(**about, comment_id=uuid4(), author_id=uuid4())
    await tell(comments, added, old, untold, added, old, replace(added, content="another"))

    assert await texts(comments, there) == ["Long ago.", *before, "Moved by @ada."]
    told = [event.topic for event in await events(comments)]
    assert told == ["comment.created", "comment.moved"]
    state = (await events(comments))[0].payload["state"]
    assert state["mentioned_ids"] == [user("ada")]

    await comments.ask(DELETE, ALAN, id=str(added.comment_id))
    await tell(comments, added, old)  # whoever reads everything again
    assert await texts(comments, there) == ["Long ago.", *before]


async def test_a_file_is_commented_on_by_whom_it_is_shared_with(comments: Running):
    file = uuid4()
    about: dict[str, Any] = {
        "file_id": file,
        "project_id": None,
        "uploaded_by": ALAN.id,
        "version": 1,
    }
    state = FileState(filename="x", mime_type="x", size=1, description=None)
    shared = FileShared(
        **about,
        shared_by=UUID(user("alan")),
        shared_with=(UUID(user("edsger")),),
        permission="read",
        expires_at=None,
    )
    here = on("FILE", file)
    await tell(comments, FileUploaded(**about, state=state))
    assert (await refuse(comments, on=here, who="edsger"))["code"] == "NOT_FOUND"
    await tell(comments, shared)
    await create(comments, "Thanks.", on=here, who="edsger")
    assert await texts(comments, here, "alan") == ["Thanks."]
    await tell(comments, FileUnshared(**about, user_id=UUID(user("edsger"))))
    assert await texts(comments, here, "edsger") == []
    await tell(comments, FileDeleted(**about))
    assert await texts(comments, here, "alan") == []


def person(name: str, **more: Any) -> dict[str, Any]:
    return {
        "user_id": UUID(user(name)),
        "version": 9,
        "username": name,
        "display_name": "x",
        "avatar_url": None,
        "organization_id": demo_id("organization", "analytical.example.com"),
        "roles": (),
        "is_active": True,
        **more,
    }


async def test_people_are_mentioned_by_the_names_that_they_have_now(comments: Running):
    await tell(comments, UserUpdated(**person("grace", username="Admiral"), changed=("username",)))
    made = await create(comments, "@grace @admiral")
    assert [one["handle"] for one in made["mentions"]] == ["admiral"]


async def test_of_a_deleted_person_nothing_but_the_id_stays(comments: Running):
    made = await create(comments, "@Grace: ask @ada", who="ada")
    await comments.ask(REACT, caller("grace"), id=made["id"], t="HEART")
    await create(comments, "mine", who="grace")
    gone = UserDeleted(**person("grace", username="deleted-x", is_active=False))
    await tell(comments, gone)

    assert (await texts(comments, ON_ENG))[-2:] == ["@deleted-user: ask @ada", "mine"]
    found = await comments.ask(
        "query($id: ID!) { comment(id: $id) { mentions { handle } reactions { count } } }",
        ALAN,
        id=made["id"],
    )
    assert found["comment"] == {"mentions": [{"handle": "ada"}], "reactions": []}
    storage = comments.context().storage
    async with storage.read() as session:
        every = await session.scalars(select_columns(outbox_of(storage.metadata).c.payload))
        assert "grace" not in str(list(every)).lower()
