"""Organizations and teams, and who is in them."""

from typing import Any
from uuid import uuid4

import pytest

from tests.subgraphs.accounts.signing_in import identity, log_in, topics
from tests.support.kept import kept
from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import demo_id
from trellis.schema.identity import Identity
from trellis.subgraphs.accounts.models import MembershipRole, Organization, OrganizationMember
from trellis.subgraphs.accounts.use_cases.organizations import MOST_ORGANIZATIONS

CREATE = (
    "mutation($i: CreateOrganizationInput!) { createOrganization(input: $i) { organization "
    "{ id name domain logoUrl role memberCount subscriptionPlan } } }"
)
ADD = (
    "mutation($i: OrganizationMemberInput!) { addOrganizationMember(input: $i) { member "
    "{ role user { username } } } }"
)
ROLE = (
    "mutation($i: OrganizationMemberInput!) { changeOrganizationRole(input: $i) "
    "{ member { role } } }"
)
REMOVE = (
    "mutation($i: OrganizationMemberInput!) { removeOrganizationMember(input: $i) "
    "{ removedUserId } }"
)
TEAM = (
    "mutation($i: CreateTeamInput!) { createTeam(input: $i) { team "
    "{ id name role memberCount owner { username } organization { name } } } }"
)
SEAT = "mutation($i: TeamMemberInput!) { addTeamMember(input: $i) { member { role } } }"
UNSEAT = "mutation($i: TeamMemberInput!) { removeTeamMember(input: $i) { removedUserId } }"
ANALYTICAL = str(demo_id("organization", "analytical.example.com"))
HARBOUR = str(demo_id("organization", "harbour.example.com"))
MILLS = str(demo_id("team", "Mills"))


def user(name: str) -> str:
    return str(demo_id("user", name))


def seat(organization: str, name: str, **more: Any) -> dict[str, Any]:
    return {"organizationId": organization, "userId": user(name), **more}


async def test_whoever_makes_an_organization_administers_it(accounts: Running):
    logo = "https://difference.example.com/logo.svg"
    wish = {"name": "Difference Co", "domain": "Difference.example.com", "logoUrl": logo}
    made = (await accounts.ask(CREATE, caller("alan"), i=wish))["createOrganization"]
    assert made["organization"] | {"id": ""} == {
        "id": "",
        "name": "Difference Co",
        "domain": "difference.example.com",
        "logoUrl": logo,
        "role": "ADMIN",
        "memberCount": 1,
        "subscriptionPlan": "free",
    }
    assert await topics(accounts) == ["user.updated", "organization.created"]


@pytest.mark.parametrize(
    ("operation", "wish"),
    [(CREATE, {}), (TEAM, {"organizationId": ANALYTICAL})],
    ids=["organization", "team"],
)
async def test_who_has_no_account_here_owns_nothing_here(
    accounts: Running, operation: str, wish: dict[str, Any]
):
    """Another issuer may vouch for people, administrators too, whom accounts has never seen."""
    somebody = Identity(id=uuid4(), roles=frozenset({"admin"}))
    refused = await accounts.refusal(operation, somebody, i={"name": "Elsewhere", **wish})
    assert refused == {"code": "NOT_FOUND"}


async def test_the_next_token_names_the_first_organization(accounts: Running):
    before = await identity(accounts, (await log_in(accounts, "alan"))["accessToken"])
    await accounts.ask(CREATE, caller("alan"), i={"name": "Second"})
    after = await identity(accounts, (await log_in(accounts, "alan"))["accessToken"])
    assert before.tenant_id == after.tenant_id == caller("alan").tenant_id


async def test_nobody_is_in_more_organizations_than_can_be_shown(accounts: Running):
    async with accounts.context().storage.begin() as uow:
        made = [Organization(name=str(number)) for number in range(MOST_ORGANIZATIONS - 1)]
        uow.session.add_all(made)
        await uow.session.flush()
        uow.session.add_all(
            OrganizationMember(
                organization_id=one.id, user_id=demo_id("user", "alan"), role=MembershipRole.MEMBER
            )
            for one in made
        )
    before = await kept(accounts)
    details = await accounts.refusal(CREATE, caller("alan"), i={"name": "One more"})
    assert details == {"code": "CONFLICT", "limit": 100}
    assert await kept(accounts) == before
    await accounts.ask(REMOVE, caller("ada"), i=seat(str(made[0].id), "alan"))
    await accounts.ask(CREATE, caller("alan"), i={"name": "One more"})


async def test_a_domain_belongs_to_one_organization(accounts: Running):
    wish = {"name": "Copy", "domain": "analytical.example.com"}
    details = await accounts.refusal(CREATE, caller("alan"), i=wish)
    assert details == {"code": "ALREADY_EXISTS", "field": "domain"}
    assert await topics(accounts) == []


@pytest.mark.parametrize("domain", ["localhost", "-a.example", "a..example", "http://a.example"])
async def test_a_domain_that_is_none_is_refused(accounts: Running, domain: str):
    details = await accounts.refusal(CREATE, caller("alan"), i={"name": "X", "domain": domain})
    assert [problem["field"] for problem in details["fields"]] == ["domain"]


@pytest.mark.parametrize(
    ("who", "arguments", "names"),
    [
        ("alan", "", ["Analytical Engines"]),
        ("alan", "(all: true)", ["Analytical Engines"]),
        ("ada", "", ["Analytical Engines"]),
        ("ada", "(all: true)", ["Analytical Engines", "Harbour Radio"]),
        ("hedy", "", ["Harbour Radio"]),
    ],
)
async def test_people_list_their_organizations(
    accounts: Running, who: str, arguments: str, names: list[str]
):
    query = f"{{ organizations{arguments} {{ totalCount edges {{ node {{ name }} }} }} }}"
    found = (await accounts.ask(query, caller(who)))["organizations"]
    assert sorted(edge["node"]["name"] for edge in found["edges"]) == names
    assert found["totalCount"] == len(names)


async def test_members_see_their_organization_and_their_role_in_it(accounts: Running):
    query = (
        "query($id: ID!) { organization(id: $id) { domain tier subscriptionPlan role "
        "members(first: 2) { totalCount edges { node { role user { username email } } } } } }"
    )
    found = (await accounts.ask(query, caller("alan"), id=ANALYTICAL))["organization"]
    assert found == {
        "domain": "analytical.example.com",
        "tier": "PRO",
        "subscriptionPlan": "premium",
        "role": "MEMBER",
        "members": {
            "totalCount": 6,
            "edges": [
                {"node": {"role": "ADMIN", "user": _person("ada")}},
                {"node": {"role": "MEMBER", "user": _person("grace")}},
            ],
        },
    }
    assert (await accounts.ask(query, caller("hedy"), id=ANALYTICAL))["organization"] is None


def _person(name: str) -> dict[str, str]:
    return {"username": name, "email": f"{name}@example.com"}


async def test_others_refer_to_a_foreign_organization_or_team_by_name_only(accounts: Running):
    named = await accounts.entities(
        caller("hedy"),
        "... on Organization { name } ... on Team { name }",
        {"__typename": "Organization", "id": ANALYTICAL},
        {"__typename": "Team", "id": MILLS},
    )
    assert named == [{"name": "Analytical Engines"}, {"name": "Mills"}]
    result = await accounts.answer(
        "query($r: [_Any!]!) { _entities(representations: $r) "
        "{ ... on Organization { members { totalCount } } ... on Team { owner { id } } } }",
        caller("hedy"),
        r=[{"__typename": "Organization", "id": ANALYTICAL}, {"__typename": "Team", "id": MILLS}],
    )
    assert {error.extensions["code"] for error in result.errors} == {"FORBIDDEN"}
    assert result.data["_entities"] == [{"members": None}, {"owner": None}]


async def test_an_administrator_takes_somebody_in(accounts: Running):
    data = await accounts.ask(ADD, caller("ada"), i=seat(ANALYTICAL, "hedy"))
    assert data["addOrganizationMember"]["member"]["user"] == {"username": "hedy"}
    both = "{ organizations { totalCount } }"
    assert (await accounts.ask(both, caller("hedy")))["organizations"]["totalCount"] == 2
    [event] = await accounts.bus.read_after("accounts", "0", 10)
    assert event.payload["changed"] == ["organization_id"]
    assert event.payload["organization_id"] == HARBOUR
    assert event.payload["organization_ids"] == [HARBOUR, ANALYTICAL]


async def test_strangers_are_invited_and_not_taken_in_unasked(accounts: Running):
    made = (await accounts.ask(CREATE, caller("alan"), i={"name": "Lair"}))["createOrganization"]
    lair = made["organization"]["id"]
    refusals = [
        await accounts.refusal(ADD, caller("alan"), i=seat(lair, who)) for who in ("hedy", "nobody")
    ]
    assert refusals == [{"code": "NOT_FOUND"}] * 2
    data = await accounts.ask(ADD, caller("alan"), i=seat(lair, "grace"))
    assert data["addOrganizationMember"]["member"]["user"] == {"username": "grace"}


@pytest.mark.parametrize(
    ("who", "mutation", "wish", "code"),
    [
        ("alan", ADD, seat(ANALYTICAL, "hedy"), "FORBIDDEN"),
        ("grace", ADD, seat(ANALYTICAL, "hedy"), "FORBIDDEN"),
        ("hedy", ADD, seat(ANALYTICAL, "tommy"), "NOT_FOUND"),
        ("ada", ADD, seat(ANALYTICAL, "grace"), "ALREADY_EXISTS"),
        ("ada", ADD, seat(ANALYTICAL, "nobody"), "NOT_FOUND"),
        ("ada", ADD, {"organizationId": "x", "userId": "y"}, "BAD_USER_INPUT"),
        ("alan", ROLE, seat(ANALYTICAL, "alan", role="ADMIN"), "FORBIDDEN"),
        ("ada", ROLE, seat(ANALYTICAL, "hedy", role="ADMIN"), "NOT_FOUND"),
        ("ada", ROLE, seat(ANALYTICAL, "ada", role="MEMBER"), "CONFLICT"),
        ("alan", REMOVE, seat(ANALYTICAL, "grace"), "FORBIDDEN"),
        ("hedy", REMOVE, seat(ANALYTICAL, "grace"), "NOT_FOUND"),
        ("ada", REMOVE, seat(ANALYTICAL, "ada"), "CONFLICT"),
        ("ada", REMOVE, seat(ANALYTICAL, "hedy"), "NOT_FOUND"),
    ],
)
async def test_a_membership_that_is_not_theirs_to_change_stays(
    accounts: Running, who: str, mutation: str, wish: dict[str, Any], code: str
):
    before = await kept(accounts)
    assert (await accounts.refusal(mutation, caller(who), i=wish))["code"] == code
    assert await kept(accounts) == before


async def test_the_first_administrator_may_leave_once_there_is_another(accounts: Running):
    await accounts.ask(ROLE, caller("ada"), i=seat(ANALYTICAL, "grace", role="ADMIN"))
    await accounts.ask(ROLE, caller("ada"), i=seat(ANALYTICAL, "ada", role="MEMBER"))
    await accounts.ask(REMOVE, caller("ada"), i=seat(ANALYTICAL, "ada"))
    mine = await accounts.ask("{ organizations { totalCount } }", caller("ada"))
    assert mine["organizations"]["totalCount"] == 0


async def test_whoever_leaves_an_organization_leaves_its_teams_and_sees_it_no_more(
    accounts: Running,
):
    await accounts.ask(REMOVE, caller("alan"), i=seat(ANALYTICAL, "alan"))
    team = "query($id: ID!) { team(id: $id) { memberCount } }"
    assert (await accounts.ask(team, caller("ada"), id=MILLS))["team"] == {"memberCount": 2}
    assert (await accounts.ask(team, caller("alan"), id=MILLS))["team"] is None
    seen = await accounts.ask("{ users { edges { node { username } } } }", caller("alan"))
    assert seen["users"]["edges"] == [{"node": {"username": "alan"}}]


async def test_an_administrator_makes_a_team(accounts: Running):
    wish = {"organizationId": ANALYTICAL, "name": "Cards"}
    team = (await accounts.ask(TEAM, caller("ada"), i=wish))["createTeam"]["team"]
    assert team | {"id": ""} == {
        "id": "",
        "name": "Cards",
        "role": "ADMIN",
        "memberCount": 1,
        "owner": {"username": "ada"},
        "organization": {"name": "Analytical Engines"},
    }
    assert await topics(accounts) == ["team.created"]


def in_team(name: str, team: str = MILLS) -> dict[str, Any]:
    return {"teamId": team, "userId": user(name)}


@pytest.mark.parametrize(
    ("who", "mutation", "wish", "code"),
    [
        ("alan", TEAM, {"organizationId": ANALYTICAL, "name": "X"}, "FORBIDDEN"),
        ("hedy", TEAM, {"organizationId": ANALYTICAL, "name": "X"}, "NOT_FOUND"),
        ("ada", TEAM, {"organizationId": ANALYTICAL, "name": " "}, "BAD_USER_INPUT"),
        ("alan", SEAT, in_team("edsger"), "FORBIDDEN"),
        ("hedy", SEAT, in_team("edsger"), "NOT_FOUND"),
        ("ada", SEAT, in_team("hedy"), "NOT_FOUND"),
        ("ada", SEAT, in_team("alan"), "ALREADY_EXISTS"),
        ("alan", UNSEAT, in_team("grace"), "FORBIDDEN"),
        ("edsger", UNSEAT, in_team("edsger"), "NOT_FOUND"),
        ("hedy", UNSEAT, in_team("alan"), "NOT_FOUND"),
    ],
)
async def test_a_team_that_is_not_theirs_to_change_stays(
    accounts: Running, who: str, mutation: str, wish: dict[str, Any], code: str
):
    before = await kept(accounts)
    assert (await accounts.refusal(mutation, caller(who), i=wish))["code"] == code
    assert await kept(accounts) == before


async def test_people_join_and_leave_teams(accounts: Running):
    query = "query($id: ID!) { team(id: $id) { members { edges { node { user { username } } } } } }"
    await accounts.ask(SEAT, caller("ada"), i=in_team("edsger"))
    await accounts.ask(UNSEAT, caller("alan"), i=in_team("alan"))
    team = (await accounts.ask(query, caller("ada"), id=MILLS))["team"]
    names = [edge["node"]["user"]["username"] for edge in team["members"]["edges"]]
    assert sorted(names) == ["ada", "edsger", "grace"]


@pytest.mark.parametrize(
    ("who", "organization", "names"),
    [
        ("alan", None, ["Mills", "Stores"]),
        ("alan", ANALYTICAL, ["Mills", "Stores"]),
        ("ada", HARBOUR, ["Antennas", "Bridges"]),
    ],
)
async def test_people_list_the_teams_they_may_see(
    accounts: Running, who: str, organization: str | None, names: list[str]
):
    query = "query($o: ID) { teams(organizationId: $o) { totalCount edges { node { name } } } }"
    found = (await accounts.ask(query, caller(who), o=organization))["teams"]
    assert sorted(edge["node"]["name"] for edge in found["edges"]) == names
    assert found["totalCount"] == len(names)


async def test_the_teams_of_a_foreign_organization_are_refused_like_those_of_none(
    accounts: Running,
):
    query = "query($o: ID) { teams(organizationId: $o) { totalCount } }"
    nowhere = str(demo_id("organization", "nowhere"))
    for organization in (HARBOUR, nowhere, "x"):
        refusal = await accounts.refusal(query, caller("alan"), o=organization)
        assert refusal == {"code": "FORBIDDEN", "field": "teams"}


async def test_organizations_and_teams_are_sorted_as_asked(accounts: Running):
    query = (
        "query($o: SortOrder!) { organizations(all: true, sortBy: NAME, sortOrder: $o) "
        "{ edges { node { name } } } teams(sortBy: NAME, sortOrder: $o) "
        "{ edges { node { name } } } }"
    )
    for order, backwards in (("ASC", False), ("DESC", True)):
        for edges in (await accounts.ask(query, caller("ada"), o=order)).values():
            names = [edge["node"]["name"] for edge in edges["edges"]]
            assert len(names) > 1
            assert names == sorted(names, reverse=backwards)


async def test_a_token_of_nobody_sees_nothing(accounts: Running):
    nobody = Identity(id=demo_id("user", "nobody"))
    data = await accounts.ask(
        "{ users { totalCount } teams { totalCount } organizations(all: true) { totalCount } }",
        nobody,
    )
    assert data == {
        "users": {"totalCount": 0},
        "teams": {"totalCount": 0},
        "organizations": {"totalCount": 0},
    }
