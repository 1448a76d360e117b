"""Who sees a file by a share, what they may do with it, and for how long."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select, update

from tests.subgraphs.files.asking import (
    ATTACH,
    DELETE,
    ENG,
    FILE,
    SHARE,
    UNSHARE,
    UPDATE,
    content_of,
    events,
    issue,
    upload,
    user,
)
from tests.support.statements import statements
from tests.support.subgraphs import Running, caller
from trellis.db.models import utc_now
from trellis.schema.errors import NotFound
from trellis.subgraphs.files.models import FileShare

ALAN, BARBARA, KATHERINE, HEDY = (caller(name) for name in ("alan", "barbara", "katherine", "hedy"))


async def share(files: Running, id: str, *people: str, **members: Any) -> dict[str, Any]:
    given = {"sharedWith": [user(name) for name in people], **members}
    return (await files.ask(SHARE, ALAN, id=id, i=given))["shareFile"]["file"]


async def seen(files: Running, who: Any, id: str) -> bool:
    return (await files.ask(FILE, who, id=id))["file"] is not None


async def test_a_personal_file_is_seen_by_nobody_else_until_it_is_shared(files: Running):
    id = (await upload(files, ALAN))["id"]
    assert not await seen(files, BARBARA, id)

    until = (utc_now() + timedelta(hours=1)).isoformat()
    told = await share(files, id, "barbara", "barbara", permission="READ", expiresAt=until)

    [one] = told["shares"]
    assert (one["user"], one["permission"]) == ({"id": user("barbara")}, "READ")
    assert await seen(files, BARBARA, id)
    assert not await seen(files, KATHERINE, id)
    [shared] = [event for event in await events(files) if event.topic == "file.shared"]
    assert shared.payload["shared_with"] == [user("barbara")]
    assert shared.payload["permission"] == "read"


async def test_with_whom_else_it_is_shared_is_only_for_whose_it_is(files: Running):
    id = (await upload(files, ALAN))["id"]
    await share(files, id, "barbara", "katherine")

    assert (await files.ask(FILE, BARBARA, id=id))["file"]["shares"] == []


async def test_after_its_end_a_share_opens_nothing_and_neither_does_a_link_by_it(files: Running):
    id = (await upload(files, ALAN, b"secret"))["id"]
    await share(files, id, "barbara", expiresAt=(utc_now() + timedelta(hours=1)).isoformat())
    link = (await files.ask(FILE, BARBARA, id=id))["file"]["url"]
    assert await content_of(files, link) == b"secret"

    async with files.context().storage.begin() as uow:
        past = utc_now() - timedelta(seconds=1)
        await uow.session.execute(update(FileShare).values(expires_at=past))

    assert not await seen(files, BARBARA, id)
    with pytest.raises(NotFound):
        await content_of(files, link)
    assert (await files.ask(FILE, ALAN, id=id))["file"]["shares"] == []


async def test_reading_is_not_writing(files: Running):
    id = (await upload(files, ALAN))["id"]
    await share(files, id, "barbara")
    change = {"filename": "mine.txt"}
    assert (await files.refusal(UPDATE, BARBARA, id=id, i=change))["code"] == "FORBIDDEN"
    at = {"issueId": issue("ENG-1")}
    assert (await files.refusal(ATTACH, BARBARA, id=id, to=at))["code"] == "FORBIDDEN"

    await share(files, id, "barbara", permission="WRITE")

    told = await files.ask(UPDATE, BARBARA, id=id, i=change)
    assert told["updateFile"]["file"]["filename"] == "mine.txt"
    for query in (DELETE, UNSHARE):
        refusal = await files.refusal(query, BARBARA, id=id, u=user("barbara"))
        assert refusal["code"] == "FORBIDDEN"


async def test_a_share_can_be_ended(files: Running):
    id = (await upload(files, ALAN))["id"]
    await share(files, id, "barbara")

    told = await files.ask(UNSHARE, ALAN, id=id, u=user("barbara"))

    assert told["unshareFile"]["file"]["shares"] == []
    assert not await seen(files, BARBARA, id)
    assert (await files.refusal(UNSHARE, ALAN, id=id, u=user("barbara")))["code"] == "NOT_FOUND"


REFUSED = {
    "nobody": {"sharedWith": []},
    "no id": {"sharedWith": ["barbara"]},
    "somebody of another organization": {"sharedWith": [user("hedy")]},
    "somebody unknown": {"sharedWith": [ENG]},
    "the past": {"sharedWith": [user("barbara")], "expiresAt": "2020-01-01T00:00:00Z"},
}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_cannot_be_shared_shares_with_nobody(files: Running, case: str):
    id = (await upload(files, ALAN))["id"]

    refusal = await files.refusal(SHARE, ALAN, id=id, i=REFUSED[case])

    assert refusal["code"] == "BAD_USER_INPUT"
    async with files.context().storage.read() as session:
        statement = select(FileShare).where(col(FileShare.file_id) == UUID(id))
        assert (await session.scalars(statement)).all() == []


async def test_a_file_that_one_does_not_see_cannot_be_shared(files: Running):
    id = (await upload(files, ALAN))["id"]
    given = {"sharedWith": [user("barbara")]}

    assert (await files.refusal(SHARE, BARBARA, id=id, i=given))["code"] == "NOT_FOUND"
    mine = (await upload(files, ALAN, projectId=ENG))["id"]
    assert (await files.refusal(SHARE, BARBARA, id=mine, i=given))["code"] == "FORBIDDEN"


async def test_who_has_moved_to_another_organization_loses_what_was_shared(files: Running):
    id = (await upload(files, ALAN))["id"]
    await share(files, id, "barbara")
    moved = replace(BARBARA, tenant_id=HEDY.tenant_id)

    assert not await seen(files, moved, id)


async def test_sharing_with_many_takes_as_many_statements_as_with_one(files: Running):
    one, many = (await upload(files, ALAN))["id"], (await upload(files, ALAN))["id"]
    people = ("barbara", "katherine", "grace", "edsger", "ada")
    await share(files, one, "barbara")  # whatever happens only once has happened
    with statements() as with_one:
        await share(files, one, "katherine")
    with statements() as with_many:
        await share(files, many, *people)
    assert len(with_many) == len(with_one)
