"""Signing in, keeping a session alive, signing out."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from pwdlib.hashers.bcrypt import BcryptHasher
from sqlalchemy import text

from tests.subgraphs.accounts.signing_in import (
    LOGIN,
    REFRESH,
    claims,
    identity,
    log_in,
    refresh,
    refresh_code,
    topics,
)
from tests.support.subgraphs import Running
from trellis.db.seed.world import PASSWORD, demo_id
from trellis.schema.roles import scopes_of

ADA = str(demo_id("user", "ada"))


async def run_sql(accounts: Running, statement: str) -> Any:
    context = accounts.context()
    async with context.storage.database.write() as session:
        return await session.execute(text(statement))


async def test_the_answer_of_a_login_has_everything_a_client_needs(accounts: Running):
    answer = await log_in(accounts)
    assert answer["tokenType"] == "Bearer"
    assert answer["expiresIn"] == 900
    assert answer["user"] == {"id": ADA, "username": "ada", "email": "ada@example.com"}
    assert len(answer["refreshToken"]) == 43


async def test_the_access_token_carries_the_union_of_claims(accounts: Running):
    token = (await log_in(accounts, "grace"))["accessToken"]
    header, told = jwt.get_unverified_header(token), await claims(accounts, token)
    user_id, organization_id = (
        demo_id("user", "grace"),
        demo_id("organization", "analytical.example.com"),
    )
    assert (header["alg"], header["typ"]) == ("RS256", "JWT")
    assert told["sub"] == told["user_id"] == str(user_id)
    assert told["tenant_id"] == told["organization_id"] == str(organization_id)
    assert told["team_id"] == str(demo_id("team", "Mills"))
    assert (told["email"], told["username"]) == ("grace@example.com", "grace")
    assert told["roles"] == ["user", "project_admin"]
    assert set(told["permissions"]) == scopes_of(["user", "project_admin"])
    assert told["exp"] - told["iat"] == 900
    assert {"iss", "aud", "jti", "nbf", "sid"} <= told.keys()
    assert (await identity(accounts, token)).id == user_id


@pytest.mark.parametrize("login", ["ada@example.com", " ADA@Example.com "])
async def test_people_sign_in_with_their_address_however_it_is_written(
    accounts: Running, login: str
):
    assert (await log_in(accounts, email=login))["user"]["id"] == ADA


async def test_people_sign_in_with_their_username(accounts: Running):
    wish = {"username": "Ada", "password": PASSWORD}
    assert (await accounts.ask(LOGIN, i=wish))["login"]["user"]["id"] == ADA


async def test_the_last_login_is_remembered(accounts_on_sqlite: Running):
    seen = []
    for _ in range(2):
        who = await identity(accounts_on_sqlite, (await log_in(accounts_on_sqlite))["accessToken"])
        seen.append((await accounts_on_sqlite.ask("{ me { lastLoginAt } }", who))["me"])
    times = [datetime.fromisoformat(me["lastLoginAt"]) for me in seen]
    assert datetime.now(UTC) - timedelta(minutes=1) < times[0] < times[1]


async def test_an_imported_user_signs_in_and_then_has_a_hash_of_ours(accounts: Running):
    """S3-DM-01: ``$2a$12$`` in the users collection of document 003."""
    hashed = BcryptHasher(rounds=4, prefix="2a").hash(PASSWORD)
    await run_sql(accounts, f"UPDATE users SET password_hash = '{hashed}' WHERE username = 'ada'")
    await log_in(accounts)
    rows = await run_sql(accounts, "SELECT password_hash FROM users WHERE username = 'ada'")
    assert rows.scalar_one().startswith("$argon2id$")
    await log_in(accounts)


async def test_a_login_is_no_change_of_the_person(accounts: Running):
    """S3-DM-01, S1-DM-01: document 003 has an ``updated_at`` before the ``last_login_at``."""
    who = await identity(accounts, (await log_in(accounts))["accessToken"])
    ask = "{ me { createdAt updatedAt lastLoginAt } }"
    me = (await accounts.ask(ask, who))["me"]
    assert me["updatedAt"] == me["createdAt"] < me["lastLoginAt"]


@pytest.mark.parametrize(
    ("profile", "seconds"),
    [("GRAPHQL", 900), ("LEARN", 900), ("PM", 3600), ("TRACKER", 3600), ("TODO", 3600)],
)
async def test_each_dialect_has_its_lifetime(accounts: Running, profile: str, seconds: int):
    answer = await log_in(accounts, profile=profile)
    told = await claims(accounts, answer["accessToken"])
    assert answer["expiresIn"] == told["exp"] - told["iat"] == seconds


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"email": "nobody@example.com", "password": PASSWORD}, "INVALID_CREDENTIALS"),
        ({"username": "nobody", "password": PASSWORD}, "INVALID_CREDENTIALS"),
        ({"email": "ada@example.com", "password": "wrong"}, "INVALID_CREDENTIALS"),
        ({"email": "ada@example.com", "password": PASSWORD.upper()}, "INVALID_CREDENTIALS"),
        ({"email": "ada@example.com", "password": "x" * 100_000}, "INVALID_CREDENTIALS"),
        ({"email": "a'; drop table users; --", "password": "x"}, "INVALID_CREDENTIALS"),
        ({"email": "ada@example.com", "password": ""}, "BAD_USER_INPUT"),
        ({"password": PASSWORD}, "BAD_USER_INPUT"),
        ({"email": "ada@example.com", "username": "ada", "password": PASSWORD}, "BAD_USER_INPUT"),
    ],
)
async def test_a_login_that_proves_nothing_is_refused(
    accounts: Running, wish: dict[str, str], code: str
):
    assert (await accounts.refusal(LOGIN, i=wish))["code"] == code
    assert await topics(accounts) == []


async def test_a_deactivated_account_is_refused_like_a_wrong_password(accounts: Running):
    await run_sql(accounts, "update users set is_active = false where username = 'ada'")
    wish = {"email": "ada@example.com", "password": PASSWORD}
    assert (await accounts.refusal(LOGIN, i=wish))["code"] == "INVALID_CREDENTIALS"


async def test_a_login_is_announced_without_secrets(accounts: Running):
    answer = await log_in(accounts)
    [event] = await accounts.bus.read_after("accounts", "0", 10)
    assert event.topic == "user.login"
    assert event.payload.keys() == {"user_id", "session_id", "profile"}
    assert answer["refreshToken"] not in str(event)


async def test_a_refresh_gives_a_new_pair(accounts: Running):
    first = await log_in(accounts)
    second = await refresh(accounts, first["refreshToken"])
    assert second["refreshToken"] not in (None, first["refreshToken"])
    assert second["user"]["id"] == ADA
    before = await claims(accounts, first["accessToken"])
    after = await claims(accounts, second["accessToken"])
    assert before["sid"] == after["sid"]
    assert before["jti"] != after["jti"]


async def test_a_spent_refresh_token_ends_its_whole_session(accounts: Running):
    first = await log_in(accounts)
    second = await refresh(accounts, first["refreshToken"])
    assert await refresh_code(accounts, first["refreshToken"]) == "REFRESH_TOKEN_EXPIRED"
    assert await refresh_code(accounts, second["refreshToken"]) == "REFRESH_TOKEN_EXPIRED"
    assert await topics(accounts) == ["user.login", "user.logout"]


async def test_the_end_of_one_session_leaves_the_others(accounts: Running):
    stolen, other = await log_in(accounts), await log_in(accounts)
    await refresh(accounts, stolen["refreshToken"])
    await refresh_code(accounts, stolen["refreshToken"])
    assert (await refresh(accounts, other["refreshToken"]))["user"]["id"] == ADA


async def test_of_twenty_who_refresh_at_once_one_wins(accounts: Running):
    token = (await log_in(accounts))["refreshToken"]
    results = await asyncio.gather(
        *(accounts.answer_of_many(REFRESH, i={"refreshToken": token}) for _ in range(20))
    )
    won = [result for result in results if not result.errors]
    codes = {error.extensions["code"] for result in results for error in result.errors or []}
    assert len(won) == 1
    assert codes == {"REFRESH_TOKEN_EXPIRED"}


@pytest.mark.parametrize("profile", ["PM", "TRACKER"])
async def test_older_dialects_keep_their_refresh_token(accounts: Running, profile: str):
    token = (await log_in(accounts, profile=profile))["refreshToken"]
    for _ in range(3):
        again = await refresh(accounts, token, profile)
        assert again["refreshToken"] is None
        assert again["expiresIn"] == 3600


@pytest.mark.parametrize("own", ["GRAPHQL", "PM", "TRACKER", "COMMERCE", "TODO", "LEARN"])
async def test_a_refresh_token_works_in_its_own_dialect_only(accounts_on_sqlite: Running, own: str):
    """C-21: elsewhere it is refused, as often as it is tried, and the session lives on."""
    accounts = accounts_on_sqlite
    token = (await log_in(accounts, profile=own))["refreshToken"]
    for other in {"GRAPHQL", "PM", "TRACKER", "COMMERCE", "TODO", "LEARN"} - {own}:
        assert await refresh_code(accounts, token, other) == "REFRESH_TOKEN_EXPIRED"
    renewed = await refresh(accounts, token, own)
    if renewed["refreshToken"] is not None:
        assert await refresh_code(accounts, token, "TRACKER") == "REFRESH_TOKEN_EXPIRED"
        await refresh(accounts, renewed["refreshToken"], own)


@pytest.mark.parametrize("token", ["", "x", "\x00", "ü" * 300, "A" * 43])
async def test_a_refresh_token_that_never_was_is_refused(accounts: Running, token: str):
    assert await refresh_code(accounts, token) == "REFRESH_TOKEN_EXPIRED"


@pytest.mark.parametrize("table", ["refresh_tokens", "sessions"])
async def test_an_expired_refresh_token_is_refused(accounts: Running, table: str):
    token = (await log_in(accounts))["refreshToken"]
    await run_sql(accounts, f"update {table} set expires_at = '2020-01-01 00:00:00+00:00'")
    assert await refresh_code(accounts, token) == "REFRESH_TOKEN_EXPIRED"


async def test_a_deactivated_account_cannot_refresh(accounts: Running):
    token = (await log_in(accounts))["refreshToken"]
    await run_sql(accounts, "update users set is_active = false where username = 'ada'")
    assert await refresh_code(accounts, token) == "REFRESH_TOKEN_EXPIRED"


@pytest.mark.parametrize("profile", ["GRAPHQL", "TRACKER"])
async def test_signing_out_ends_the_session(accounts: Running, profile: str):
    answer = await log_in(accounts, profile=profile)
    caller = await identity(accounts, answer["accessToken"])
    for _ in range(2):
        data = await accounts.ask("mutation { logout { message } }", caller)
        assert data == {"logout": {"message": "Successfully logged out"}}
    assert await refresh_code(accounts, answer["refreshToken"], profile) == "REFRESH_TOKEN_EXPIRED"
    assert await topics(accounts) == ["user.login", "user.logout"]


async def test_nobody_signs_out_nobody(accounts: Running):
    assert (await accounts.refusal("mutation { logout { message } }"))["code"] == "UNAUTHENTICATED"


async def test_neither_passwords_nor_tokens_are_stored(accounts: Running):
    first = await log_in(accounts)
    second = await refresh(accounts, first["refreshToken"])
    secrets = {PASSWORD, *(a[k] for a in (first, second) for k in ("accessToken", "refreshToken"))}
    context = accounts.context()
    async with context.storage.read() as session:
        for table in ("users", "sessions", "refresh_tokens", "outbox"):
            rows = str((await session.execute(text(f"select * from {table}"))).all())
            assert [secret for secret in secrets if secret in rows] == []
