"""Moving an account to another address."""

import asyncio
import re
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.accounts.signing_in import LOGIN, identity, log_in, refresh, topics
from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import PASSWORD, demo_id
from trellis.subgraphs.accounts.errors import UserNotFound
from trellis.subgraphs.accounts.models import User
from trellis.subgraphs.accounts.use_cases.email_change import request_email_change

REQUEST = "mutation($i: ChangeEmailInput!) { requestEmailChange(input: $i) { message } }"
CONFIRM = "mutation($t: String!) { confirmEmailChange(token: $t) { user { email emailVerified } } }"
CHANGE_PASSWORD = "mutation($i: ChangePasswordInput!) { changePassword(input: $i) { message } }"
NEW = "alan@new.example.com"


async def request(accounts: Running, email: str = NEW, who: str = "alan") -> str:
    wish = {"newEmail": email, "password": PASSWORD}
    return (await accounts.ask(REQUEST, caller(who), i=wish))["requestEmailChange"]["message"]


async def letter_to(letters: Letters, to: str) -> tuple[str, str | None]:
    """Subject and code of the first letter to this address."""
    for count in range(1, 20):
        letter = await letters.next(count)
        if letter.to == to:
            found = re.search(r"#token=(\S+)", letter.text)
            return letter.subject, found[1] if found else None
    raise AssertionError("no such letter")


async def test_the_new_address_is_proved_by_letter_and_the_old_one_told(
    accounts: Running, letters: Letters
):
    session = await log_in(accounts, "alan")
    old = await identity(accounts, session["accessToken"])
    await request(accounts, "Alan@New.Example.com")
    subject, token = await letter_to(letters, NEW)
    assert (subject, token is not None) == ("Confirm your new e-mail address", True)
    warning = ("Your e-mail address is about to change", None)
    assert await letter_to(letters, "alan@example.com") == warning
    await log_in(accounts, "alan")  # nothing has changed yet

    answer = await accounts.ask(CONFIRM, t=token)
    assert answer["confirmEmailChange"]["user"] == {"email": NEW, "emailVerified": True}
    await letters.next(3)
    assert {letter.to for letter in letters.sent} == {NEW, "alan@example.com"}
    assert letters.sent[2].subject == "Your e-mail address was changed"
    assert (await log_in(accounts, email=NEW))["user"]["email"] == NEW
    gone = {"email": "alan@example.com", "password": PASSWORD}
    assert (await accounts.refusal(LOGIN, i=gone))["code"] == "INVALID_CREDENTIALS"
    assert (await accounts.refusal(CONFIRM, t=token))["code"] == "BAD_USER_INPUT"

    # Tokens tell the address: older ones end, the session goes on.
    assert accounts.subgraph.is_revoked is not None
    assert await accounts.subgraph.is_revoked(old)
    renewed = await refresh(accounts, session["refreshToken"])
    assert (await identity(accounts, renewed["accessToken"])).email == NEW
    assert (await topics(accounts)).count("user.updated") == 1


async def test_nobody_learns_whether_an_address_is_taken(accounts: Running, letters: Letters):
    free, taken = await request(accounts), await request(accounts, "grace@example.com")
    assert free == taken
    subject, token = await letter_to(letters, "grace@example.com")
    assert (subject, token) == ("Your e-mail address is in use here", None)


async def test_of_two_who_want_one_address_one_gets_it(accounts: Running, letters: Letters):
    for who in ("alan", "grace", "edsger"):
        await request(accounts, NEW, who)
    await letters.next(6)
    codes = [
        re.findall(r"#token=(\S+)", letter.text)[0] for letter in letters.sent if letter.to == NEW
    ]
    results = await asyncio.gather(*(accounts.answer(CONFIRM, t=code) for code in codes))
    told = sorted(r.errors[0].extensions["code"] if r.errors else "ok" for r in results)
    assert told == ["ALREADY_EXISTS", "ALREADY_EXISTS", "ok"]
    async with accounts.context().storage.read() as session:
        count = text("select count(*) from users where email = :e")
        assert (await session.execute(count, {"e": NEW})).scalar_one() == 1


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"password": "wrong"}, "password"),
        ({"newEmail": "x"}, "newEmail"),
        ({"newEmail": "ALAN@example.com"}, "newEmail"),
    ],
)
async def test_a_wish_that_makes_no_sense_is_refused_and_not_mailed(
    accounts_on_sqlite: Running, letters: Letters, wish: dict[str, Any], field: str
):
    given = {"newEmail": NEW, "password": PASSWORD, **wish}
    refusal = await accounts_on_sqlite.refusal(REQUEST, caller("alan"), i=given)
    assert (refusal["code"], refusal["fields"][0]["field"]) == ("BAD_USER_INPUT", field)
    await asyncio.sleep(0.05)
    assert letters.sent == []


async def test_three_letters_an_hour_are_enough(accounts_on_sqlite: Running, letters: Letters):
    answers = {await request(accounts_on_sqlite, f"a{n}@example.com") for n in range(5)}
    assert len(answers) == 1
    await letters.next(6)
    await asyncio.sleep(0.05)
    assert len(letters.sent) == 6


async def test_a_new_password_voids_letters_of_the_old_one(
    accounts_on_sqlite: Running, letters: Letters
):
    """Whoever stole the password cannot move the account once its owner has a new one."""
    await request(accounts_on_sqlite)
    _, token = await letter_to(letters, NEW)
    wish = {"currentPassword": PASSWORD, "newPassword": "another long secret"}
    await accounts_on_sqlite.ask(CHANGE_PASSWORD, caller("alan"), i=wish)
    assert (await accounts_on_sqlite.refusal(CONFIRM, t=token))["code"] == "BAD_USER_INPUT"


async def test_links_of_other_kinds_do_not_move_an_account(
    accounts_on_sqlite: Running, letters: Letters
):
    forgot = 'mutation { requestPasswordReset(email: "alan@example.com") { message } }'
    await accounts_on_sqlite.ask(forgot)
    token = await letters.token()
    assert (await accounts_on_sqlite.refusal(CONFIRM, t=token))["code"] == "BAD_USER_INPUT"


async def test_invitations_to_the_old_address_end(accounts: Running, letters: Letters):
    wish = {"name": "Difference Co"}
    made = await accounts.ask(
        "mutation($i: CreateOrganizationInput!) { createOrganization(input: $i) "
        "{ organization { id } } }",
        caller("ada"),
        i=wish,
    )
    id = made["createOrganization"]["organization"]["id"]
    await accounts.ask(
        "mutation($i: InviteInput!) { inviteToOrganization(input: $i) { invitation { id } } }",
        caller("ada"),
        i={"organizationId": id, "email": "alan@example.com"},
    )
    await request(accounts)
    _, token = await letter_to(letters, NEW)
    await accounts.ask(CONFIRM, t=token)
    query = "query($id: ID!) { organization(id: $id) { invitations { email } } }"
    found = await accounts.ask(query, caller("ada"), id=id)
    assert found["organization"] == {"invitations": []}


async def test_an_account_that_is_closed_or_not_there_moves_nowhere(accounts_on_sqlite: Running):
    alan = demo_id("user", "alan")
    async with accounts_on_sqlite.context().storage.begin() as uow:
        (await uow.session.get_one(User, alan)).is_active = False
        await uow.session.flush()
        for id in (alan, uuid4()):
            with pytest.raises(UserNotFound):
                await request_email_change(uow, id, NEW)
