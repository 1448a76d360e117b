"""The comments of issues while they move: what is told to their new owner, and what comes back."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, update
from sqlmodel import col, select

from tests.support.subgraphs import Running, caller
from trellis.db.models import utc_now
from trellis.db.seed.world import demo_id, demo_world
from trellis.schema.events.comments import (
    CommentCreated,
    CommentDeleted,
    CommentState,
    CommentUpdated,
)
from trellis.subgraphs.issues import copies
from trellis.subgraphs.issues.models import Comment

ALAN, ISSUE = caller("alan"), demo_id("issue", "ENG-3")
ADD = "mutation($i: AddCommentInput!) { addComment(input: $i) { comment { id } } }"
READ = """query($id: ID!) { issue(id: $id) { comments { edges { node {
  id content createdAt updatedAt author { id } } } } } }"""
NOW = utc_now()


async def told(issues: Running) -> list[Any]:
    return [
        event
        for event in await issues.bus.read_after("issues", "0", 1_000)
        if event.topic.startswith("comment")
    ]


async def backfilled(issues: Running) -> list[dict[str, Any]]:
    """Each comment that was told, in the order of the events."""
    events = await told(issues)
    assert {event.topic for event in events} <= {"comments.backfilled"}
    return [comment for event in events for comment in event.payload["comments"]]


async def as_the_release_before_wrote(issues: Running) -> None:
    async with issues.context().storage.begin() as uow:
        untold = {"is_told": False, "updated_at": Comment.updated_at}
        await uow.session.execute(update(Comment).values(untold))


async def untold(issues: Running) -> int:
    async with issues.context().storage.read() as session:
        counted = select(func.count()).where(col(Comment.is_told).is_(False))
        return (await session.execute(counted)).scalar_one()


async def test_what_is_written_is_told_with_its_text(issues: Running):
    given = {"issueId": str(ISSUE), "content": " Oiled. "}
    made = (await issues.ask(ADD, ALAN, i=given))["addComment"]["comment"]["id"]
    [event] = await told(issues)
    assert (event.topic, event.payload["comment_id"]) == ("comment.added", made)
    assert (event.payload["content"], event.payload["author_id"]) == ("Oiled.", str(ALAN.id))
    assert await untold(issues) == 0


async def test_all_that_was_there_is_told_once_however_often_it_is_begun(
    issues: Running, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(copies, "_AT_ONCE", 40)
    await as_the_release_before_wrote(issues)
    storage = issues.context().storage
    # Two workers that start together, and a later start.
    await asyncio.gather(copies.announce_backlog(storage), copies.announce_backlog(storage))
    await copies.announce_backlog(storage)

    there = demo_world().comments
    found = await backfilled(issues)
    assert len(found) == len(there)
    by_id = {comment["comment_id"]: comment for comment in found}
    for comment in there:
        payload = by_id[str(comment.id)]
        assert payload["issue_id"] == str(comment.issue_id)
        assert (payload["content"], payload["author_id"]) == (
            comment.content,
            str(comment.author_id),
        )
        moment = comment.created_at.isoformat()
        assert payload["created_at"] == payload["updated_at"] == moment
    assert await untold(issues) == 0


async def test_a_back_fill_that_breaks_off_goes_on_where_it_was(
    issues: Running, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(copies, "_AT_ONCE", 100)
    await as_the_release_before_wrote(issues)
    storage, some = issues.context().storage, copies._announce_some

    async def break_off() -> None:
        async with storage.begin() as uow:
            await some(uow)
            raise OSError("killed")

    with pytest.raises(OSError, match="killed"):
        await break_off()
    assert (await untold(issues), await backfilled(issues)) == (401, [])
    async with storage.begin() as uow:
        await some(uow)
    assert await untold(issues) == 301
    await copies.announce_backlog(storage)
    assert (await untold(issues), len(await backfilled(issues))) == (0, 401)


def event(**more: Any) -> dict[str, Any]:
    return {
        "comment_id": UUID(int=7),
        "subject_type": "issue",
        "subject_id": ISSUE,
        "project_id": demo_id("project", "ENG"),
        "author_id": ALAN.id,
        "version": 1,
        **more,
    }


async def take(issues: Running, *news: Any) -> None:
    for one in news:
        async with issues.context().storage.begin() as uow:
            await copies.keep_copy(uow, one)


async def test_what_is_written_elsewhere_is_kept_as_it_is_there(issues: Running):
    before = (await issues.ask(READ, ALAN, id=str(ISSUE)))["issue"]["comments"]["edges"]
    said = CommentState(
        content="Oild.", parent_id=None, mentioned_ids=(), created_at=NOW, updated_at=NOW
    )
    later = NOW + timedelta(minutes=1)
    corrected = replace(said, content="Oiled.", updated_at=later)
    made = CommentCreated(**event(), state=said)
    edited = CommentUpdated(**event(version=2), state=corrected)

    await take(issues, made, made, edited, made)
    after = (await issues.ask(READ, ALAN, id=str(ISSUE)))["issue"]["comments"]["edges"]
    assert after[:-1] == before
    assert after[-1]["node"] == {
        "id": str(UUID(int=7)),
        "content": "Oiled.",
        "createdAt": NOW.isoformat().replace("+00:00", "Z"),
        "updatedAt": later.isoformat().replace("+00:00", "Z"),
        "author": {"id": str(ALAN.id)},
    }
    assert await told(issues) == []  # no echo

    await take(issues, CommentDeleted(**event(version=2)))
    found = (await issues.ask(READ, ALAN, id=str(ISSUE)))["issue"]["comments"]["edges"]
    assert found == before
    assert await untold(issues) == 0


@pytest.mark.parametrize("elsewhere", [{"subject_type": "task"}, {"subject_id": uuid4()}])
async def test_what_is_about_something_else_or_gone_is_passed_over(
    issues: Running, elsewhere: dict[str, Any]
):
    said = CommentState(content="x", parent_id=None, mentioned_ids=(), created_at=NOW)
    await take(issues, CommentCreated(**event(**elsewhere), state=said))
    async with issues.context().storage.read() as session:
        assert await session.get(Comment, UUID(int=7)) is None
