"""Who sees which projects, on every way to one: a table of callers over one planted world."""

from collections.abc import Set
from datetime import UTC, datetime

from sqlalchemy import delete

from tests.subgraphs.seeing import (
    BOSS,
    BYSTANDER,
    OURS,
    PROJECTS,
    SEES,
    STRAY,
    THEIRS,
    id_of,
    representation,
)
from tests.support.kept import kept
from tests.support.subgraphs import Running
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.schema.policy import ObjectPolicy
from trellis.subgraphs.projects.models import Milestone, Project, ProjectMember, ProjectRole
from trellis.subgraphs.projects.policies import MEMBER

TEAM = id_of("team", "all")

EVERY_WAY = f"""query($reps: [_Any!]!) {{
  projects(first: 100) {{ totalCount edges {{ node {{ key }} }} }}
  {" ".join(f'i{key}: project(id: "{id_of("project", key)}") {{ key }}' for key in PROJECTS)}
  {" ".join(f'k{key}: projectByKey(key: "{key}") {{ key }}' for key in PROJECTS)}
  _entities(representations: $reps) {{
    ... on Project {{ key }}
    ... on Milestone {{ title project {{ key }} }}
    ... on User {{ projects {{ ...Keys }} ledProjects {{ ...Keys }} }}
    ... on Organization {{ projects {{ ...Keys }} }}
    ... on Team {{ projects {{ ...Keys }} }}
  }}
}}
fragment Keys on ProjectConnection {{ totalCount edges {{ node {{ key }} }} }}"""
BY_ID = [representation("Project", id=id_of("project", key)) for key in PROJECTS]
BY_KEY = [representation("Project", key=key) for key in PROJECTS]
MILESTONES = [representation("Milestone", id=id_of("milestone", key)) for key in PROJECTS]
LISTS = [
    representation("User", id=id_of("user", "lead")),
    representation("User", id=id_of("user", "insider")),
    representation("Organization", id=OURS),
    representation("Organization", id=THEIRS),
    representation("Team", id=TEAM),
]


async def plant(projects: Running) -> None:
    """The world of ``PROJECTS`` in place of the demo's."""
    made = datetime(2020, 1, 1, tzinfo=UTC)
    lead = id_of("user", "lead")
    async with projects.context().storage.begin() as uow:
        await uow.session.execute(delete(Project))
        uow.session.add_all(
            Project(
                id=id_of("project", key), key=key, name=key, lead_id=lead, owner_id=lead,
                organization_id=organization, team_id=TEAM, created_at=made,
            )
            for key, (organization, _) in PROJECTS.items()
        )  # fmt: skip
        await uow.session.flush()
        for key, (_, members) in PROJECTS.items():
            project_id = id_of("project", key)
            uow.session.add_all(
                ProjectMember(
                    project_id=project_id, user_id=id_of("user", name), role=ProjectRole.MEMBER
                )
                for name in members
            )
            uow.session.add(
                Milestone(
                    id=id_of("milestone", key), project_id=project_id, title=key, created_by=lead
                )
            )


async def test_everybody_sees_the_same_projects_on_every_way(projects: Running):
    await plant(projects)
    representations = [*BY_ID, *BY_KEY, *MILESTONES, *LISTS]
    for who, keys in SEES:
        data = await projects.ask(EVERY_WAY, who, reps=representations)
        entities = data.pop("_entities")
        count = len(PROJECTS)
        seen = [{"key": key} if key in keys else None for key in PROJECTS]
        assert data.pop("projects") == connection(keys), who
        assert list(data.values()) == [*seen, *seen], who
        assert entities[: 2 * count] == [*seen, *seen], who
        assert entities[2 * count : 3 * count] == [
            {"title": key, "project": {"key": key}} if key in keys else None for key in PROJECTS
        ], who
        led, joined, ours, theirs, of_team = entities[3 * count :]
        joined_keys = {key for key, (_, members) in PROJECTS.items() if "insider" in members}
        assert led == {"projects": connection(set()), "ledProjects": connection(keys)}, who
        assert joined == {
            "projects": connection(keys & joined_keys),
            "ledProjects": connection(set()),
        }, who
        assert ours == {"projects": connection(keys & {"OURS", "EMPTY"})}, who
        assert theirs == {"projects": connection(keys & {"THEIRS"})}, who
        assert of_team == {"projects": connection(keys)}, who


def connection(keys: Set[str]) -> dict[str, object]:
    """Made at one moment, the projects come by their ids."""
    ordered = sorted(keys, key=lambda key: id_of("project", key).hex)
    return {"totalCount": len(keys), "edges": [{"node": {"key": key}} for key in ordered]}


async def test_the_member_policy_holds_for_the_projects_that_somebody_sees(projects: Running):
    await plant(projects)
    policy = projects.subgraph.policies[MEMBER]
    assert isinstance(policy, ObjectPolicy)
    objects = [{"id": str(id_of("project", key))} for key in PROJECTS]
    for who, keys in SEES:
        assert await policy.decide(who, objects) == [key in keys for key in PROJECTS], who


CHANGES = """mutation($id: ID!, $milestone: ID!, $user: ID!) {
  update: updateProject(id: $id, input: {name: "x"}) { project { id } }
  delete: deleteProject(id: $id) { deletedProjectId }
  add: addProjectMember(input: {projectId: $id, userId: $user}) { member { role } }
  remove: removeProjectMember(input: {projectId: $id, userId: $user}) { project { id } }
  create: createMilestone(input: {projectId: $id, title: "x"}) { milestone { id } }
  change: updateMilestone(id: $milestone, input: {title: "x"}) { milestone { id } }
}"""


async def test_whatever_somebody_does_not_see_is_not_found_by_any_change(projects: Running):
    await plant(projects)
    before = await kept(projects)
    tried = 0
    for who, keys in SEES:
        if who not in (BOSS, BYSTANDER, STRAY, ANONYMOUS):
            continue
        for key in PROJECTS.keys() - keys:
            variables = {
                "id": str(id_of("project", key)),
                "milestone": str(id_of("milestone", key)),
                "user": str(who.id or id_of("user", "insider")),
            }
            result = await projects.answer(CHANGES, who, **variables)
            codes = {error.path[0]: error.extensions["code"] for error in result.errors}
            expected = dict.fromkeys(("update", "delete", "remove", "create"), "NOT_FOUND")
            expected |= dict.fromkeys(("add", "change"), _refusal_of(who))
            assert codes == expected, (who, key)
            tried += 1
    assert tried == 2 + 5 + 4 + 5
    assert await kept(projects) == before


def _refusal_of(who: Identity) -> str:
    """Changes that look for the project inside their transaction ask first who is there."""
    return "NOT_FOUND" if who.is_authenticated else "UNAUTHENTICATED"
