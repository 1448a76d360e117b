"""Who sees whom, which organizations and which teams, on every way: a table of callers over one
planted world."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

import pytest

from tests.support.subgraphs import Running
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.subgraphs.accounts.models import (
    MembershipRole,
    Organization,
    OrganizationMember,
    Team,
    TeamMember,
    User,
)
from trellis.subgraphs.accounts.queries import may_look

_NAMESPACE = UUID(int=1)


def id_of(kind: str, name: str) -> UUID:
    return uuid5(_NAMESPACE, f"{kind}/{name}")


# Organizations and their people, in the order of joining; each has a team of the same name and
# people. Loner is in none.
PEOPLE = {"ours": ("insider", "both"), "theirs": ("foreigner", "both")}
NAMES = ("insider", "both", "foreigner", "loner")


def person(name: str, **more: Any) -> Identity:
    return Identity(id=id_of("user", name), username=name, **more)


def program(scope: str) -> Identity:
    """With a key of the insider."""
    return person("insider", kind="service", scopes=frozenset({scope}))


@dataclass(frozen=True)
class Sight:
    """What a caller sees of people and of groups, and which groups are the caller's own."""

    people: str
    groups: str
    own: str


ALL = Sight("insider both foreigner loner", "ours theirs", "")
SEES = {
    "administrator": (person("boss", roles=frozenset({"admin"})), ALL),
    "insider": (person("insider"), Sight("insider both", "ours", "ours")),
    "foreigner": (person("foreigner"), Sight("both foreigner", "theirs", "theirs")),
    "both": (person("both"), Sight("insider both foreigner", "ours theirs", "ours theirs")),
    "loner": (person("loner"), Sight("loner", "", "")),
    "program": (program("read:profile"), Sight("insider both", "ours", "ours")),
    "narrow program": (program("write:profile"), Sight("", "", "")),
    "nobody's program": (
        Identity(kind="service", scopes=frozenset({"read:profile"})),
        Sight("", "", ""),
    ),
    "tenant of a token": (
        person("loner", tenant_id=id_of("group", "ours")),
        Sight("loner", "", ""),
    ),
}


def test_whoever_is_nobody_may_not_look():
    assert not may_look(ANONYMOUS)
    assert not may_look(SEES["nobody's program"][0])
    assert may_look(SEES["loner"][0])


async def plant(accounts: Running) -> None:
    """The world of ``PEOPLE`` beside the demo's."""
    async with accounts.context().storage.begin() as uow:
        session = uow.session
        session.add_all(
            User(
                id=id_of("user", name), email=f"{name}@example.org", username=name,
                username_key=name, display_name=name, password_hash="none",
            )
            for name in NAMES
        )  # fmt: skip
        session.add_all(Organization(id=id_of("group", name), name=name) for name in PEOPLE)
        await session.flush()
        for group, names in PEOPLE.items():
            owner, id = id_of("user", names[0]), id_of("group", group)
            session.add(
                Team(id=id_of("team", group), organization_id=id, name=group, owner_id=owner)
            )
            await session.flush()
            for name in names:
                user_id, role = id_of("user", name), MembershipRole.MEMBER
                session.add(OrganizationMember(organization_id=id, user_id=user_id, role=role))
                seat = TeamMember(team_id=id_of("team", group), user_id=user_id, role=role)
                session.add(seat)


LOOK_UP = " ".join(
    [
        *(f'id_{n}: user(id: "{id_of("user", n)}") {{ username email }}' for n in NAMES),
        *(f'name_{n}: user(username: "{n}") {{ username email }}' for n in NAMES),
        *(f'org_{g}: organization(id: "{id_of("group", g)}") {{ name }}' for g in PEOPLE),
        *(f'team_{g}: team(id: "{id_of("team", g)}") {{ name }}' for g in PEOPLE),
    ]
)
LISTS = """
  users(first: 100) { totalCount edges { node { name: username } } }
  organizations(first: 100) { totalCount edges { node { name } } }
  every: organizations(first: 100, all: true) { totalCount edges { node { name } } }
  teams(first: 100) { totalCount edges { node { name } } }
"""


def named(connection: dict[str, Any]) -> set[str]:
    """The names of this world in a list; administrators see the demo's besides."""
    names = [edge["node"]["name"] for edge in connection["edges"]]
    assert connection["totalCount"] == len(names) == len(set(names))
    return set(names) & {*NAMES, *PEOPLE}


async def test_everybody_sees_the_same_people_and_groups_on_every_way(accounts: Running):
    await plant(accounts)
    for label, (who, sight) in SEES.items():
        if label == "narrow program":
            continue
        people, groups = set(sight.people.split()), set(sight.groups.split())
        data = await accounts.ask(f"{{ {LOOK_UP} {LISTS} }}", who)
        assert named(data.pop("users")) == people, label
        assert named(data.pop("organizations")) == set(sight.own.split()), label
        assert named(data.pop("every")) == named(data.pop("teams")) == groups, label
        for key, found in data.items():
            kind, _, name = key.partition("_")
            if kind in ("id", "name"):
                expected = {"username": name, "email": f"{name}@example.org"}
                assert found == (expected if name in people else None), (label, key)
            else:
                assert found == ({"name": name} if name in groups else None), (label, key)


async def test_a_program_without_the_scope_is_refused_instead_of_shown_nothing(accounts: Running):
    """An empty list would say that its owner is in no organization."""
    await plant(accounts)
    who, _ = SEES["narrow program"]
    own = "me { username email }"
    result = await accounts.answer(f"{{ {LOOK_UP} {LISTS} {own} }}", who)

    assert set(result.data.values()) == {None}
    told = [error.extensions for error in result.errors]
    assert told == [{"code": "FORBIDDEN", "required_permission": "read:profile"}] * len(told)
    assert len(told) == len(result.data)


async def test_of_people_and_groups_that_are_not_seen_only_the_name_is_told(accounts: Running):
    await plant(accounts)
    representations = [
        *({"__typename": "User", "id": str(id_of("user", name))} for name in NAMES),
        *({"__typename": "User", "username": name} for name in NAMES),
        *({"__typename": "Organization", "id": str(id_of("group", name))} for name in PEOPLE),
        *({"__typename": "Team", "id": str(id_of("team", name))} for name in PEOPLE),
    ]
    query = """query($r: [_Any!]!) { _entities(representations: $r) {
      ... on User { name: username bio roles memberships { organization { name } } }
      ... on Organization { name memberCount teams { totalCount edges { node { name } } } }
      ... on Team { name memberCount organizationId } } }"""
    callers = {**SEES, "nobody": (ANONYMOUS, Sight("", "", ""))}
    for label, (who, sight) in callers.items():
        people, groups = set(sight.people.split()), set(sight.groups.split())
        result = await accounts.answer(query, who, r=representations)
        found = result.data["_entities"]
        expected = [
            {
                "name": name,
                "bio": None,
                "roles": [] if name in people else None,
                # Of a colleague's organizations those that the caller sees, too.
                "memberships": [
                    {"organization": {"name": group}}
                    for group, names in PEOPLE.items()
                    if name in names and group in groups
                ]
                if name in people
                else None,
            }
            for name in (*NAMES, *NAMES)
        ]
        for one in found[: len(expected)]:
            if one["memberships"]:
                one["memberships"].sort(key=lambda membership: membership["organization"]["name"])
        assert found[: len(expected)] == expected, label
        organizations, teams = found[-4:-2], found[-2:]
        assert organizations == [
            {
                "name": group,
                "memberCount": 2 if group in groups else None,
                "teams": {"totalCount": 1, "edges": [{"node": {"name": group}}]}
                if group in groups
                else None,
            }
            for group in PEOPLE
        ], label
        assert teams == [
            {
                "name": group,
                "memberCount": 2 if group in groups else None,
                "organizationId": str(id_of("group", group)) if group in groups else None,
            }
            for group in PEOPLE
        ], label
        hidden = 2 * len(set(NAMES) - people) * 3 + len(PEOPLE.keys() - groups) * 4
        codes = [error.extensions["code"] for error in result.errors or ()]
        assert codes == ["FORBIDDEN"] * hidden, label


@pytest.mark.parametrize("kind", ["organizationId", "teamId"])
async def test_nobody_learns_who_is_in_a_group_of_others_by_filtering(accounts: Running, kind: str):
    """Not even of people whom they see."""
    await plant(accounts)
    query = (
        "query($f: UserFilters) { users(filters: $f) "
        "{ totalCount edges { node { name: username } } } }"
    )
    for label, (who, sight) in SEES.items():
        if label == "narrow program":
            continue
        for group, names in PEOPLE.items():
            id = id_of("group" if kind == "organizationId" else "team", group)
            found = (await accounts.ask(query, who, f={kind: str(id)}))["users"]
            seen = set(names) if group in sight.groups.split() else set()
            assert named(found) == seen, (label, group)


async def test_a_team_is_listed_only_for_those_who_see_its_organization(accounts: Running):
    await plant(accounts)
    query = "query($o: ID) { teams(organizationId: $o) { totalCount edges { node { name } } } }"
    for label, (who, sight) in SEES.items():
        for group in PEOPLE:
            result = await accounts.answer(query, who, o=str(id_of("group", group)))
            if group in sight.groups.split():
                assert named(result.data["teams"]) == {group}, label
            else:
                assert result.errors[0].extensions["code"] == "FORBIDDEN", label


@pytest.mark.parametrize("kind", ["user", "service"])
async def test_a_program_acts_in_a_persons_name_only_where_its_scopes_say_so(
    accounts: Running, kind: str
):
    """What is between a person and administrators is not told to a key without ``read:profile``."""
    await plant(accounts)
    for scopes, tells in ((frozenset({"read:profile"}), True), (frozenset(), kind == "user")):
        who = person("insider", kind=kind, scopes=scopes)
        result = await accounts.answer("{ me { username phone lastLoginAt email } }", who)
        assert result.data["me"] is None if not tells else not result.errors
        codes = {error.extensions["code"] for error in result.errors or ()}
        assert codes == (set() if tells else {"FORBIDDEN"})
