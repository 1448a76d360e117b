"""A copy of everything that is kept about a person."""

import json
from dataclasses import replace
from typing import Any

from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.accounts.signing_in import LOGIN, log_in
from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import PASSWORD, demo_id
from trellis.subgraphs.accounts.models import Base

EXPORT = "{ exportMyData { accounts } }"
MINE = "mutation($i: UpdateProfileInput!) { updateMyProfile(input: $i) { user { id } } }"
KEY = 'mutation { createApiKey(input: {name: "laptop", scopes: []}) { secret } }'
ENROL = "mutation($p: String) { setUpMfa(password: $p) { secret } }"
FORGOT = 'mutation { requestPasswordReset(email: "alan@example.com") { message } }'
UPDATE = (
    "mutation($id: ID!, $i: UpdateUserInput!) { updateUser(id: $id, input: $i) { user { id } } }"
)
ALAN = str(demo_id("user", "alan"))


async def export(accounts: Running, who: str = "alan") -> dict[str, Any]:
    return (await accounts.ask(EXPORT, caller(who)))["exportMyData"]["accounts"]


async def test_it_has_the_persons_rows_of_every_table_and_no_secrets(
    accounts: Running, letters: Letters
):
    alan = caller("alan")
    session = await log_in(accounts, "alan")
    await accounts.ask(MINE, alan, i={"bio": "runs"})
    key = (await accounts.ask(KEY, alan))["createApiKey"]["secret"]
    secret = (await accounts.ask(ENROL, alan, p=PASSWORD))["setUpMfa"]["secret"]
    await accounts.ask(FORGOT)
    token = await letters.token(2)
    await accounts.answer(LOGIN, i={"email": "alan@example.com", "password": "wrong"})
    await accounts.ask(UPDATE, caller("ada"), id=ALAN, i={"role": "moderator"})

    told = await export(accounts)
    [user] = told["users"]
    assert (user["email"], user["bio"], user["roles"]) == (
        "alan@example.com",
        "runs",
        ["user", "moderator"],
    )
    counts = {name: len(rows) for name, rows in told.items() if isinstance(rows, list)}
    assert counts.pop("events") >= 4
    assert counts == {
        "users": 1,
        "organization_members": 1,
        "teams": 0,
        "team_members": 1,
        "sessions": 1,
        "refresh_tokens": 1,
        "mailed_links": 1,
        "authenticators": 1,
        "recovery_codes": 0,
        "api_keys": 1,
        "invitations": 0,
        "audit_log": 6,
        "outside_identities": 0,
        "sign_in_codes": 0,
        "paid_subscriptions": 0,
    }
    assert [(entry["action"], entry["reason"]) for entry in told["audit_log"]] == [
        ("user.exported", None),
        ("user.updated", None),
        ("user.login", "wrong_password"),
        ("api_key.created", None),
        ("user.updated", None),
        ("user.login", None),
    ]
    names = {
        name for rows in told.values() if isinstance(rows, list) for row in rows for name in row
    }
    assert (
        names
        & {
            *("password_hash", "token_hash", "secret", "secret_hash", "code_hash", "entry_hash"),
            *("previous_hash", "details_salt", "details_hash", "sequence"),
        }
        == set()
    )
    written = json.dumps(told)
    for hidden in (session["refreshToken"], key, secret, token, "argon2", "sealed:"):
        assert hidden not in written


def test_every_table_is_either_about_people_or_known_not_to_be():
    """A new table shows up here, so that somebody thinks of the persons in it."""
    about_nobody = {"organizations", "signing_keys", "inbox", "consumer_position"}
    about_nobody |= {"password_guesses"}  # a number, for an hour
    about_nobody |= {"payment_events"}  # ids, for a week
    elsewhere = {"outbox", "audit_log"}  # as events, and by actor and target
    refers = {
        table.name
        for table in Base.metadata.sorted_tables
        if table.name == "users"
        or "session_id" in table.c
        or any(key.target_fullname == "users.id" for key in table.foreign_keys)
    }
    assert set(Base.metadata.tables) == refers | about_nobody | elsewhere


async def test_it_has_nothing_of_others(accounts_on_sqlite: Running):
    accounts = accounts_on_sqlite
    request = replace(accounts.context(caller("ada")).request, client_address="192.0.2.44")
    await accounts.subgraph.schema.execute(
        UPDATE,
        variable_values={"id": ALAN, "i": {"bio": "set by ada"}},
        context_value=accounts.subgraph.make_context(request),
    )
    await log_in(accounts, "grace")
    written = json.dumps(await export(accounts))
    assert "set by ada" in written
    for others in ("grace", "192.0.2.44", "ada@example.com", '"sequence"'):
        assert others not in written
    service = replace(caller("alan"), kind="service", key_id="key-1")
    assert (await accounts.refusal(EXPORT, service))["code"] == "FORBIDDEN"
    assert (await accounts.refusal(EXPORT))["code"] == "UNAUTHENTICATED"


async def test_it_does_not_tell_whose_account_somebody_tried(accounts_on_sqlite: Running):
    accounts = accounts_on_sqlite
    for login in ("hedy", "nobody"):
        wish = {"username": login, "password": "a guess"}
        await accounts.refusal(LOGIN, caller("alan"), i=wish)
    tried = [
        (entry["action"], entry["target"], entry["reason"])
        for entry in (await export(accounts))["audit_log"]
        if entry["result"] == "refused"
    ]
    assert tried == [("user.login", None, None)] * 2
