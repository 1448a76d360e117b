"""What may not be done with projects is refused, and leaves everything as it was."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete

from tests.support.kept import kept
from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import demo_id
from trellis.schema.identity import Identity
from trellis.subgraphs.projects.models import Person, Project, ProjectMember, ProjectRole
from trellis.subgraphs.projects.service import MAX_MEMBERS

CREATE = "mutation($i: CreateProjectInput!) { createProject(input: $i) { project { id } } }"
UPDATE = (
    "mutation($id: ID!, $i: UpdateProjectInput!) "
    "{ updateProject(id: $id, input: $i) { project { id version } } }"
)
DELETE = "mutation($id: ID!) { deleteProject(id: $id) { deletedProjectId } }"
ADD = "mutation($i: AddProjectMemberInput!) { addProjectMember(input: $i) { member { role } } }"
REMOVE = (
    "mutation($i: RemoveProjectMemberInput!) { removeProjectMember(input: $i) { project { id } } }"
)
PLAN = "mutation($i: CreateMilestoneInput!) { createMilestone(input: $i) { milestone { id } } }"
REPLAN = (
    "mutation($id: ID!, $i: UpdateMilestoneInput!) "
    "{ updateMilestone(id: $id, input: $i) { milestone { id version } } }"
)


def user(name: str) -> str:
    return str(demo_id("user", name))


ENG, COMP, ORBIT = (str(demo_id("project", key)) for key in ("ENG", "COMP", "ORBIT"))
FREE = str(UUID(int=5))  # of no organization; edsger administers it
RELEASE = str(demo_id("milestone", "ENG/Release"))
ANALYTICAL = str(caller("ada").tenant_id)
HARBOUR = str(caller("hedy").tenant_id)
ANTENNAS, MILLS = str(demo_id("team", "Antennas")), str(demo_id("team", "Mills"))
GONE = str(uuid4())
"""Somebody of the organization whose account is closed."""


def member(project: str, who: str, **more: Any) -> dict[str, Any]:
    return {"i": {"projectId": project, "userId": who, **more}}


MEMBER = caller("katherine")  # of ENG
ADMIN_THERE = caller("barbara")  # of ENG, once it is planted; not of the organization
ADA = caller("ada")
GRACE = caller("grace")  # administers the projects of the organization, and is in ENG
HOMELESS_BOSS = replace(GRACE, id=demo_id("user", "edsger"), tenant_id=None)

# Who, what, and how it is refused; all that is wrong is one thing.
NOT_THEIRS = [
    (MEMBER, UPDATE, {"id": ENG, "i": {"name": "x"}}, "FORBIDDEN"),
    (MEMBER, DELETE, {"id": ENG}, "FORBIDDEN"),
    (MEMBER, ADD, member(ENG, user("radia")), "FORBIDDEN"),
    (MEMBER, REMOVE, member(ENG, user("alan")), "FORBIDDEN"),
    (MEMBER, PLAN, {"i": {"projectId": ENG, "title": "x"}}, "FORBIDDEN"),
    (MEMBER, REPLAN, {"id": RELEASE, "i": {"title": "x"}}, "FORBIDDEN"),
    (ADMIN_THERE, DELETE, {"id": ENG}, "FORBIDDEN"),
    (MEMBER, CREATE, {"i": {"name": "x", "organizationId": HARBOUR}}, "FORBIDDEN"),
    (GRACE, CREATE, {"i": {"name": "x", "organizationId": HARBOUR}}, "FORBIDDEN"),
    (HOMELESS_BOSS, CREATE, {"i": {"name": "x", "organizationId": HARBOUR}}, "FORBIDDEN"),
    (HOMELESS_BOSS, DELETE, {"id": FREE}, "FORBIDDEN"),
]
NOT_NOW = [
    (ADA, UPDATE, {"id": ENG, "i": {"name": "x", "version": 2}}, "CONFLICT"),
    (ADA, UPDATE, {"id": ENG, "i": {"name": "x", "version": 0}}, "CONFLICT"),
    (ADA, REPLAN, {"id": RELEASE, "i": {"title": "x", "version": 2}}, "CONFLICT"),
    (ADA, REMOVE, member(ENG, user("ada")), "CONFLICT"),  # owns it
    (ADA, REMOVE, member(COMP, user("edsger")), "CONFLICT"),  # leads it, once it is planted
    (caller("edsger"), REMOVE, member(COMP, user("edsger")), "CONFLICT"),
    (ADA, REMOVE, member(COMP, user("alan")), "NOT_FOUND"),
    (caller("alan"), REMOVE, member(COMP, user("alan")), "NOT_FOUND"),
    (ADA, ADD, member(ENG, user("alan")), "ALREADY_EXISTS"),
    (ADA, CREATE, {"i": {"name": "x", "key": "ENG"}}, "ALREADY_EXISTS"),
    (ADA, REPLAN, {"id": str(uuid4()), "i": {"title": "x"}}, "NOT_FOUND"),
    (ADA, REPLAN, {"id": "x", "i": {"title": "x"}}, "NOT_FOUND"),
]
NOT_POSSIBLE = [
    (ADA, variables, field, operation)
    for who in (GONE, user("hedy"), str(uuid4()))
    for operation, field, variables in (
        (ADD, "userId", member(ENG, who)),
        (UPDATE, "leadId", {"id": ENG, "i": {"leadId": who}}),
        (CREATE, "leadId", {"i": {"name": "x", "leadId": who}}),
    )
]
NO_TEAM = [
    (ADA, {"id": ENG, "i": {"teamId": ANTENNAS}}, "teamId", UPDATE),
    (ADA, {"i": {"name": "x", "teamId": ANTENNAS}}, "teamId", CREATE),
    (ADA, {"i": {"name": "x", "teamId": MILLS, "organizationId": HARBOUR}}, "teamId", CREATE),
    (
        ADA,
        {"i": {"name": "x", "leadId": user("alan"), "organizationId": HARBOUR}},
        "leadId",
        CREATE,
    ),
]


async def plant(projects: Running) -> None:
    """What the demo world lacks for the tables above."""
    async with projects.context().storage.begin() as uow:
        session = uow.session
        session.add(Person(id=UUID(GONE), organization_id=UUID(ANALYTICAL), is_active=False))
        compiler = await session.get_one(Project, UUID(COMP))
        compiler.lead_id = demo_id("user", "edsger")
        seat = await session.get_one(ProjectMember, (UUID(ENG), demo_id("user", "barbara")))
        seat.role = ProjectRole.ADMIN
        owner = demo_id("user", "radia")
        session.add(Project(id=UUID(FREE), key="FREE", name="Free", lead_id=owner, owner_id=owner))
        await session.flush()
        session.add(
            ProjectMember(
                project_id=UUID(FREE), user_id=demo_id("user", "edsger"), role=ProjectRole.ADMIN
            )
        )


async def test_what_is_refused_leaves_everything_as_it_was(projects: Running):
    await plant(projects)
    before = await kept(projects)
    for who, operation, variables, code in NOT_THEIRS + NOT_NOW:
        refusal = await projects.refusal(operation, who, **variables)
        assert refusal["code"] == code, (who.username, operation, variables)
    for who, variables, field, operation in NOT_POSSIBLE + NO_TEAM:
        refusal = await projects.refusal(operation, who, **variables)
        told = refusal["code"], [problem["field"] for problem in refusal["fields"]]
        assert told == ("BAD_USER_INPUT", [field]), (operation, variables)
    assert await kept(projects) == before


@pytest.mark.parametrize(
    ("who", "may_delete"),
    [
        (ADA, True),  # administers the platform
        (caller("grace"), True),  # administers the organization's projects
        (replace(caller("radia"), tenant_id=caller("ada").tenant_id), True),  # owns it
        (ADMIN_THERE, False),
    ],
    ids=["platform", "organization", "owner", "project"],
)
async def test_those_who_may_change_a_project_do_so(
    projects: Running, who: Identity, may_delete: bool
):
    """Each of the rights is enough by itself."""
    await plant(projects)
    assert who.id is not None
    async with projects.context().storage.begin() as uow:
        session = uow.session
        project = await session.get_one(Project, UUID(ENG))
        project.owner_id = demo_id("user", "radia")
        await session.execute(delete(ProjectMember))
        members = {"radia": ProjectRole.OWNER, "barbara": ProjectRole.ADMIN}
        session.add_all(
            ProjectMember(project_id=project.id, user_id=demo_id("user", name), role=role)
            for name, role in members.items()
        )
        session.add(Person(id=UUID(int=9), organization_id=UUID(ANALYTICAL)))

    for operation, variables in (
        (UPDATE, {"id": ENG, "i": {"name": "x", "version": 2}}),
        (ADD, member(ENG, str(UUID(int=9)))),
        (REMOVE, member(ENG, str(UUID(int=9)))),
        (PLAN, {"i": {"projectId": ENG, "title": "x"}}),
        (REPLAN, {"id": RELEASE, "i": {"title": "x", "version": 1}}),
    ):
        await projects.ask(operation, who, **variables)
    told = [event.topic for event in await projects.bus.read_after("projects", "0", 10)]
    assert told == [
        "project.updated",
        "project.member_added",
        "project.member_removed",
        "milestone.created",
        "milestone.updated",
    ]
    result = await projects.answer(DELETE, who, id=ENG)
    assert bool(result.errors) is not may_delete


async def test_a_project_holds_a_thousand_members_and_no_more(projects: Running):
    def seats(ids: Iterable[UUID]) -> list[ProjectMember]:
        project_id, role = UUID(ENG), ProjectRole.MEMBER
        return [ProjectMember(project_id=project_id, user_id=id, role=role) for id in ids]

    async with projects.context().storage.begin() as uow:
        uow.session.add_all(seats(uuid4() for _ in range(MAX_MEMBERS - 6 - 1)))  # six are there
        newcomers = [Person(id=uuid4(), organization_id=UUID(ANALYTICAL)) for _ in range(2)]
        uow.session.add_all(newcomers)
        first, second = (str(person.id) for person in newcomers)

    await projects.ask(ADD, ADA, **member(ENG, first))
    assert await projects.refusal(ADD, ADA, **member(ENG, second)) == {
        "code": "CONFLICT",
        "limit": 1000,
    }
    again = await projects.refusal(ADD, ADA, **member(ENG, first))
    assert again["code"] == "ALREADY_EXISTS"
    assert len(await projects.bus.read_after("projects", "0", 10)) == 1


async def test_who_has_just_got_an_organization_is_told_to_refresh_the_token(projects: Running):
    """Alan belongs to one, but his token does not say so yet."""
    before = replace(caller("alan"), tenant_id=None)
    new = {"name": "x", "organizationId": ANALYTICAL}
    answer = await projects.answer(CREATE, before, i=new)
    assert answer.errors[0].extensions["code"] == "FORBIDDEN"
    assert "Refresh it" in answer.errors[0].message
