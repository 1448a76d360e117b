"""Who has an account is nobody's business: same answers, same work, same time."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import text

from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.accounts.signing_in import LOGIN
from tests.subgraphs.accounts.test_second_factor import enabled
from tests.support.statements import statements
from tests.support.subgraphs import Running, caller, running
from tests.support.templates import copy_of_folder
from trellis.db.bus import EventBus
from trellis.db.seed.world import PASSWORD, demo_id
from trellis.db.settings import DataSettings
from trellis.schema.subgraph import Subgraph
from trellis.subgraphs.accounts.graph import make_subgraph
from trellis.subgraphs.accounts.passwords import Passwords

NEW = "correct horse battery"
REGISTER = "mutation($i: RegisterInput!) { register(input: $i) { accessToken } }"
RESET = "mutation($e: String!) { requestPasswordReset(email: $e) { message } }"
USE_RESET = "mutation($i: ResetPasswordInput!) { resetPassword(input: $i) { message } }"
TRIES = 200


class CountingHasher(Argon2Hasher):
    """Tells what it had to do; of the strength that the demo data has here."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.work: list[str] = []

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self.work.append("hash")
        return super().hash(password, salt=salt)

    def verify(self, password: str | bytes, hash: str | bytes) -> bool:
        self.work.append("verify")
        return super().verify(password, hash)


@pytest.fixture
def hasher() -> CountingHasher:
    return CountingHasher()


@pytest.fixture
async def people(
    accounts_folder: DataSettings, tmp_path: Path, letters: Letters, hasher: CountingHasher
) -> AsyncIterator[Running]:
    """Ada has a second factor that five wrong codes have locked, Grace is deactivated, Mary has
    never confirmed her address."""

    def make(settings: DataSettings, bus: EventBus) -> Subgraph:
        return make_subgraph(settings, bus, mailer=letters, passwords=Passwords(hasher))

    async with running(make, copy_of_folder(accounts_folder, tmp_path), fresh=False) as accounts:
        await enabled(accounts)
        for _ in range(5):
            wish = {"email": "ada@example.com", "password": PASSWORD, "mfaCode": "000000"}
            await accounts.refusal(LOGIN, i=wish)
        async with accounts.context().storage.database.write() as session:
            grace = "update users set is_active = false where username = 'grace'"
            await session.execute(text(grace))
        await accounts.ask(REGISTER, i={"email": "mary@example.com", "password": NEW})
        await letters.next()
        yield accounts


async def told_and_done(accounts: Running, hasher: CountingHasher, **wish: str) -> Any:
    """What a login is told, and what it made the server do."""
    hasher.work.clear()
    with statements(writes=True) as sent:
        result = await accounts.answer(LOGIN, i={"password": "wrong", **wish})
    return [error.formatted for error in result.errors], hasher.work.copy(), sent.copy()


@pytest.mark.parametrize(
    "wish",
    [
        pytest.param({"email": "alan@example.com"}, id="known"),
        pytest.param({"email": " ALAN@example.com "}, id="known, written differently"),
        pytest.param({"email": "grace@example.com"}, id="deactivated"),
        pytest.param({"email": "grace@example.com", "password": PASSWORD}, id="and right"),
        pytest.param({"email": "mary@example.com"}, id="never confirmed"),
        pytest.param({"email": "ada@example.com"}, id="with a second factor"),
        pytest.param({"email": "ada@example.com", "mfaCode": "000000"}, id="and a code"),
        pytest.param({"email": "nobody@example.com", "mfaCode": "000000"}, id="nobody and a code"),
        pytest.param({"email": "alan@example.com", "password": "x" * 5_000}, id="very long"),
        pytest.param({"email": "' or 1=1 --@example.com"}, id="hostile"),
    ],
)
async def test_a_login_that_fails_says_and_does_the_same_whoever_it_is(
    people: Running, hasher: CountingHasher, wish: dict[str, str]
):
    told, hashed, sent = await told_and_done(people, hasher, email="nobody@example.com")
    assert told[0]["extensions"] == {"code": "INVALID_CREDENTIALS"}
    assert hashed == ["verify"]
    assert len(sent) > 2
    assert await told_and_done(people, hasher, **wish) == (told, hashed, sent)


async def test_a_forgotten_account_is_told_from_nobody_by_no_name(
    people: Running, hasher: CountingHasher
):
    alan = str(demo_id("user", "alan"))
    await people.ask(
        "mutation($id: ID!) { deleteUser(id: $id) { deletedUserId } }", caller("alan"), id=alan
    )
    by_address = await told_and_done(people, hasher, email="nobody@example.com")
    assert await told_and_done(people, hasher, email=f"{alan}@deleted.invalid") == by_address
    by_name = await told_and_done(people, hasher, username="nobody")
    assert await told_and_done(people, hasher, username=f"deleted-{alan}") == by_name


async def test_names_tell_no_more_than_addresses(people: Running, hasher: CountingHasher):
    unknown = await told_and_done(people, hasher, username="nobody")
    assert await told_and_done(people, hasher, username="alan") == unknown


async def test_a_wrong_code_is_told_like_a_wrong_password(people: Running, hasher: CountingHasher):
    """Also when it is the right one that comes too late."""
    told, hashed, _ = await told_and_done(people, hasher, email="nobody@example.com")
    wrong = {"email": "ada@example.com", "password": PASSWORD, "mfaCode": "000000"}
    assert (await told_and_done(people, hasher, **wrong))[:2] == (told, hashed)


@pytest.mark.parametrize("who", ["nobody", "alan", "grace", "mary", "ada"])
async def test_asking_for_a_new_password_waits_for_nothing(
    people: Running, hasher: CountingHasher, who: str
):
    hasher.work.clear()
    # Whoever has an account has a letter written, behind this lock and after the answer.
    async with people.context().storage.database.write():
        answer = await people.ask(RESET, e=f"{who}@example.com")
    message = "If the account exists, an e-mail has been sent."
    assert answer == {"requestPasswordReset": {"message": message}}
    assert hasher.work == []


@pytest.mark.parametrize("password", [NEW, "short"])
async def test_a_link_that_never_was_hashes_nothing(
    people: Running, hasher: CountingHasher, password: str
):
    hasher.work.clear()
    await people.refusal(USE_RESET, i={"token": "x" * 43, "newPassword": password})
    assert hasher.work == []


async def test_a_registration_hashes_once_whether_the_address_is_taken_or_not(
    people: Running, hasher: CountingHasher
):
    """That it is taken has to be told (409); that costs a try, and tries are limited."""
    for email in ("ada@example.com", "grace@example.com", "new@example.com"):
        hasher.work.clear()
        await people.answer(REGISTER, i={"email": email, "password": NEW})
        assert hasher.work == ["hash"]


def chance_to_be_later(ones: list[float], others: list[float]) -> float:
    """How often one of the ones takes longer than one of the others (Mann and Whitney's U): a half
    when time tells nothing."""
    later = sum((one > other) + (one == other) / 2 for one in ones for other in others)
    return later / (len(ones) * len(others))


def test_the_measure_finds_a_difference_of_a_tenth():
    chance = random.Random(1)
    ones = [chance.gauss(50, 5) for _ in range(TRIES)]
    assert 0.4 < chance_to_be_later(ones, [chance.gauss(50, 5) for _ in range(TRIES)]) < 0.6
    assert chance_to_be_later(ones, [chance.gauss(55, 5) for _ in range(TRIES)]) < 0.35


@pytest.mark.long
@pytest.mark.parametrize(
    ("query", "known"),
    [
        (LOGIN, {"email": "alan@example.com", "password": "wrong"}),
        (LOGIN, {"email": "grace@example.com", "password": PASSWORD}),
        (LOGIN, {"email": "ada@example.com", "password": "wrong", "mfaCode": "000000"}),
        (RESET, {"e": "alan@example.com"}),
    ],
    ids=["login", "deactivated", "second factor", "reset"],
)
async def test_time_tells_nothing_in_two_hundred_tries(
    people: Running, query: str, known: dict[str, str]
):
    address = "email" if query == LOGIN else "e"
    wishes = {"known": known, "unknown": {**known, address: "nobody@example.com"}}
    times: dict[str, list[float]] = {name: [] for name in wishes}
    for _ in range(TRIES):
        # In turn and in any order: what else the machine does hits both alike.
        for name in random.sample([*wishes], 2):
            variables: dict[str, Any] = {"i": wishes[name]} if query == LOGIN else wishes[name]
            started = time.perf_counter()
            await people.answer(query, **variables)
            times[name].append(time.perf_counter() - started)
            await asyncio.sleep(0.01)
    # The standard deviation of this is 0.029 with two hundred of each.
    assert 0.35 < chance_to_be_later(times["known"], times["unknown"]) < 0.65
