"""In which order people, groups and proofs come, and what a list of them costs."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from tests.support.statements import rows_read
from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import demo_id, demo_world
from trellis.subgraphs.accounts import queries
from trellis.subgraphs.accounts.models import (
    ApiKey,
    Invitation,
    MembershipRole,
    Organization,
    OrganizationMember,
    Profile,
    Session,
    Team,
    TeamMember,
    Tier,
    User,
)

ADA, ALAN = caller("ada"), caller("alan")
ANALYTICAL = demo_id("organization", "analytical.example.com")
MILLS = demo_id("team", "Mills")
LATER = datetime(2100, 1, 1, tzinfo=UTC)

# The number in an id, and the minute in which it was made: what was made at the same moment is told
# apart by its id, and neither runs with the order of writing.
MADE = {3: 1, 9: 0, 1: 2, 4: 1, 2: 1}
OLDEST_FIRST = [9, 2, 3, 4, 1]
NEWEST_FIRST = [1, 2, 3, 4, 9]


def moment(minute: int) -> datetime:
    return datetime(2030, 1, 1, 0, minute, tzinfo=UTC)


def somebody(number: int) -> User:
    return User(
        id=UUID(int=number), email=f"{number}@example.org", username=f"u{number}",
        username_key=f"u{number}", display_name="x", password_hash="none",
        created_at=moment(MADE[number]),
    )  # fmt: skip


async def write(accounts: Running, *rows: Any) -> None:
    async with accounts.context().storage.begin() as uow:
        for row in rows:
            uow.session.add(row)
            await uow.session.flush()


def numbers(ids: list[str]) -> list[int]:
    """Of the ids of this world; the demo's are greater."""
    return [UUID(id).int for id in ids if UUID(id).int < 10]


async def test_members_come_in_the_order_of_joining(accounts: Running):
    people = [somebody(number) for number in MADE]
    seat: dict[str, Any] = {"role": MembershipRole.MEMBER}
    await write(
        accounts,
        *people,
        *(
            kind(user_id=UUID(int=number), joined_at=moment(minute), **group, **seat)
            for number, minute in MADE.items()
            for kind, group in (
                (OrganizationMember, {"organization_id": ANALYTICAL}),
                (TeamMember, {"team_id": MILLS}),
            )
        ),
    )
    members = "members { totalCount edges { node { user { id } } } }"
    some = "some: members(first: 5) { edges { node { user { id } } } pageInfo { hasNextPage } }"
    query = (
        f"query($o: ID!, $t: ID!) {{ organization(id: $o) {{ {members} }} "
        f"team(id: $t) {{ {members} {some} }} }}"
    )
    data = await accounts.ask(query, ALAN, o=str(ANALYTICAL), t=str(MILLS))
    for group, count in (("organization", 6), ("team", 3)):
        found = data[group]["members"]
        ids = [edge["node"]["user"]["id"] for edge in found["edges"]]
        assert numbers(ids) == OLDEST_FIRST
        assert found["totalCount"] == len(ids) == count + 5
    ids = [edge["node"]["user"]["id"] for edge in data["team"]["some"]["edges"]]
    assert numbers(ids) == OLDEST_FIRST[:2]
    assert data["team"]["some"]["pageInfo"] == {"hasNextPage": True}


async def test_people_organizations_and_teams_come_newest_first(accounts: Running):
    people = [somebody(number) for number in MADE]
    groups = [
        (
            Organization(id=UUID(int=number), name="x", created_at=moment(minute)),
            Team(
                id=UUID(int=number), organization_id=ANALYTICAL, name="x",
                owner_id=demo_id("user", "ada"), created_at=moment(minute),
            ),
        )
        for number, minute in MADE.items()
    ]  # fmt: skip
    await write(accounts, *people, *(row for pair in groups for row in pair))
    query = """query($o: ID!) {
      users { ...People } organizations(all: true) { ...Groups } teams { ...Teams }
      organization(id: $o) { teams { ...Teams } }
    }
    fragment People on UserConnection { edges { node { id } } }
    fragment Groups on OrganizationConnection { edges { node { id } } }
    fragment Teams on TeamConnection { edges { node { id } } }"""
    data = await accounts.ask(query, ADA, o=str(ANALYTICAL))
    data["of organization"] = data.pop("organization")["teams"]
    for kind, found in data.items():
        assert numbers([edge["node"]["id"] for edge in found["edges"]]) == NEWEST_FIRST, kind


async def test_memberships_come_in_the_order_of_joining_and_the_first_is_in_the_token(
    accounts: Running,
):
    """Of the teams in it, again the first."""
    who, hers = somebody(1), somebody(2)
    groups = [
        Organization(id=UUID(int=n), name=f"o{n}", tier=Tier.ENTERPRISE if n == 9 else Tier.FREE)
        for n in MADE
    ]
    teams = [
        Team(id=UUID(int=n), organization_id=UUID(int=9), name=f"t{n}", owner_id=who.id)
        for n in MADE
    ]
    elsewhere = Team(id=UUID(int=5), organization_id=UUID(int=1), name="t5", owner_id=who.id)
    role = MembershipRole.MEMBER
    seats: list[Any] = []
    for n, minute in MADE.items():
        joined: dict[str, Any] = {"user_id": who.id, "joined_at": moment(minute), "role": role}
        seats.append(OrganizationMember(organization_id=UUID(int=n), **joined))
        seats.append(TeamMember(team_id=UUID(int=n), **joined))
    early = moment(0) - timedelta(days=1)
    seats.append(TeamMember(team_id=UUID(int=5), user_id=who.id, joined_at=early, role=role))
    seats += [
        OrganizationMember(
            organization_id=UUID(int=n), user_id=hers.id, joined_at=moment(0), role=role
        )
        for n in (9, 3)
    ]
    await write(accounts, who, hers, *groups, *teams, elsewhere, *seats)

    query = "query($id: ID!) { user(id: $id) { memberships { organization { id } } } }"
    found = (await accounts.ask(query, ADA, id=str(who.id)))["user"]["memberships"]
    assert numbers([one["organization"]["id"] for one in found]) == OLDEST_FIRST
    async with accounts.context().storage.read() as session:
        belonging = await queries.belonging_of(session, who.id)
        other = await queries.belonging_of(session, hers.id)
        ids = [hers.id, UUID(int=77), who.id]
        in_force = await queries.organizations_in_force(session, ids)
    assert belonging == queries.Belonging(UUID(int=9), UUID(int=9), Tier.ENTERPRISE)
    assert other == queries.Belonging(UUID(int=3), None, Tier.FREE)
    assert [one and one.id for one in in_force] == [UUID(int=3), None, UUID(int=9)]


async def test_proofs_come_in_their_order(accounts: Running):
    """Sessions by their last use, keys by their making, the newest first; invitations from the
    oldest on."""
    alan = demo_id("user", "alan")
    rows: list[Any] = []
    for number, minute in MADE.items():
        id, at = UUID(int=number), moment(minute)
        rows += [
            Session(
                id=id, user_id=alan, profile=Profile.GRAPHQL, last_used_at=at, expires_at=LATER
            ),
            ApiKey(
                id=id, user_id=alan, name="n", prefix="p", secret_hash=str(number), scopes=[],
                created_at=at,
            ),
            Invitation(
                id=id, organization_id=ANALYTICAL, email=f"{number}@example.org",
                role=MembershipRole.MEMBER, token_hash=str(number), invited_by=alan,
                created_at=at, expires_at=LATER,
            ),
        ]  # fmt: skip
    await write(accounts, *rows)

    told = await accounts.ask("{ sessions { id } apiKeys { id } }", ALAN)
    assert numbers([one["id"] for one in told["sessions"]]) == NEWEST_FIRST
    assert numbers([one["id"] for one in told["apiKeys"]]) == NEWEST_FIRST
    query = "query($o: ID!) { organization(id: $o) { invitations { id } } }"
    found = (await accounts.ask(query, ADA, o=str(ANALYTICAL)))["organization"]["invitations"]
    assert numbers([one["id"] for one in found]) == OLDEST_FIRST


COLUMNS = {
    "USERNAME": "username",
    "EMAIL": "email",
    "DISPLAY_NAME": "displayName",
    "CREATED_AT": "createdAt",
    "UPDATED_AT": "updatedAt",
}


@pytest.mark.parametrize("by", COLUMNS)
async def test_people_are_sorted_as_asked_on_every_page(accounts: Running, by: str):
    query = (
        "query($by: UserSort, $order: SortOrder, $a: String) { users(first: 5, after: $a, "
        "sortBy: $by, sortOrder: $order) { pageInfo { endCursor hasNextPage } "
        f"edges {{ node {{ {COLUMNS[by]} }} }} }} }}"
    )
    for order in ("ASC", "DESC"):
        values: list[str] = []
        info: dict[str, Any] = {"endCursor": None, "hasNextPage": True}
        while info["hasNextPage"]:
            variables = {"by": by, "order": order, "a": info["endCursor"]}
            page = (await accounts.ask(query, ADA, **variables))["users"]
            values += [edge["node"][COLUMNS[by]] for edge in page["edges"]]
            info = page["pageInfo"]
        assert len(values) == len(set(values)) == len(demo_world().users)
        assert values == sorted(values, reverse=order == "DESC")


@pytest.mark.parametrize("by", COLUMNS)
async def test_a_cursor_of_another_order_is_refused(accounts: Running, by: str):
    """Requirement S4-PAG-01: a page that begins anywhere is worse than none."""
    query = """query($by: UserSort, $a: String) { users(first: 1, after: $a, sortBy: $by) {
      pageInfo { endCursor } } }"""
    cursor = (await accounts.ask(query, ADA, by=by))["users"]["pageInfo"]["endCursor"]
    for other in COLUMNS.keys() - {by}:
        refusal = await accounts.refusal(query, ADA, by=other, a=cursor)
        assert (refusal["code"], refusal["fields"][0]["field"]) == ("BAD_USER_INPUT", "after")


async def test_no_more_rows_are_read_than_the_answer_needs(accounts: Running):
    selection = """... on User { username memberships { role } }
      ... on Organization { name memberCount } ... on Team { name memberCount }"""
    for kind, key, count in (
        ("User", {"id": str(demo_id("user", "alan"))}, 2),
        ("User", {"username": "ALAN"}, 2),
        ("User", {"username": "nobody"}, 0),
        ("Organization", {"id": str(ANALYTICAL)}, 1),
        ("Team", {"id": str(MILLS)}, 1),
    ):
        with rows_read() as read:
            await accounts.entities(ALAN, selection, {"__typename": kind, **key})
        assert len(read) == count, (kind, key, read)


async def test_people_of_one_status_are_found_by_an_index(accounts: Running):
    """S3-IDX-03: the collection of users has an index on their status."""
    statement = queries.matching_users(ADA, queries.UserFilters(is_active=False))
    database = accounts.context().storage.database
    dialect = database.engine.dialect
    asked = str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    async with database.read() as session:
        if database.is_postgres:
            # A table of few rows is read as a whole, whatever indexes it has.
            await session.execute(text("set local enable_seqscan = off"))
            plan = "explain "
        else:
            plan = "explain query plan "
        steps = (await session.execute(text(plan + asked))).all()
    assert "ix_users_status" in str(steps)
