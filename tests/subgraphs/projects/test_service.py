"""What can be done with projects, by whom, and what is announced."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import demo_id
from trellis.schema.errors import Conflict
from trellis.subgraphs.projects.keys import key_from
from trellis.subgraphs.projects.models import Person, Project
from trellis.subgraphs.projects.service import forget_person

CREATE = (
    "mutation($i: CreateProjectInput!) { createProject(input: $i) { project { id "
    "key name version status lead { id } owner { id } organization { id } members "
    "{ role user { id } } } } }"
)
UPDATE = (
    "mutation($id: ID!, $i: UpdateProjectInput!) { updateProject(id: $id, input: "
    "$i) { project { name version description status lead { id } settings { "
    "statuses } } } }"
)
ANTENNAS = str(demo_id("team", "Antennas"))  # of the other organization
ENG = str(demo_id("project", "ENG"))
HOP = str(demo_id("project", "HOP"))


def user(name: str) -> str:
    return str(demo_id("user", name))


async def events(running: Running) -> list[Any]:
    return list(await running.bus.read_after("projects", "0", 100))


async def create(projects: Running, who: str = "alan", **wish: Any) -> dict[str, Any]:
    data = await projects.ask(CREATE, caller(who), i={"name": "Bombe", **wish})
    return data["createProject"]["project"]


async def test_a_new_project_belongs_to_its_maker_and_is_announced(projects: Running):
    names = {"name": "Naval Enigma", "description": "Ships at sea"}
    project = await create(projects, **names, leadId=user("katherine"))

    assert project["key"] == "NE"
    assert project["lead"] == {"id": user("katherine")}
    assert project["owner"] == {"id": user("alan")}
    assert project["organization"] == {"id": str(caller("alan").tenant_id)}
    roles = {m["user"]["id"]: m["role"] for m in project["members"]}
    assert roles == {user("alan"): "OWNER", user("katherine"): "ADMIN"}
    [event] = await events(projects)
    assert (event.topic, event.key) == ("project.created", project["id"])
    assert event.payload["version"] == 1
    state = event.payload["state"]
    assert (state["name"], state["description"]) == ("Naval Enigma", "Ships at sea")
    assert state["members"] == {user("alan"): "owner", user("katherine"): "admin"}
    assert event.headers == {"actorId": user("alan"), "requestId": "req-1"}


async def test_a_key_made_from_the_name_steps_aside_for_a_taken_one(projects: Running):
    made = [(await create(projects, name="Naval Enigma"))["key"] for _ in range(3)]

    assert made == ["NE", "NE2", "NE3"]


async def test_twenty_projects_of_one_name_at_once_get_twenty_keys(projects: Running):
    made = await asyncio.gather(*(create(projects, name="Colossus") for _ in range(20)))

    assert len({project["key"] for project in made}) == 20


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Bombe", "BOMB"),
        ("Naval Enigma", "NE"),
        ("2 fast 4 you", "F4Y"),
        ("Ж", "PRJ"),
        ("X", "XPRJ"),
    ],
)
def test_keys_are_made_of_what_letters_a_name_has(name: str, key: str):
    assert key_from(name) == key


async def test_a_taken_key_is_refused_and_leaves_nothing(projects: Running):
    result = await projects.answer(CREATE, caller("alan"), i={"name": "Xylo", "key": "HOP"})

    (error,) = result.errors
    assert error.message == "The project key HOP is taken. Choose another one."
    assert error.extensions == {"code": "ALREADY_EXISTS", "field": "key"}
    assert await events(projects) == []


@pytest.mark.parametrize(
    ("wish", "field", "code"),
    [
        ({"name": "  "}, "name", "REQUIRED_FIELD_MISSING"),
        ({"name": "x" * 201}, "name", "VALUE_TOO_LONG"),
        ({"name": "a\x00b"}, "name", "INVALID_FORMAT"),
        ({"name": "x", "key": "low"}, "key", "INVALID_FORMAT"),
        ({"name": "x", "projectType": ""}, "projectType", "REQUIRED_FIELD_MISSING"),
        ({"name": "x", "leadId": "me"}, "leadId", "INVALID_FORMAT"),
        ({"name": "x", "leadId": str(uuid4())}, "leadId", "INVALID_FORMAT"),
        ({"name": "x", "leadId": user("hedy")}, "leadId", "INVALID_FORMAT"),
        ({"name": "x", "teamId": "ours"}, "teamId", "INVALID_FORMAT"),
        ({"name": "x", "teamId": str(uuid4())}, "teamId", "INVALID_FORMAT"),
        ({"name": "x", "teamId": ANTENNAS}, "teamId", "INVALID_FORMAT"),
        (
            {"name": "x", "startDate": "2026-02-01", "endDate": "2026-01-01"},
            "endDate",
            "INVALID_FORMAT",
        ),
        ({"name": "x", "settings": {"statuses": []}}, "settings.statuses", "INVALID_FORMAT"),
    ],
)
async def test_an_unacceptable_wish_names_its_field(
    projects: Running, wish: dict[str, Any], field: str, code: str
):
    refusal = await projects.refusal(CREATE, caller("alan"), i=wish)

    assert refusal["code"] == "BAD_USER_INPUT"
    assert [(p["field"], p["code"]) for p in refusal["fields"]] == [(field, code)]
    assert await events(projects) == []


async def test_an_administrator_makes_projects_for_organizations_that_there_are(projects: Running):
    """S0-DM-05"""
    other = str(caller("hedy").tenant_id)
    assert (await create(projects, "ada", organizationId=other))["organization"] == {"id": other}
    wish = {"name": "Nowhere", "organizationId": str(uuid4())}
    refusal = await projects.refusal(CREATE, caller("ada"), i=wish)
    assert [(p["field"], p["code"]) for p in refusal["fields"]] == [
        ("organizationId", "INVALID_FORMAT")
    ]


async def test_nobody_makes_a_project_in_another_organization(projects: Running):
    wish = {"name": "Spy", "organizationId": str(caller("hedy").tenant_id)}

    assert (await projects.refusal(CREATE, caller("alan"), i=wish))["code"] == "FORBIDDEN"


async def test_a_project_moves_to_teams_of_its_organization_only(projects: Running):
    query = """mutation($id: ID!, $i: UpdateProjectInput!) {
      updateProject(id: $id, input: $i) { project { team { id } } } }"""

    async def move(team: str | None) -> Any:
        data = await projects.ask(query, caller("grace"), id=ENG, i={"teamId": team})
        return data["updateProject"]["project"]["team"]

    stores = str(demo_id("team", "Stores"))
    assert [await move(stores), await move(None)] == [{"id": stores}, None]
    refusals = [
        await projects.refusal(query, caller("grace"), id=ENG, i={"teamId": team})
        for team in (ANTENNAS, str(uuid4()))
    ]
    assert refusals[0] == refusals[1]
    assert [problem["field"] for problem in refusals[0]["fields"]] == ["teamId"]


async def test_an_update_changes_only_what_is_given(projects: Running):
    data = await projects.ask(
        UPDATE,
        caller("grace"),
        id=ENG,
        i={"name": "Engine", "status": "COMPLETED", "settings": {"statuses": ["New", "Old"]}},
    )

    assert data["updateProject"]["project"] == {
        "name": "Engine",
        "version": 2,
        "description": "A mill, a store and cards to steer them",
        "status": "COMPLETED",
        "lead": {"id": user("ada")},
        "settings": {"statuses": ["New", "Old"]},
    }
    [event] = await events(projects)
    assert event.payload["changed"] == ["name", "status", "settings"]
    assert event.payload["version"] == 2


async def test_an_update_without_a_change_announces_nothing(projects: Running):
    await projects.ask(UPDATE, caller("grace"), id=ENG, i={"name": "Analytical Engine"})

    assert await events(projects) == []


async def test_a_lead_whose_account_was_closed_may_stay_but_not_come(projects: Running):
    gone, other = uuid4(), uuid4()
    async with projects.context().storage.begin() as uow:
        project = await uow.session.get_one(Project, UUID(ENG))
        for id in (gone, other):
            closed = Person(id=id, organization_id=project.organization_id, is_active=False)
            uow.session.add(closed)
        project.lead_id = gone

    stays = {"name": "Renamed", "leadId": str(gone)}
    data = await projects.ask(UPDATE, caller("ada"), id=ENG, i=stays)
    assert data["updateProject"]["project"]["name"] == "Renamed"
    refusal = await projects.refusal(UPDATE, caller("ada"), id=ENG, i={"leadId": str(other)})
    assert [problem["field"] for problem in refusal["fields"]] == ["leadId"]


async def test_a_person_who_is_forgotten_leaves_a_new_version_of_their_projects(projects: Running):
    alan = demo_id("user", "alan")
    storage = projects.context().storage

    async def versions() -> dict[UUID, int]:
        async with storage.read() as session:
            return {row.id: row.version for row in await session.scalars(select(Project))}

    before = await versions()
    async with storage.begin() as uow:
        await forget_person(uow, alan)

    left = {UUID(event.payload["project_id"]) for event in await events(projects)}
    assert left
    after = await versions()
    assert {id for id in before if after[id] == before[id] + 1} == left
    assert {id for id in before if after[id] == before[id]} == before.keys() - left


async def test_of_twenty_updates_with_one_version_one_wins(projects: Running):
    answers = await asyncio.gather(
        *(
            projects.answer(UPDATE, caller("ada"), id=ENG, i={"name": f"N{n}", "version": 1})
            for n in range(20)
        )
    )

    codes = [a.errors[0].extensions["code"] if a.errors else "ok" for a in answers]
    assert sorted(codes) == ["CONFLICT"] * 19 + ["ok"]
    assert len(await events(projects)) == 1


@pytest.mark.parametrize(
    ("who", "code"),
    [("katherine", "FORBIDDEN"), ("hedy", "NOT_FOUND"), ("tommy", "NOT_FOUND")],
)
async def test_a_refused_change_tells_only_members_that_the_project_exists(
    projects: Running, who: str, code: str
):
    changes = [
        (UPDATE, {"id": ENG, "i": {"name": "Mine"}}),
        ("mutation($id: ID!) { deleteProject(id: $id) { deletedProjectId } }", {"id": ENG}),
        (
            (
                "mutation($i: AddProjectMemberInput!) { addProjectMember(input: $i) { member { "
                "role } } }"
            ),
            {"i": {"projectId": ENG, "userId": user(who)}},
        ),
        (
            (
                "mutation($i: RemoveProjectMemberInput!) { removeProjectMember(input: $i) { "
                "project { id } } }"
            ),
            {"i": {"projectId": ENG, "userId": user("alan")}},
        ),
        (
            (
                "mutation($i: CreateMilestoneInput!) { createMilestone(input: $i) { milestone "
                "{ id } } }"
            ),
            {"i": {"projectId": ENG, "title": "M"}},
        ),
    ]
    if code == "NOT_FOUND":
        milestone = str(demo_id("milestone", "ENG/Release"))
        change = (
            'mutation($id: ID!) { updateMilestone(id: $id, input: {title: "x"}) { '
            "milestone { id } } }"
        )
        changes.append((change, {"id": milestone}))

    for change, variables in changes:
        assert (await projects.refusal(change, caller(who), **variables))["code"] == code
    assert await events(projects) == []


async def test_members_come_and_go(projects: Running):
    add = (
        "mutation($i: AddProjectMemberInput!) { addProjectMember(input: $i) { member { "
        "role user { id } } } }"
    )
    remove = (
        "mutation($i: RemoveProjectMemberInput!) { removeProjectMember(input: $i) { "
        "project { version members { user { id } } } } }"
    )
    compiler, who = str(demo_id("project", "COMP")), {"userId": user("alan")}

    data = await projects.ask(add, caller("grace"), i={"projectId": compiler, **who})
    assert data["addProjectMember"]["member"] == {"role": "MEMBER", "user": {"id": user("alan")}}
    again = await projects.refusal(add, caller("grace"), i={"projectId": compiler, **who})
    assert again == {"code": "ALREADY_EXISTS", "reason": "PROJECT_MEMBER_ALREADY_EXISTS"}

    data = await projects.ask(remove, caller("alan"), i={"projectId": compiler, **who})
    project = data["removeProjectMember"]["project"]
    assert project["version"] == 3
    assert user("alan") not in [member["user"]["id"] for member in project["members"]]
    assert [e.topic for e in await events(projects)] == [
        "project.member_added",
        "project.member_removed",
    ]


async def test_a_person_of_another_organization_cannot_be_let_in(projects: Running):
    add = "mutation($i: AddProjectMemberInput!) { addProjectMember(input: $i) { member { role } } }"

    refusal = await projects.refusal(
        add, caller("grace"), i={"projectId": ENG, "userId": user("hedy")}
    )

    assert [p["field"] for p in refusal["fields"]] == ["userId"]


async def test_the_owner_stays(projects: Running):
    remove = (
        "mutation($i: RemoveProjectMemberInput!) { removeProjectMember(input: $i) { "
        "project { id } } }"
    )

    refusal = await projects.refusal(
        remove, caller("grace"), i={"projectId": ENG, "userId": user("ada")}
    )

    assert refusal["code"] == "CONFLICT"


async def test_a_deleted_project_is_gone_with_its_milestones(projects: Running):
    await projects.ask(
        "mutation($id: ID!) { deleteProject(id: $id) { deletedProjectId } }", caller("ada"), id=HOP
    )

    found = await projects.entities(
        caller("ada"),
        "... on Project { key } ... on Milestone { title }",
        {"__typename": "Project", "id": HOP},
        {"__typename": "Milestone", "id": str(demo_id("milestone", "HOP/Release"))},
    )
    assert found == [None, None]
    (deleted,) = await events(projects)
    assert (deleted.topic, deleted.payload["version"]) == ("project.deleted", 2)


async def test_completing_a_milestone_notes_when(projects: Running):
    update = (
        "mutation($id: ID!, $i: UpdateMilestoneInput!) { updateMilestone(id: $id, "
        "input: $i) { milestone { status completedAt title dueDate version } } }"
    )
    milestone = str(demo_id("milestone", "ENG/Release"))

    done = await projects.ask(update, caller("ada"), id=milestone, i={"status": "COMPLETED"})
    assert done["updateMilestone"]["milestone"]["completedAt"] is not None
    back = await projects.ask(
        update,
        caller("ada"),
        id=milestone,
        i={"status": "IN_PROGRESS", "dueDate": None, "version": 2},
    )
    assert back["updateMilestone"]["milestone"] == {
        "status": "IN_PROGRESS",
        "completedAt": None,
        "title": "Release",
        "dueDate": None,
        "version": 3,
    }


async def test_a_mutation_of_nobody_is_refused(projects: Running):
    assert (await projects.refusal(CREATE, i={"name": "X"}))["code"] == "UNAUTHENTICATED"


async def test_two_mutations_in_one_operation_see_each_other(projects: Running):
    query = """mutation($id: ID!) {
      a: updateProject(id: $id, input: {startDate: "2027-01-01", endDate: "2027-12-31"}) {
        project { version }
      }
      b: updateProject(id: $id, input: {startDate: "2027-06-01", version: 2}) {
        project { version endDate }
      }
    }"""

    data = await projects.ask(query, caller("ada"), id=ENG)

    assert data["b"]["project"] == {"version": 3, "endDate": "2027-12-31"}


async def test_a_row_that_somebody_else_changed_meanwhile_is_a_conflict(projects: Running):
    elsewhere = update(Project).values(version=col(Project.version) + 1)

    async def rename() -> None:
        async with projects.context().storage.begin() as uow:
            project = await uow.session.get_one(Project, UUID(ENG))
            await uow.session.execute(elsewhere.execution_options(synchronize_session=False))
            project.name = "Mine"

    with pytest.raises(Conflict, match="This was changed concurrently"):
        await rename()
    async with projects.context().storage.read() as session:
        kept = await session.get_one(Project, UUID(ENG))
        assert (kept.name, kept.version) == ("Analytical Engine", 1)
