"""What news of other subgraphs does, in whatever order it comes, and as often as it comes."""

import asyncio
from collections.abc import Sequence
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.subgraphs.search.asking import ADMIN, HOME, ask, titles, words_kept
from tests.support.subgraphs import Running
from trellis.db.seed.world import demo_id
from trellis.schema.events.accounts import UserCreated, UserDeleted, UserUpdated
from trellis.schema.events.event import Event
from trellis.schema.events.issues import IssueCreated, IssueDeleted, IssueState, IssueUpdated
from trellis.schema.events.projects import (
    ProjectCreated,
    ProjectDeleted,
    ProjectState,
    ProjectUpdated,
)
from trellis.schema.events.tasks import TaskCreated, TaskDeleted, TaskState, TaskUpdated
from trellis.schema.identity import Identity
from trellis.subgraphs.search.documents import Found, forget, store
from trellis.subgraphs.search.models import DocumentType
from trellis.subgraphs.search.reindex import reindex
from trellis.subgraphs.search.seed import write_demo_data
from trellis.subgraphs.search.upkeep import REPLICAS

PROJECT, ISSUE, TASK, ANN, BEN = (uuid4() for _ in range(5))


def project(kind: type[Any] = ProjectCreated, version: int = 1, **state: Any) -> Event:
    given: dict[str, Any] = {
        "key": "GIZ",
        "name": "Gizmo works",
        "status": "active",
        "organization_id": HOME,
        "lead_id": ANN,
        "settings": {},
        "members": {},
        "description": "Where gizmos come from",
        **state,
    }
    more: dict[str, Any] = {"changed": ()} if kind is ProjectUpdated else {}
    return kind(project_id=PROJECT, version=version, state=ProjectState(**given), **more)


def issue(
    summary: str = "Oil the gizmo", version: int = 1, description: str | None = None
) -> Event:
    state = IssueState(
        summary=summary,
        description=description,
        issue_type="Task",
        status="Open",
        priority="Low",
        assignee_id=None,
        reporter_id=ANN,
    )
    about: dict[str, Any] = {"issue_id": ISSUE, "issue_key": "GIZ-1", "project_id": PROJECT}
    if version == 1:
        return IssueCreated(**about, version=version, state=state)
    return IssueUpdated(**about, version=version, state=state, changed=("summary",))


def issue_deleted(version: int) -> Event:
    return IssueDeleted(issue_id=ISSUE, issue_key="GIZ-1", project_id=PROJECT, version=version)


def task(title: str, version: int = 1, project_id: UUID | None = PROJECT) -> Event:
    state = TaskState(
        title=title,
        description=None,
        status="todo",
        priority="low",
        milestone_id=None,
        assignee_id=None,
        due_date=None,
        estimated_hours=None,
        tags=(),
    )
    about: dict[str, Any] = {"task_id": TASK, "project_id": project_id, "created_by": ANN}
    told = state if project_id is not None else None
    if version == 1:
        return TaskCreated(**about, version=version, state=told)
    return TaskUpdated(**about, version=version, state=told, changed=("title",))


def user(kind: type[Any] = UserCreated, version: int = 1, **given: Any) -> Event:
    state: dict[str, Any] = {
        "user_id": ANN,
        "username": "ann",
        "display_name": "Ann Gizmo",
        "avatar_url": None,
        "organization_id": HOME,
        "organization_ids": (HOME,),
        "roles": (),
        "is_active": True,
        **given,
    }
    more: dict[str, Any] = {"changed": ()} if kind is UserUpdated else {}
    return kind(version=version, **state, **more)


async def take(search: Running, events: Sequence[Event]) -> None:
    """As the readers of the streams do."""
    for event in events:
        for replica in REPLICAS:
            if type(event).topic in replica._kinds:
                async with search.context().storage.begin() as uow:
                    await replica._take(uow, event)  # type: ignore[arg-type]


async def found(search: Running) -> dict[str, int]:
    return (await ask(search, ADMIN, "gizmo"))["aggregations"]["byType"]


NOTHING = {"issues": 0, "projects": 0, "users": 0, "tasks": 0}


async def test_everything_that_is_told_is_found(empty: Running):
    await take(empty, [project(), issue(), task("Gizmo of tin"), user()])

    assert await found(empty) == {"issues": 1, "projects": 1, "users": 1, "tasks": 1}
    assert await titles(empty, ADMIN, "giz-1") == ["Oil the gizmo"]
    assert await titles(empty, ADMIN, "gizmos come from") == ["Gizmo works"]


async def test_changes_are_found_and_what_was_before_is_not(empty: Running):
    await take(empty, [project(), issue(), task("Tin"), user()])

    await take(
        empty,
        [
            project(ProjectUpdated, 2, name="Widgets", description=None),
            issue("Polish the widget", 2, "until it shines"),
            task("Widget of tin", 2),
            user(UserUpdated, 2, username="anna", display_name="Ann Widget"),
        ],
    )

    assert await found(empty) == NOTHING
    assert set(await titles(empty, ADMIN, "widget")) == {
        "Widgets",
        "Polish the widget",
        "Widget of tin",
        "Ann Widget",
    }
    assert await titles(empty, ADMIN, "shines") == ["Polish the widget"]


async def test_what_is_deleted_leaves_no_word_behind(empty: Running):
    await take(empty, [project(), issue("Oil", 1, "gizmo"), task("Gizmo"), user()])

    await take(
        empty,
        [
            issue_deleted(2),
            TaskDeleted(task_id=TASK, project_id=PROJECT, created_by=ANN, version=2),
            user(UserDeleted, 2, username=f"deleted-{ANN}", display_name="Deleted user"),
            project(ProjectDeleted, 2),
        ],
    )

    assert await found(empty) == NOTHING
    assert await words_kept(empty) == {"text": [0], "titles": [], "spellings": []}


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_the_newest_state_holds_whatever_comes_first(empty: Running, order: tuple[int, ...]):
    events = [issue("Old gizmo"), issue("New gizmo", 2), issue_deleted(3)]
    await take(empty, [project(), *(events[number] for number in order)])
    assert await titles(empty, ADMIN, "gizmo", t=["ISSUE"]) == []

    kept = [event for event in (events[number] for number in order) if event is not events[2]]
    await take(empty, kept)
    assert await titles(empty, ADMIN, "gizmo", t=["ISSUE"]) == []


async def test_news_that_comes_twice_or_late_changes_nothing(empty: Running):
    events = [project(), issue("Old gizmo"), issue("New gizmo", 2), user(), task("Gizmo")]
    await take(empty, events)
    before = await words_kept(empty)

    await take(empty, [*events, *reversed(events)])

    assert await words_kept(empty) == before
    assert await titles(empty, ADMIN, "gizmo", t=["ISSUE"]) == ["New gizmo"]


async def test_late_news_of_a_deleted_project_is_not_kept(empty: Running):
    await take(empty, [project(ProjectDeleted, 2), project(), issue(), task("Gizmo")])

    assert await found(empty) == NOTHING
    assert (await words_kept(empty))["text"] == [0]


async def test_what_belongs_to_an_unknown_project_is_found_once_that_is_known(empty: Running):
    await take(empty, [issue()])
    assert await found(empty) == NOTHING

    await take(empty, [project(members={BEN: "member"})])
    assert (await found(empty))["issues"] == 1


async def test_personal_tasks_are_not_kept(empty: Running):
    await take(empty, [task("Gizmo", project_id=None), task("Gizmo", 2, project_id=None)])
    deleted = TaskDeleted(task_id=TASK, project_id=None, created_by=ANN, version=3)
    await take(empty, [deleted])

    assert await words_kept(empty) == {"text": [0], "titles": [], "spellings": []}


async def test_who_leaves_an_organization_is_found_there_no_more(empty: Running):
    ben = user(user_id=BEN, username="ben", display_name="Ben Gizmo")
    await take(empty, [user(), ben])
    ann = Identity(id=ANN, username="ann", tenant_id=HOME)
    assert (await ask(empty, ann, "gizmo"))["aggregations"]["byType"]["users"] == 2

    left = user(
        UserUpdated, 2, user_id=BEN, username="ben", display_name="Ben Gizmo", organization_ids=()
    )
    await take(empty, [left, ben])

    assert await titles(empty, ann, "gizmo") == ["Ann Gizmo"]


async def test_many_writers_at_once_leave_the_index_as_one_after_the_other_would(empty: Running):
    await take(empty, [project()])
    words = ("gizmo", "widget", "gadget", "sprocket")
    states = [
        Found(
            id=uuid4(),
            type=DocumentType.ISSUE,
            version=1,
            project_id=PROJECT,
            title=f"{words[number % 4]} {words[number % 3]}",
        )
        for number in range(20)
    ]

    async def write(state: Found) -> None:
        async with empty.context().storage.begin() as uow:
            await store(uow.session, [state])

    async def forget_it(state: Found) -> None:
        async with empty.context().storage.begin() as uow:
            await forget(uow.session, state.type, state.id, 2)

    await asyncio.gather(*map(write, states), *map(forget_it, states[:10]), *map(write, states))
    kept = await words_kept(empty)
    await reindex(empty.settings, lambda *_: None)

    assert await words_kept(empty) == kept
    assert (await ask(empty, ADMIN, "gizmo"))["aggregations"]["byType"]["issues"] == sum(
        "gizmo" in state.title for state in states[10:]
    )
    assert kept["text"] == [11]  # with the project


async def test_demo_data_is_written_beside_what_was_told_before(empty: Running):
    """A database that has read the logs of others before it was asked for demo data."""
    issue_id, user_id = demo_id("issue", "ENG-1"), demo_id("user", "alan")
    changed = IssueDeleted(
        issue_id=issue_id, issue_key="ENG-1", project_id=demo_id("project", "ENG"), version=2
    )
    named = user(UserUpdated, 2, user_id=user_id, username="alan", display_name="Alan Gizmo")
    await take(empty, [changed, named])

    for _ in range(2):
        async with empty.context().storage.begin() as uow:
            await write_demo_data(uow)

    assert await titles(empty, ADMIN, "turing") == []
    assert await titles(empty, ADMIN, '"alan gizmo"') == ["Alan Gizmo"]
    issues = await ask(empty, ADMIN, "eng", t=["ISSUE"])
    assert issues["aggregations"]["byProjectKey"] == {"ENG": 119}
