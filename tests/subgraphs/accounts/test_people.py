"""Who sees whom, and who changes what."""

from typing import Any

import pytest
from sqlalchemy import event

from tests.subgraphs.accounts.signing_in import log_in, refresh_code, topics
from tests.support.kept import kept
from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import demo_id
from trellis.schema.identity import ANONYMOUS

UPDATE = (
    "mutation($id: ID!, $i: UpdateUserInput!) { updateUser(id: $id, input: $i) "
    "{ user { displayName bio timezone roles isActive tier version } } }"
)
MINE = "mutation($i: UpdateProfileInput!) { updateMyProfile(input: $i) { user { bio language } } }"


def user(name: str) -> str:
    return str(demo_id("user", name))


async def test_me_is_whoever_signed_in(accounts: Running):
    me = (await accounts.ask("{ me { username email permissions lastLoginAt } }", caller("alan")))[
        "me"
    ]
    assert (me["username"], me["email"], me["lastLoginAt"]) == ("alan", "alan@example.com", None)
    assert "read:projects" in me["permissions"]
    assert "admin:projects" not in me["permissions"]


async def test_nobody_is_no_me(accounts: Running):
    assert (await accounts.refusal("{ me { id } }"))["code"] == "UNAUTHENTICATED"


SEES = [
    ("alan", "alan", True),
    ("alan", "grace", True),
    ("alan", "hedy", False),
    ("hedy", "tommy", True),
    ("hedy", "ada", False),
    ("ada", "hedy", True),
]


@pytest.mark.parametrize(("who", "whom", "sees"), SEES)
async def test_people_find_the_people_of_their_organizations(
    accounts: Running, who: str, whom: str, sees: bool
):
    found = await accounts.ask(
        "query($id: ID!, $n: String!) { a: user(id: $id) { email } b: user(username: $n) { id } }",
        caller(who),
        id=user(whom),
        n=whom.upper(),
    )
    expected = {"a": {"email": f"{whom}@example.com"}, "b": {"id": user(whom)}}
    assert found == (expected if sees else {"a": None, "b": None})


@pytest.mark.parametrize("id", ["", "1", "me", "x" * 36, "00000000-0000-0000-0000-000000000000"])
async def test_an_id_of_nobody_finds_nobody(accounts: Running, id: str):
    data = await accounts.ask("query($id: ID!) { user(id: $id) { id } }", caller("ada"), id=id)
    assert data == {"user": None}


async def test_others_refer_to_strangers_by_name_and_picture_only(accounts: Running):
    public = "... on User { id username displayName avatarUrl createdAt }"
    [by_id, by_name] = await accounts.entities(
        caller("alan"),
        public,
        {"__typename": "User", "id": user("hedy")},
        {"__typename": "User", "username": "Hedy"},
    )
    assert by_id == by_name
    assert (by_id["id"], by_id["displayName"]) == (user("hedy"), "Hedy Lamarr")


@pytest.mark.parametrize(
    "field", ["firstName", "bio", "roles", "isActive", "memberships { role }", "emailVerified"]
)
async def test_the_rest_of_a_stranger_is_refused_field_by_field(accounts: Running, field: str):
    result = await accounts.answer(
        "query($r: [_Any!]!) { _entities(representations: $r) "
        f"{{ ... on User {{ username {field} }} }} }}",
        caller("alan"),
        r=[{"__typename": "User", "id": user("hedy")}, {"__typename": "User", "id": user("grace")}],
    )
    [stranger, colleague] = result.data["_entities"]
    name = field.split()[0]
    assert stranger == {"username": "hedy", name: None}
    assert colleague["username"] == "grace"
    assert [(e.path, e.extensions["code"]) for e in result.errors] == [
        (["_entities", 0, name], "FORBIDDEN")
    ]


@pytest.mark.parametrize("field", ["permissions", "phone", "tier", "lastLoginAt"])
async def test_some_things_are_between_a_person_and_administrators(accounts: Running, field: str):
    query = f"query($id: ID!) {{ user(id: $id) {{ {field} }} }}"
    details = await accounts.refusal(query, caller("alan"), id=user("grace"))
    assert details == {"code": "FORBIDDEN", "field": field}
    for who in ("grace", "ada"):
        await accounts.ask(query, caller(who), id=user("grace"))


async def test_references_keep_their_order_and_their_gaps(accounts: Running):
    found = await accounts.entities(
        ANONYMOUS,
        "... on User { username }",
        {"__typename": "User", "id": user("grace")},
        {"__typename": "User", "id": "nonsense"},
        {"__typename": "User", "username": "nobody"},
        {"__typename": "User", "username": "ada"},
        {"__typename": "User", "id": user("grace")},
    )
    assert found == [{"username": "grace"}, None, None, {"username": "ada"}, {"username": "grace"}]


@pytest.mark.parametrize(
    ("who", "filters", "names"),
    [
        ("alan", {}, ["barbara", "edsger", "katherine", "alan", "grace", "ada"]),
        ("alan", {"search": "HOP"}, ["grace"]),
        ("alan", {"search": "lamarr"}, []),
        ("ada", {"search": "lamarr"}, ["hedy"]),
        ("alan", {"search": "%"}, []),
        ("alan", {"teamId": str(demo_id("team", "Stores"))}, ["barbara", "edsger", "katherine"]),
        ("alan", {"teamId": str(demo_id("team", "Bridges"))}, []),
        ("alan", {"organizationId": str(demo_id("organization", "harbour.example.com"))}, []),
        ("alan", {"isActive": False}, []),
    ],
)
async def test_the_list_of_people_is_filtered_and_never_wider_than_what_one_sees(
    accounts: Running, who: str, filters: dict[str, Any], names: list[str]
):
    query = (
        "query($f: UserFilters) { users(filters: $f) { totalCount edges { node { username } } } }"
    )
    found = (await accounts.ask(query, caller(who), f=filters))["users"]
    assert [edge["node"]["username"] for edge in found["edges"]] == names
    assert found["totalCount"] == len(names)


async def test_pages_of_people_neither_repeat_nor_miss(accounts: Running):
    query = (
        "query($a: String) { users(first: 5, after: $a) { pageInfo { hasNextPage endCursor } "
        "edges { node { username } } } }"
    )
    seen: list[str] = []
    info: dict[str, Any] = {"endCursor": None}
    for _ in range(3):
        page = (await accounts.ask(query, caller("ada"), a=info["endCursor"]))["users"]
        seen += [edge["node"]["username"] for edge in page["edges"]]
        info = page["pageInfo"]
    assert len(seen) == len(set(seen)) == 12
    assert info["hasNextPage"] is False


async def test_people_change_their_own_profile(accounts: Running):
    data = await accounts.ask(MINE, caller("alan"), i={"bio": " runs ", "language": "en-GB"})
    assert data["updateMyProfile"]["user"] == {"bio": "runs", "language": "en-GB"}
    [updated] = await accounts.bus.read_after("accounts", "0", 10)
    assert (updated.topic, updated.payload["changed"]) == ("user.updated", ["bio", "language"])
    assert updated.payload["version"] == 2


RENAME = "mutation($i: UpdateProfileInput!) { updateMyProfile(input: $i) { user { displayName } } }"


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ([{"lastName": "Good"}], "Alan Good"),
        ([{"firstName": "A. M.", "lastName": "Good"}], "A. M. Good"),
        ([{"firstName": None}], "Turing"),
        ([{"firstName": None, "lastName": None}, {}], "alan"),
        ([{"firstName": None, "lastName": None}, {"firstName": "Al"}], "Al"),
        ([{"firstName": "f" * 100, "lastName": "l" * 100}], "f" * 100),
        ([{"firstName": "f" * 99, "lastName": "l"}], "f" * 99),
        ([{"displayName": "Prof"}, {"lastName": "Good"}], "Prof"),
        ([{"displayName": "Prof", "lastName": "Good"}], "Prof"),
        ([{"bio": "shy"}], "Alan Turing"),
    ],
)
async def test_a_display_name_that_nobody_chose_follows_the_names(
    accounts: Running, changes: list[dict[str, str | None]], name: str
):
    for change in changes:
        await accounts.ask(RENAME, caller("alan"), i=change)
    found = await accounts.ask("{ me { displayName } }", caller("alan"))
    assert found == {"me": {"displayName": name}}


async def test_a_rename_tells_the_new_display_name(accounts_on_sqlite: Running):
    await accounts_on_sqlite.ask(RENAME, caller("alan"), i={"lastName": "Good"})
    [event] = await accounts_on_sqlite.bus.read_after("accounts", "0", 100)
    assert event.payload["display_name"] == "Alan Good"
    assert event.payload["changed"] == ["display_name", "last_name"]


async def test_what_is_not_given_stays_and_null_empties(accounts: Running):
    await accounts.ask(MINE, caller("alan"), i={"bio": "runs"})
    await accounts.ask(MINE, caller("alan"), i={"language": "fr"})
    me = (await accounts.ask("{ me { bio firstName } }", caller("alan")))["me"]
    assert me == {"bio": "runs", "firstName": "Alan"}
    data = await accounts.ask(MINE, caller("alan"), i={"bio": None})
    assert data["updateMyProfile"]["user"]["bio"] is None


async def test_changing_nothing_announces_nothing(accounts: Running):
    await accounts.ask(MINE, caller("alan"), i={"language": "en"})
    assert await topics(accounts) == []


@pytest.mark.parametrize(
    ("given", "kept"), [("EN", "en"), ("De", "de"), ("PT-BR", "pt-BR"), ("yue", "yue")]
)
async def test_a_language_is_kept_in_lower_case(accounts: Running, given: str, kept: str):
    for wish in ({"language": given}, {"preferences": {"language": given}}):
        data = await accounts.ask(MINE, caller("alan"), i=wish)
        assert data["updateMyProfile"]["user"]["language"] == kept


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": None}, "timezone"),
        ({"language": "english"}, "language"),
        ({"preferences": {"language": "english"}}, "preferences.language"),
        ({"avatarUrl": "javascript:alert(1)"}, "avatarUrl"),
        ({"avatarUrl": "http://"}, "avatarUrl"),
        ({"avatarUrl": "https://exa mple.com"}, "avatarUrl"),
        ({"displayName": None}, "displayName"),
        ({"bio": "x" * 501}, "bio"),
    ],
)
async def test_a_profile_that_makes_no_sense_is_refused(
    accounts: Running, wish: dict[str, Any], field: str
):
    details = await accounts.refusal(MINE, caller("alan"), i=wish)
    assert [problem["field"] for problem in details["fields"]] == [field]


@pytest.mark.parametrize(
    ("who", "whom", "wish", "code"),
    [
        ("alan", "grace", {"bio": "x"}, "FORBIDDEN"),
        ("grace", "alan", {"bio": "x"}, "FORBIDDEN"),
        ("alan", "hedy", {"bio": "x"}, "NOT_FOUND"),
        ("alan", "alan", {"roles": ["user", "admin"]}, "FORBIDDEN"),
        ("alan", "alan", {"tier": "ENTERPRISE"}, "FORBIDDEN"),
        ("alan", "alan", {"isActive": False}, "FORBIDDEN"),
        ("ada", "alan", {"roles": ["emperor"]}, "BAD_USER_INPUT"),
        ("ada", "alan", {"roles": None}, "BAD_USER_INPUT"),
        ("ada", "nobody", {"bio": "x"}, "NOT_FOUND"),
    ],
)
async def test_a_change_that_is_not_theirs_changes_nothing(
    accounts: Running, who: str, whom: str, wish: dict[str, Any], code: str
):
    before = await kept(accounts)
    details = await accounts.refusal(UPDATE, caller(who), id=user(whom), i=wish)
    assert details["code"] == code
    assert await kept(accounts) == before


async def test_administrators_change_roles_and_tiers(accounts: Running):
    wish = {"roles": ["user", "moderator"], "tier": "PRO"}
    changed = await accounts.ask(UPDATE, caller("ada"), id=user("alan"), i=wish)
    assert changed["updateUser"]["user"]["roles"] == ["user", "moderator"]
    assert changed["updateUser"]["user"]["tier"] == "PRO"


async def test_of_two_who_start_from_one_version_the_second_is_told(accounts: Running):
    wish = {"bio": "first", "version": 1}
    await accounts.ask(UPDATE, caller("ada"), id=user("alan"), i=wish)
    details = await accounts.refusal(
        UPDATE, caller("ada"), id=user("alan"), i={"bio": "second", "version": 1}
    )
    assert details == {"code": "CONFLICT", "currentVersion": 2}


async def test_people_choose_their_preferences_one_by_one(accounts: Running):
    mutation = (
        "mutation($i: UpdateProfileInput!) { updateMyProfile(input: $i) { user "
        "{ preferences { theme notifications { email push inApp } } } } }"
    )
    for preferences in ({"theme": "DARK"}, {"notifications": {"push": True, "inApp": False}}):
        data = await accounts.ask(mutation, caller("alan"), i={"preferences": preferences})
    assert data["updateMyProfile"]["user"]["preferences"] == {
        "theme": "DARK",
        "notifications": {"email": True, "push": True, "inApp": False},
    }


async def test_the_history_of_an_account_is_told_in_order(accounts: Running):
    query = (
        "query($a: String) { me { events(first: 2, after: $a) { totalCount "
        "pageInfo { hasNextPage endCursor } edges { node { eventType data details } } } } }"
    )
    await accounts.ask(MINE, caller("alan"), i={"bio": "runs"})
    await log_in(accounts, "alan")
    await accounts.ask(MINE, caller("alan"), i={"bio": "rests"})
    await log_in(accounts, "ada")
    first = (await accounts.ask(query, caller("alan")))["me"]["events"]
    assert first["totalCount"] == 3
    assert [edge["node"]["eventType"] for edge in first["edges"]] == ["user.updated", "user.login"]
    after = first["pageInfo"]["endCursor"]
    rest = (await accounts.ask(query, caller("alan"), a=after))["me"]["events"]
    assert [edge["node"]["data"]["changed"] for edge in rest["edges"]] == [["bio"]]
    assert [edge["node"]["details"] for edge in rest["edges"]] == [{"changed": ["bio"]}]
    assert rest["pageInfo"]["hasNextPage"] is False
    # A cursor of one's own history only: it names an event.
    refusal = await accounts.refusal(query, caller("ada"), a=after)
    assert refusal["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize("cursor", ["", "x", "WyJ4Il0", "WzEsMl0", "Wy0xXQ"])
async def test_a_cursor_of_another_list_is_refused(accounts: Running, cursor: str):
    query = "query($a: String) { me { events(after: $a) { totalCount } } }"
    details = await accounts.refusal(query, caller("alan"), a=cursor)
    assert details["code"] == "BAD_USER_INPUT"


async def test_a_deactivated_person_is_out_at_once(accounts: Running):
    token = (await log_in(accounts, "alan"))["refreshToken"]
    await accounts.ask(
        "mutation($id: ID!) { deactivateUser(id: $id) { user { isActive status } } }",
        caller("ada"),
        id=user("alan"),
    )
    assert await refresh_code(accounts, token) == "REFRESH_TOKEN_EXPIRED"
    assert await topics(accounts) == [
        "user.login",
        "user.updated",
        "user.deactivated",
        "user.logout",
    ]


async def statements(accounts: Running, query: str, who: str, **variables: Any) -> int:
    """How many SQL statements an operation takes."""
    engine = accounts.context().storage.database.engine.sync_engine
    counted: list[str] = []

    def count(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        counted.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    try:
        await accounts.ask(query, caller(who), **variables)
    finally:
        event.remove(engine, "before_cursor_execute", count)
    # What background tasks look for while the operation runs is not its doing.
    own = (s for s in counted if "sessions" not in s and "outbox" not in s)
    return len([s for s in own if s.lstrip().upper().startswith("SELECT")])


async def test_statements_do_not_grow_with_rows(accounts: Running):
    query = """
    query($n: Int!) { users(first: $n) { edges { node { email memberships { role organization {
      name role memberCount members(first: 3) { edges { node { user { displayName } } } }
      teams(first: 2) { totalCount edges { node { name owner { username } memberCount role } } }
    } } } } } }
    """
    # Twelve kinds of question; two of them become one when they happen to meet. Profiles that are
    # not at hand take three statements.
    for number in (1, 12):
        assert 10 <= await statements(accounts, query, "ada", n=number) <= 14
