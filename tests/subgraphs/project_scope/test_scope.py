"""A domain's copy of projects: who sees what by it, and what its events do to it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlmodel import Field, SQLModel, col, select

from tests.subgraphs.seeing import (
    ADMIN,
    BOSS,
    INSIDER,
    OURS,
    PROJECTS,
    SEES,
    THEIRS,
    id_of,
    person,
)
from trellis.db.engine import Database
from trellis.db.models import new_metadata, utc_now
from trellis.db.outbox import Envelope, outbox_of
from trellis.db.unit_of_work import UnitOfWork, begin
from trellis.schema.events.projects import (
    ProjectDeleted,
    ProjectEvent,
    ProjectState,
    ProjectUpdated,
)
from trellis.schema.identity import Identity
from trellis.subgraphs.project_scope.scope import ProjectNotFound, ProjectScope
from trellis.subgraphs.project_scope.tables import ProjectCopy, ProjectMemberCopy


class Base(SQLModel):
    metadata = new_metadata()


class Project(ProjectCopy, Base, table=True):
    pass


class ProjectMember(ProjectMemberCopy, Base, table=True):
    pass


class Task(Base, table=True):
    id: UUID = Field(primary_key=True)
    project_id: UUID = Field(foreign_key="project.id")


SCOPE = ProjectScope(Project, ProjectMember, "admin:tasks")
TASK_BOSS = person("task boss", OURS, scopes=frozenset({"admin:tasks"}))
IDS = {id_of("project", key): key for key in PROJECTS}


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """The world of ``PROJECTS`` with a task in each, and a project of ours that was deleted."""
    database = Database("tasks", f"sqlite+aiosqlite:///{tmp_path}/tasks.sqlite3")
    async with database.engine.execution_options(write=True).begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with database.write() as session:
        session.add_all(
            Project(id=id_of("project", key), key=key, organization_id=organization, version=1)
            for key, (organization, _) in PROJECTS.items()
        )
        session.add(
            Project(id=uuid4(), key="GONE", organization_id=OURS, version=2, is_deleted=True)
        )
        await session.flush()
        for key, (_, members) in PROJECTS.items():
            session.add(Task(id=id_of("task", key), project_id=id_of("project", key)))
            session.add_all(
                ProjectMember(
                    project_id=id_of("project", key), user_id=id_of("user", name), role="member"
                )
                for name in members
            )
    yield database
    await database.close()


async def seen_by(database: Database, who: Identity) -> frozenset[str]:
    """Keys of the projects whose tasks ``who`` sees, the same as those of the projects."""
    statement = SCOPE.within(select(Task), Task.project_id, who)
    async with database.read() as session:
        tasks = {IDS[task.project_id] for task in await session.scalars(statement)}
        keys = set(await session.scalars(select(Project.key).where(SCOPE.may_see(who))))
    assert tasks == keys
    return frozenset(keys)


async def test_everybody_sees_what_is_in_the_projects_they_see(database: Database):
    for who, keys in SEES:
        assert await seen_by(database, who) == keys, who


async def test_a_scope_of_the_domain_opens_the_organization_and_nothing_beyond(
    database: Database,
):
    assert await seen_by(database, TASK_BOSS) == {"OURS", "EMPTY"}
    other = replace(TASK_BOSS, scopes=frozenset({"admin:issues"}))
    assert await seen_by(database, other) == frozenset()


async def test_a_project_that_is_not_seen_is_not_found(database: Database):
    async with database.read() as session:
        found = await SCOPE.require(session, INSIDER, id_of("project", "OURS"))
        assert found.key == "OURS"
        for id in (id_of("project", "EMPTY"), uuid4()):
            with pytest.raises(ProjectNotFound) as refusal:
                await SCOPE.require(session, INSIDER, id)
            assert refusal.value.extensions == {"code": "NOT_FOUND", "id": str(id)}


@pytest.mark.parametrize(
    ("who", "key", "manages"),
    [
        (BOSS, "OURS", True),
        (TASK_BOSS, "OURS", True),
        (BOSS, "THEIRS", False),
        (INSIDER, "OURS", False),
        (person("lead", THEIRS), "OURS", True),
    ],
    ids=["administrator", "of the domain", "of another organization", "member", "by role"],
)
async def test_managers_are_administrators_and_those_with_the_role(
    database: Database, who: Identity, key: str, manages: bool
):
    async with database.write() as session:
        lead = id_of("user", "lead")
        project_id = id_of("project", "OURS")
        session.add(ProjectMember(project_id=project_id, user_id=lead, role="admin"))
    async with database.read() as session:
        assert await SCOPE.manages(session, who, id_of("project", key)) is manages


def state(*members: UUID) -> ProjectState:
    return ProjectState(
        key="NEW",
        name="New",
        status="active",
        organization_id=OURS,
        lead_id=uuid4(),
        settings={"statuses": ["Open"]},
        members=dict.fromkeys(members, "member"),
    )


MANAGES: tuple[tuple[Identity, str], ...] = (
    (ADMIN, "OURS EMPTY THEIRS FREE NOBODYS GONE"),
    (BOSS, "OURS EMPTY GONE"),
    (TASK_BOSS, "OURS EMPTY GONE"),
    (person("owner", OURS), "OURS FREE"),
    (person("deputy", OURS), "OURS"),
    (person("owner", THEIRS), "THEIRS FREE"),
    (INSIDER, ""),
    (person("owner", None), "FREE"),
    (Identity(tenant_id=OURS, scopes=frozenset({"admin:projects"})), ""),
)


async def test_owners_administrators_of_projects_and_of_the_organization_manage(
    database: Database,
):
    """No membership over the border counts, and whoever manages is told so one by one, too."""
    async with database.write() as session:
        seats = {"OURS": ("owner", "deputy"), "THEIRS": ("owner",), "FREE": ("owner",)}
        for key, names in seats.items():
            session.add_all(
                ProjectMember(
                    project_id=id_of("project", key),
                    user_id=id_of("user", name),
                    role="owner" if name == "owner" else "admin",
                )
                for name in names
            )
    for who, keys in MANAGES:
        statement = select(Project).where(SCOPE.may_manage(who))
        async with database.read() as session:
            found = list(await session.scalars(statement))
            assert {project.key for project in found} == set(keys.split()), who
            for project in found:
                assert await SCOPE.manages(session, who, project.id)


async def test_events_change_the_copy_and_the_domain_hears_of_it(database: Database):
    heard: list[tuple[str, UUID]] = []

    async def changed(_uow: UnitOfWork, id: UUID) -> None:
        heard.append(("changed", id))

    async def deleted(_uow: UnitOfWork, id: UUID) -> None:
        heard.append(("deleted", id))

    replica = SCOPE.replica(changed=changed, deleted=deleted)
    id, first, second = uuid4(), uuid4(), uuid4()

    async def take(event: ProjectEvent) -> tuple[str, bool, set[UUID]]:
        news = Envelope(uuid4(), event.topic, event.key, event.payload(), utc_now())
        async with begin(database, outbox_of(Base.metadata)) as uow:
            await replica.handle(uow, news)
        async with database.read() as session:
            project = await session.get_one(Project, id)
            seats = select(ProjectMember.user_id).where(col(ProjectMember.project_id) == id)
            return project.key, project.is_deleted, set(await session.scalars(seats))

    update = ProjectUpdated(project_id=id, version=1, state=state(first), changed=())
    assert await take(update) == ("NEW", False, {first})
    update = replace(update, version=2, state=state(second))
    assert await take(update) == ("NEW", False, {second})
    gone = ProjectDeleted(project_id=id, version=3, state=state(second))
    assert await take(gone) == ("NEW", True, set())
    assert await take(update) == ("NEW", True, set())  # late: it revives nothing
    assert heard == [("changed", id), ("changed", id), ("deleted", id)]
