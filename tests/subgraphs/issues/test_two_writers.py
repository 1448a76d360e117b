"""Who comes while somebody else is changing the same thing waits, and then finds it changed."""

import asyncio
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from tests.support.postgres_locks import somebody_waits
from tests.support.subgraphs import Running, caller
from trellis.db.models import utc_now
from trellis.db.outbox import Envelope
from trellis.db.seed.world import demo_id
from trellis.schema.events.projects import ProjectDeleted, ProjectState
from trellis.subgraphs.issues import queries, service
from trellis.subgraphs.issues.errors import IssueHasLinks, IssueNotFound
from trellis.subgraphs.issues.models import Issue, LinkType
from trellis.subgraphs.issues.queries import PROJECTS
from trellis.subgraphs.issues.service import NewIssue, NewLink

ALAN, ADA = caller("alan"), caller("ada")
TWO, THREE = demo_id("issue", "ENG-2"), demo_id("issue", "ENG-3")
ENG = demo_id("project", "ENG")


def blocks(source: UUID, target: UUID) -> NewLink:
    return NewLink(source_id=source, target_id=target, type=LinkType.BLOCKS)


async def test_two_changes_of_one_issue_are_both_made(issues: Running):
    storage = issues.context().storage

    async def change_priority() -> int:
        async with storage.begin() as uow:
            return (await service.update_issue(uow, ALAN, TWO, {"priority": "Critical"})).version

    async with storage.begin() as uow:
        await service.update_issue(uow, ALAN, TWO, {"summary": "first"})
        second = asyncio.create_task(change_priority())
        await somebody_waits(storage.database)

    assert await second == 3
    async with storage.read() as session:
        issue = await session.get_one(Issue, TWO)
    assert (issue.summary, issue.priority) == ("first", "Critical")


async def test_changes_of_two_issues_of_a_project_do_not_wait_for_one_another(issues: Running):
    storage = issues.context().storage
    if not storage.database.is_postgres:
        pytest.skip("SQLite has one writer at a time")
    async with storage.begin() as first, storage.begin() as second:
        await second.session.execute(text("set local lock_timeout = '50ms'"))
        await service.update_issue(first, ALAN, TWO, {"summary": "first"})
        await service.update_issue(second, ALAN, THREE, {"summary": "second"})


async def test_an_issue_that_is_being_linked_is_not_deleted(issues: Running):
    storage = issues.context().storage

    async def delete_target() -> None:
        async with storage.begin() as uow:
            await service.delete_issue(uow, ADA, THREE)

    async with storage.begin() as uow:
        await service.link_issues(uow, ALAN, blocks(TWO, THREE))
        deletion = asyncio.create_task(delete_target())
        await somebody_waits(storage.database)

    with pytest.raises(IssueHasLinks):
        await deletion


async def test_an_issue_that_is_being_deleted_is_not_linked(issues: Running):
    storage = issues.context().storage

    async def link_it() -> None:
        async with storage.begin() as uow:
            await service.link_issues(uow, ALAN, blocks(TWO, THREE))

    async with storage.begin() as uow:
        await service.delete_issue(uow, ADA, THREE)
        linking = asyncio.create_task(link_it())
        await somebody_waits(storage.database)

    with pytest.raises(IssueNotFound):
        await linking


async def test_whoever_waits_for_one_end_of_a_link_does_not_hold_the_other(issues: Running):
    """Or two who link the same issues the other way round would wait for one another."""
    storage = issues.context().storage
    lower, higher = sorted((TWO, THREE))

    async def link_them() -> None:
        async with storage.begin() as uow:
            await service.link_issues(uow, ALAN, blocks(higher, lower))

    async with storage.begin() as uow:
        await queries.issue_for_update(uow.session, ALAN, lower)
        linking = asyncio.create_task(link_them())
        await somebody_waits(storage.database)
        async with storage.read() as session:
            free = select(Issue.id).where(col(Issue.id) == higher).with_for_update(nowait=True)
            assert list(await session.scalars(free)) == [higher]
    await linking


async def test_an_issue_made_while_its_project_is_deleted_goes_with_it(issues: Running):
    storage = issues.context().storage
    state = ProjectState(
        key="ENG",
        name="Engine",
        status="active",
        organization_id=None,
        lead_id=uuid4(),
        settings={},
        members={},
    )
    event = ProjectDeleted(project_id=ENG, version=99, state=state)
    news = Envelope(uuid4(), event.topic, event.key, event.payload(), utc_now(), cursor="1")
    replica = PROJECTS.replica(deleted=service.delete_issues_of)

    async def take_the_news() -> None:
        async with storage.begin() as uow:
            await replica.handle(uow, news)

    async with storage.begin() as uow:
        await service.create_issue(uow, ALAN, NewIssue(project_id=ENG, summary="late"))
        taking = asyncio.create_task(take_the_news())
        await somebody_waits(storage.database)

    await taking
    async with storage.read() as session:
        assert list(await session.scalars(select(Issue.key).where(Issue.project_id == ENG))) == []
