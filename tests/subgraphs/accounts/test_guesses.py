"""Passwords are guessed so often and no more, whatever name the account is called by."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.accounts.signing_in import LOGIN, identity, log_in
from tests.support.subgraphs import Running
from trellis.db.seed.world import PASSWORD
from trellis.subgraphs.accounts.cleaning import clean
from trellis.subgraphs.accounts.use_cases import guesses

CONFIRM = "mutation($i: ChangePasswordInput!) { changePassword(input: $i) { message } }"


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three instead of a hundred: each costs a hash."""
    monkeypatch.setattr(guesses, "MOST_GUESSES", 3)


async def guess(accounts: Running, password: str = "wrong", **name: str) -> str:
    """How a login is answered: its code, or ``ok``."""
    result = await accounts.answer(LOGIN, i={"password": password, **name})
    return result.errors[0].extensions["code"] if result.errors else "ok"


WRONG, LIMITED = "INVALID_CREDENTIALS", "RATE_LIMITED"
SPELLINGS = [{"email": "ada@example.com"}, {"username": "ADA"}, {"email": " Ada@EXAMPLE.com"}]


async def test_address_and_username_are_one_account_and_one_count(accounts: Running):
    for name in SPELLINGS:
        assert await guess(accounts, **name) == WRONG
    for name in SPELLINGS:
        assert await guess(accounts, **name) == LIMITED
        assert await guess(accounts, PASSWORD, **name) == LIMITED
    assert await guess(accounts, PASSWORD, username="grace") == "ok"


async def test_a_name_that_nobody_has_is_counted_alike(accounts_on_sqlite: Running):
    codes = [await guess(accounts_on_sqlite, username=name) for name in ("No.Body", "no.body") * 2]
    assert codes == [WRONG] * 3 + [LIMITED]
    assert await guess(accounts_on_sqlite, username="another") == WRONG


async def test_of_many_at_once_no_more_are_let_in(accounts: Running):
    asked = (guess(accounts, **SPELLINGS[number % 3]) for number in range(12))
    codes = await asyncio.gather(*asked)
    assert sorted(codes) == [WRONG] * 3 + [LIMITED] * 9


async def test_signing_in_is_no_guess_and_does_not_forgive_others(accounts_on_sqlite: Running):
    accounts = accounts_on_sqlite
    for _ in range(2):
        assert await guess(accounts, username="ada") == WRONG
    for _ in range(5):
        assert await guess(accounts, PASSWORD, username="ada") == "ok"
    assert await guess(accounts, username="ada") == WRONG
    assert await guess(accounts, PASSWORD, username="ada") == LIMITED


async def test_a_stolen_token_opens_no_other_way_to_guess(accounts_on_sqlite: Running):
    accounts = accounts_on_sqlite
    who = await identity(accounts, (await log_in(accounts, "ada"))["accessToken"])
    wish = {"currentPassword": "wrong", "newPassword": "correct horse battery"}
    codes = [(await accounts.refusal(CONFIRM, who, i=wish))["code"] for _ in range(4)]
    assert codes[3] == LIMITED and LIMITED not in codes[:3]
    assert await guess(accounts, PASSWORD, email="ada@example.com") == LIMITED


async def test_who_waits_is_told_how_long_and_then_let_in(accounts_on_sqlite: Running):
    accounts = accounts_on_sqlite
    for _ in range(3):
        await guess(accounts, username="ada")
    told = await accounts.refusal(LOGIN, i={"username": "ada", "password": PASSWORD})
    assert 3_590 < told.pop("retry_after") <= 3_600
    assert datetime.fromisoformat(told.pop("reset_at")) > datetime.now(UTC)
    assert told == {"code": LIMITED, "limit": 3, "window": 3_600, "remaining": 0}

    await _run(accounts, "update password_guesses set since = '2020-01-01 00:00:00+00:00'")
    assert await guess(accounts, PASSWORD, username="ada") == "ok"


async def test_a_new_password_begins_a_new_count(accounts_on_sqlite: Running, letters: Letters):
    accounts = accounts_on_sqlite
    who = await identity(accounts, (await log_in(accounts, "ada"))["accessToken"])
    for _ in range(2):
        await guess(accounts, username="ada")
    new = "correct horse battery"
    wish: dict[str, Any] = {"currentPassword": PASSWORD, "newPassword": new}
    await accounts.ask(CONFIRM, who, i=wish)
    assert [await guess(accounts, username="ada") for _ in range(4)] == [WRONG] * 3 + [LIMITED]


async def test_old_counts_are_cleared_away(accounts: Running):
    await guess(accounts, username="ada")
    now = datetime.now(UTC)
    for moment, left in ((now, 1), (now + timedelta(hours=1, seconds=1), 0)):
        async with accounts.context().storage.begin() as uow:
            await clean(uow.session, moment)
        assert (await _run(accounts, "select count(*) from password_guesses")) == left


async def _run(accounts: Running, statement: str) -> Any:
    async with accounts.context().storage.database.write() as session:
        result: Any = await session.execute(text(statement))
        return result.scalar_one() if result.returns_rows else None
