"""Making users."""

from typing import Any

import pytest

from tests.subgraphs.accounts.signing_in import identity, log_in, topics
from tests.support.subgraphs import Running, caller

REGISTER = (
    "mutation($i: RegisterInput!) { register(input: $i) { accessToken refreshToken expiresIn "
    "message user { id email username displayName firstName emailVerified roles role } } }"
)
CREATE = "mutation($i: CreateUserInput!) { createUser(input: $i) { user { id username roles } } }"
PASSWORD = "a long enough secret"


async def register(accounts: Running, **wish: Any) -> dict[str, Any]:
    given = {"email": "mary@example.com", "password": PASSWORD, **wish}
    return (await accounts.ask(REGISTER, i=given))["register"]


async def refused_fields(accounts: Running, **wish: Any) -> dict[str, str]:
    given = {"email": "mary@example.com", "password": PASSWORD, **wish}
    details = await accounts.refusal(REGISTER, i=given)
    assert details["code"] == "BAD_USER_INPUT"
    return {problem["field"]: problem["code"] for problem in details["fields"]}


async def test_the_history_tells_when_the_account_was_made(accounts: Running):
    """Requirement S2-EVT-01: created_at of user_created is the user's."""
    answer = await register(accounts)
    query = "{ me { createdAt events(first: 1) { edges { node { details } } } } }"
    who = await identity(accounts, answer["accessToken"])
    found = (await accounts.ask(query, who))["me"]
    [edge] = found["events"]["edges"]
    assert edge["node"]["details"] == {
        "email": "mary@example.com",
        "username": answer["user"]["username"],
        "created_at": found["createdAt"].replace("+00:00", "Z"),
    }


async def test_who_asks_for_no_tokens_is_not_signed_in(accounts: Running):
    """Requirements S2-EVT-01, S4-EVT-01: a login that nobody made is not announced."""
    query = "mutation($i: RegisterInput!) { register(input: $i) { message user { username } } }"
    given = {"email": "mary@example.com", "password": PASSWORD}
    answer = (await accounts.ask(query, i=given))["register"]
    assert answer == {
        "message": "Registration successful. Please verify your email.",
        "user": {"username": "mary"},
    }
    assert await topics(accounts) == ["user.created"]


@pytest.mark.parametrize(
    "selection",
    [
        "user { id } expiresIn",
        "token: accessToken",
        "... { refreshToken }",
        "...Tokens",
    ],
)
async def test_who_asks_for_a_token_is_signed_in(accounts: Running, selection: str):
    fragment = "fragment Tokens on RegisterPayload { ... { accessToken } }"
    query = f"mutation($i: RegisterInput!) {{ register(input: $i) {{ {selection} }} }}"
    query += fragment if selection == "...Tokens" else ""
    answer = await accounts.ask(query, i={"email": "mary@example.com", "password": PASSWORD})
    assert all(answer["register"].values())
    assert await topics(accounts) == ["user.created", "user.login"]


async def test_a_new_user_is_signed_in_and_announced(accounts: Running):
    answer = await register(accounts, firstName="Mary", lastName="Somerville", username="Mary.S")
    assert answer["user"] | {"id": ""} == {
        "id": "",
        "email": "mary@example.com",
        "username": "Mary.S",
        "displayName": "Mary Somerville",
        "firstName": "Mary",
        "emailVerified": False,
        "roles": ["user"],
        "role": "free_user",
    }
    assert answer["message"] == "Registration successful. Please verify your email."
    assert str((await identity(accounts, answer["accessToken"])).id) == answer["user"]["id"]
    assert await topics(accounts) == ["user.created", "user.login"]
    created = (await accounts.bus.read_after("accounts", "0", 1))[0]
    assert created.payload == {
        "user_id": answer["user"]["id"],
        "version": 1,
        "username": "Mary.S",
        "display_name": "Mary Somerville",
        "avatar_url": None,
        "organization_id": None,
        "roles": ["user"],
        "is_active": True,
        "timezone": "UTC",
        "organization_ids": [],
    }


async def test_a_new_user_can_sign_in_again(accounts: Running):
    await register(accounts, email="Mary@Example.com")
    assert (await log_in(accounts, "mary", password=PASSWORD))["user"]["username"] == "mary"


async def test_a_username_is_made_from_the_address_and_steps_aside(accounts: Running):
    names = [
        (await register(accounts, email=email))["user"]["username"]
        for email in ("ada@a.example", "ada@b.example", "me@c.example", "Ünïcode+tag@d.example")
    ]
    assert names == ["ada2", "ada3", "user-me", "ncodetag"]


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"email": "ADA@example.com"}, "email"),
        ({"username": "ADA"}, "username"),
        ({"email": "ada@example.com", "username": "ada"}, "email"),
    ],
)
async def test_a_taken_address_or_name_is_refused(
    accounts: Running, wish: dict[str, str], field: str
):
    given = {"email": "mary@example.com", "password": PASSWORD, **wish}
    details = await accounts.refusal(REGISTER, i=given)
    assert details == {"code": "ALREADY_EXISTS", "field": field}
    assert await topics(accounts) == []


@pytest.mark.parametrize(
    ("wish", "problems"),
    [
        ({"password": "seven77"}, {"password": "VALUE_TOO_SHORT"}),
        ({"password": ""}, {"password": "REQUIRED_FIELD_MISSING"}),
        ({"password": "x" * 257}, {"password": "VALUE_TOO_LONG"}),
        ({"password": "nul\x00nul\x00nul"}, {"password": "INVALID_FORMAT"}),
        ({"email": "mary"}, {"email": "INVALID_FORMAT"}),
        ({"email": "mary@localhost"}, {"email": "INVALID_FORMAT"}),
        ({"email": "mary@example.com\nBcc: x@example.com"}, {"email": "INVALID_FORMAT"}),
        ({"email": "a b@example.com"}, {"email": "INVALID_FORMAT"}),
        ({"email": f"{'x' * 250}@example.com"}, {"email": "VALUE_TOO_LONG"}),
        ({"username": "ab"}, {"username": "VALUE_TOO_SHORT"}),
        ({"username": "<script>"}, {"username": "INVALID_FORMAT"}),
        ({"username": "Me"}, {"username": "VALUE_TOO_SHORT"} | {"username": "INVALID_FORMAT"}),
        ({"username": "profile"}, {"username": "INVALID_FORMAT"}),
        ({"phone": "call me"}, {"phone": "INVALID_FORMAT"}),
        ({"displayName": "M"}, {"displayName": "VALUE_TOO_SHORT"}),
        (
            {"email": "", "password": "x", "firstName": "x" * 101},
            {
                "email": "REQUIRED_FIELD_MISSING",
                "password": "VALUE_TOO_SHORT",
                "firstName": "VALUE_TOO_LONG",
            },
        ),
        (
            {"profile": "LEARN", "password": "elevenchars"},
            {"password": "VALUE_TOO_SHORT", "acceptedTerms": "REQUIRED_FIELD_MISSING"},
        ),
    ],
)
async def test_every_problem_of_a_registration_is_told_at_once(
    accounts: Running, wish: dict[str, str], problems: dict[str, str]
):
    assert await refused_fields(accounts, **wish) == problems


async def test_learners_begin_with_the_free_role(accounts: Running):
    answer = await register(accounts, profile="LEARN", acceptedTerms=True)
    assert answer["user"]["roles"] == ["user", "free_user"]


@pytest.mark.parametrize(
    ("who", "code"), [("grace", "FORBIDDEN"), ("alan", "FORBIDDEN"), (None, "FORBIDDEN")]
)
async def test_only_administrators_make_accounts_for_others(
    accounts: Running, who: str | None, code: str
):
    given = {"email": "mary@example.com", "password": PASSWORD, "roles": ["admin"]}
    callers = [caller(who)] if who else []
    assert (await accounts.refusal(CREATE, *callers, i=given))["code"] == code
    assert await topics(accounts) == []


async def test_an_administrator_makes_an_account_with_roles(accounts: Running):
    given = {"email": "mary@example.com", "password": PASSWORD, "roles": ["user", "instructor"]}
    user = (await accounts.ask(CREATE, caller("ada"), i=given))["createUser"]["user"]
    assert user["roles"] == ["user", "instructor"]
    assert await topics(accounts) == ["user.created"]


async def test_a_role_is_had_once_however_often_it_is_given(accounts: Running):
    """S1-DM-01"""
    given = {"email": "mary@example.com", "password": PASSWORD, "roles": ["user", "admin", "user"]}
    user = (await accounts.ask(CREATE, caller("ada"), i=given))["createUser"]["user"]
    assert user["roles"] == ["user", "admin"]
    change = (
        "mutation($id: ID!, $i: UpdateUserInput!) "
        "{ updateUser(id: $id, input: $i) { user { roles } } }"
    )
    wish = {"roles": ["user", "moderator", "user"]}
    changed = (await accounts.ask(change, caller("ada"), id=user["id"], i=wish))["updateUser"]
    assert changed["user"]["roles"] == ["user", "moderator"]


async def test_a_role_that_does_not_exist_is_refused(accounts: Running):
    given = {"email": "mary@example.com", "password": PASSWORD, "roles": ["emperor"]}
    details = await accounts.refusal(CREATE, caller("ada"), i=given)
    assert details["fields"][0]["code"] == "INVALID_ENUM_VALUE"
