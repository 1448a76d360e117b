"""Changing and resetting passwords, and confirming addresses."""

import asyncio

import pytest
from sqlalchemy import text

from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.accounts.signing_in import (
    LOGIN,
    identity,
    log_in,
    refresh,
    refresh_code,
    topics,
)
from tests.support.metrics import figures_here
from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import PASSWORD, demo_id

CHANGE = (
    "mutation($i: ChangePasswordInput!) { changePassword(input: $i) { message revokedSessions } }"
)
FORGOT = "mutation($e: String!) { requestPasswordReset(email: $e) { message } }"
RESET = "mutation($i: ResetPasswordInput!) { resetPassword(input: $i) { message } }"
VERIFY = "mutation($t: String!, $u: ID) { verifyUser(token: $t, userId: $u) { user { username } } }"
REGISTER = "mutation($i: RegisterInput!) { register(input: $i) { accessToken user { id } } }"
NEW = "quite another secret"


async def sql(accounts: Running, statement: str) -> None:
    async with accounts.context().storage.database.write() as session:
        await session.execute(text(statement))


async def is_password(accounts: Running, password: str) -> bool:
    wish = {"email": "ada@example.com", "password": password}
    return not (await accounts.answer(LOGIN, i=wish)).errors


async def test_a_new_password_ends_all_other_sessions(accounts: Running):
    here, there = await log_in(accounts), await log_in(accounts)
    who = await identity(accounts, here["accessToken"])
    wish = {"currentPassword": PASSWORD, "newPassword": NEW}
    data = await accounts.ask(CHANGE, who, i=wish)
    assert data["changePassword"] == {"message": "Password changed", "revokedSessions": 1}
    assert await refresh_code(accounts, there["refreshToken"]) == "REFRESH_TOKEN_EXPIRED"
    await refresh(accounts, here["refreshToken"])
    assert await is_password(accounts, NEW)
    assert not await is_password(accounts, PASSWORD)
    assert "user.password_changed" in await topics(accounts)


@pytest.mark.parametrize(
    ("current", "new", "field"),
    [
        ("wrong", NEW, "currentPassword"),
        ("", NEW, "currentPassword"),
        (PASSWORD, "short", "newPassword"),
        (PASSWORD, "", "newPassword"),
    ],
)
async def test_a_password_is_not_changed_without_the_old_one_or_to_a_short_one(
    accounts: Running, current: str, new: str, field: str
):
    wish = {"currentPassword": current, "newPassword": new}
    details = await accounts.refusal(CHANGE, caller("ada"), i=wish)
    assert [problem["field"] for problem in details["fields"]] == [field]
    assert await is_password(accounts, PASSWORD)


async def test_a_mailed_link_sets_a_new_password_once(accounts: Running, letters: Letters):
    session = await log_in(accounts)
    await accounts.ask(FORGOT, e="ADA@example.com")
    letter, token = await letters.next(), await letters.token()
    assert letter.to == "ada@example.com"
    assert f"http://127.0.0.1:4000/reset-password#token={token}" in letter.text
    data = await accounts.ask(RESET, i={"token": token, "newPassword": NEW})
    assert data["resetPassword"]["message"] == "Password changed; sign in with the new one."
    assert await refresh_code(accounts, session["refreshToken"]) == "REFRESH_TOKEN_EXPIRED"
    assert await is_password(accounts, NEW)
    details = await accounts.refusal(RESET, i={"token": token, "newPassword": "a third secret"})
    assert details["fields"][0]["code"] == "INVALID_TOKEN"
    assert await is_password(accounts, NEW)


async def test_unknown_addresses_get_the_same_answer_and_no_letter(
    accounts: Running, letters: Letters
):
    answers = [
        await accounts.ask(FORGOT, e=email)
        for email in ("nobody@example.com", "ada@example.com", "other@nowhere.example")
    ]
    assert answers[0] == answers[1] == answers[2]
    await letters.next()
    await accounts.subgraph.stop()
    assert [letter.to for letter in letters.sent] == ["ada@example.com"]
    await accounts.subgraph.start()


async def test_three_letters_an_hour_are_enough(accounts: Running, letters: Letters):
    for _ in range(5):
        await accounts.ask(FORGOT, e="ada@example.com")
    await letters.next(3)
    await accounts.subgraph.stop()
    assert len(letters.sent) == 3
    await accounts.subgraph.start()


async def test_using_one_link_uses_up_the_others(accounts: Running, letters: Letters):
    for _ in range(2):
        await accounts.ask(FORGOT, e="ada@example.com")
    first, second = await letters.token(1), await letters.token(2)
    await accounts.ask(RESET, i={"token": second, "newPassword": NEW})
    wish = {"token": first, "newPassword": "a third secret"}
    assert (await accounts.refusal(RESET, i=wish))["code"] == "BAD_USER_INPUT"


async def test_of_ten_who_use_a_link_at_once_one_wins(accounts: Running, letters: Letters):
    await accounts.ask(FORGOT, e="ada@example.com")
    token = await letters.token()
    results = await asyncio.gather(
        *(
            accounts.answer(RESET, i={"token": token, "newPassword": f"{NEW} {number}"})
            for number in range(10)
        )
    )
    assert [bool(result.errors) for result in results].count(False) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "update mailed_links set expires_at = '2020-01-01 00:00:00+00:00'",
        "update users set is_active = false where username = 'ada'",
        "update users set email = 'countess@example.com' where username = 'ada'",
    ],
)
async def test_a_link_that_has_lost_its_ground_is_refused(
    accounts: Running, letters: Letters, statement: str
):
    await accounts.ask(FORGOT, e="ada@example.com")
    token = await letters.token()
    await sql(accounts, statement)
    details = await accounts.refusal(RESET, i={"token": token, "newPassword": NEW})
    assert details["fields"][0]["code"] == "INVALID_TOKEN"


async def test_learners_choose_longer_passwords(accounts: Running, letters: Letters):
    await accounts.ask(FORGOT, e="ada@example.com")
    wish = {"token": await letters.token(), "newPassword": "elevenchars", "profile": "LEARN"}
    details = await accounts.refusal(RESET, i=wish)
    assert details["fields"][0] | {"message": ""} == {
        "field": "newPassword",
        "code": "VALUE_TOO_SHORT",
        "message": "",
    }


async def test_a_new_account_confirms_its_address(accounts: Running, letters: Letters):
    wish = {"email": "mary@example.com", "password": NEW}
    user = (await accounts.ask(REGISTER, i=wish))["register"]["user"]
    token = await letters.token()
    data = await accounts.ask(VERIFY, t=token, u=user["id"])
    assert data["verifyUser"]["user"] == {"username": "mary"}
    assert (await topics(accounts))[-1] == "user.verified"
    details = await accounts.refusal(VERIFY, t=token)
    assert details["fields"][0]["code"] == "INVALID_TOKEN"


async def test_registrations_and_verifications_are_counted(accounts: Running, letters: Letters):
    """Requirement S2-OBS-03; a registration that is refused is none."""

    def counted() -> tuple[float, float]:
        found = figures_here()
        return found.of("user_registrations_total"), found.of("user_verifications_total")

    registered, verified = counted()
    wish = {"email": "mary@example.com", "password": NEW}
    await accounts.ask(REGISTER, i=wish)
    await accounts.refusal(REGISTER, i=wish)
    assert counted() == (registered + 1, verified)
    token = await letters.token()
    await accounts.ask(VERIFY, t=token)
    await accounts.refusal(VERIFY, t=token)
    assert counted() == (registered + 1, verified + 1)


async def test_a_link_confirms_nobody_else_and_sets_no_password(
    accounts: Running, letters: Letters
):
    await accounts.ask(REGISTER, i={"email": "mary@example.com", "password": NEW})
    token = await letters.token()
    other = str(demo_id("user", "ada"))
    nobody = str(demo_id("user", "nobody"))
    for wrong in (other, nobody):
        assert (await accounts.refusal(VERIFY, t=token, u=wrong))["code"] == "NOT_FOUND"
        assert (await accounts.refusal(VERIFY, t="x", u=wrong))["code"] == "BAD_USER_INPUT"
    wish = {"token": token, "newPassword": "a third secret"}
    assert (await accounts.refusal(RESET, i=wish))["code"] == "BAD_USER_INPUT"
    await accounts.ask(VERIFY, t=token)


async def test_another_verification_is_mailed_only_when_needed(accounts: Running, letters: Letters):
    ask = "mutation { requestVerification { message } }"
    confirmed = await accounts.ask(ask, caller("ada"))
    assert confirmed["requestVerification"]["message"] == "Your address is confirmed already."
    answer = await accounts.ask(REGISTER, i={"email": "mary@example.com", "password": NEW})
    mary = await identity(accounts, answer["register"]["accessToken"])
    await accounts.ask(ask, mary)
    assert (await letters.next(2)).to == "mary@example.com"


async def test_the_tokens_of_letters_are_not_stored(accounts: Running, letters: Letters):
    await accounts.ask(FORGOT, e="ada@example.com")
    token = await letters.token()
    async with accounts.context().storage.read() as session:
        for table in ("mailed_links", "outbox"):
            assert token not in str((await session.execute(text(f"select * from {table}"))).all())
