"""Who is told may see it: the rule for recipients never goes beyond the rule for callers."""

from itertools import product
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, select

from tests.subgraphs.notifications.telling import Telling
from trellis.db.settings import DataSettings
from trellis.schema.identity import Identity
from trellis.schema.roles import scopes_of
from trellis.subgraphs.notifications.audience import who_see_project
from trellis.subgraphs.notifications.models import Person, Project, ProjectMember
from trellis.subgraphs.notifications.queries import PROJECTS

HOME, ELSEWHERE = uuid4(), uuid4()
ORGANIZATIONS = (None, HOME, ELSEWHERE)


@pytest.fixture
def data_settings(tmp_path: Path) -> DataSettings:
    return DataSettings(data_dir=tmp_path)


async def test_recipients_are_those_who_would_see_the_project_themselves(notices: Telling):
    """All combinations of home, membership and role, and projects with and without a home that
    are there or deleted."""
    projects = [
        Project(id=uuid4(), key=f"P{number}", organization_id=home, version=1, is_deleted=is_gone)
        for number, (home, is_gone) in enumerate(product((None, HOME), (False, True)))
    ]
    people: list[Person] = []
    members: list[ProjectMember] = []
    roles = ("user", "project_admin", "admin")
    for home, is_member, role in product(ORGANIZATIONS, (False, True), roles):
        person = Person(
            id=uuid4(), organization_id=home, username="x", display_name="x", roles=["user", role]
        )
        people.append(person)
        members += [
            ProjectMember(project_id=project.id, user_id=person.id, role="member")
            for project in projects
            if is_member
        ]
    callers = {one.id: _caller(one) for one in people}
    async with notices.storage.begin() as uow:
        uow.session.add_all([*projects, *people])
        await uow.session.flush()
        uow.session.add_all(members)
    async with notices.storage.read() as session:
        for project in await session.scalars(select(Project).where(col(Project.key).like("P_"))):
            told = {one.id for one in await who_see_project(session, list(callers), project.id)}
            seeing = set[UUID]()
            for id, caller in callers.items():
                wanted = select(Project.id).where(
                    PROJECTS.may_see(caller), col(Project.id) == project.id
                )
                if (await session.execute(wanted)).first() is not None:
                    seeing.add(id)
            assert told == seeing, project.key
            assert bool(told) is not project.is_deleted


def _caller(person: Person) -> Identity:
    return Identity(
        id=person.id,
        roles=frozenset(person.roles),
        scopes=scopes_of(person.roles),
        tenant_id=person.organization_id,
    )
