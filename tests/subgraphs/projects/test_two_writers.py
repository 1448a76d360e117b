"""Who comes while somebody else is changing the same project waits, and then finds it changed."""

import asyncio

import pytest
from sqlmodel import col, select

from tests.support.postgres_locks import somebody_waits
from tests.support.statements import rows_read
from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import demo_id
from trellis.subgraphs.projects import queries, service
from trellis.subgraphs.projects.errors import AlreadyMember
from trellis.subgraphs.projects.models import Project, ProjectMember, ProjectRole
from trellis.subgraphs.projects.service import NewMember, NewProject

ALAN, GRACE = caller("alan"), caller("grace")
ENG, COMP = demo_id("project", "ENG"), demo_id("project", "COMP")


def alan_as(role: ProjectRole) -> NewMember:
    return NewMember(project_id=COMP, user_id=ALAN.id or COMP, role=role)


async def test_two_changes_of_one_project_are_both_made(projects: Running):
    storage = projects.context().storage

    async def describe() -> int:
        async with storage.begin() as uow:
            return (await service.update_project(uow, GRACE, ENG, {"description": "new"})).version

    async with storage.begin() as uow:
        await service.update_project(uow, GRACE, ENG, {"name": "first"})
        second = asyncio.create_task(describe())
        await somebody_waits(storage.database)

    assert await second == 3
    async with storage.read() as session:
        project = await session.get_one(Project, ENG)
    assert (project.name, project.description) == ("first", "new")


async def test_of_two_who_let_the_same_person_in_the_second_is_told(projects: Running):
    storage = projects.context().storage

    async def add() -> None:
        async with storage.begin() as uow:
            await service.add_member(uow, GRACE, alan_as(ProjectRole.MEMBER))

    async with storage.begin() as uow:
        await service.add_member(uow, GRACE, alan_as(ProjectRole.ADMIN))
        second = asyncio.create_task(add())
        await somebody_waits(storage.database)

    with pytest.raises(AlreadyMember):
        await second


async def test_whoever_makes_a_key_from_a_name_waits_for_the_one_being_made(projects: Running):
    storage = projects.context().storage

    async def create() -> str:
        async with storage.begin() as uow:
            return (await service.create_project(uow, ALAN, NewProject(name="Bombe"))).key

    async with storage.begin() as uow:
        first = await service.create_project(uow, ALAN, NewProject(name="Bombe"))
        second = asyncio.create_task(create())
        await somebody_waits(storage.database)

    assert (first.key, await second) == ("BOMB", "BOMB2")


async def test_whoever_waits_for_one_project_of_a_person_does_not_hold_another(projects: Running):
    """Or two readers of news, who take two people out of the same projects, would wait for one
    another."""
    storage = projects.context().storage
    lower, higher = sorted((ENG, demo_id("project", "ORBIT")))
    assert ALAN.id is not None

    async def forget() -> int:
        async with storage.begin() as uow:
            with rows_read() as read:
                await service.forget_person(uow, ALAN.id or lower)
        return sum(isinstance(one, Project) for one in read)

    async with storage.begin() as uow:
        await queries.project_for_update(uow.session, caller("ada"), lower)
        forgetting = asyncio.create_task(forget())
        await somebody_waits(storage.database)
        async with storage.read() as session:
            free = select(Project.id).where(col(Project.id) == higher).with_for_update(nowait=True)
            assert list(await session.scalars(free)) == [higher]
    assert await forgetting == 2
    async with storage.read() as session:
        seats = select(ProjectMember.project_id).where(ProjectMember.user_id == ALAN.id)
        assert list(await session.scalars(seats)) == []
