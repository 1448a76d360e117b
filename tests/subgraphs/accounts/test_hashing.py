"""Hashing passwords: beside the event loop, and never more of it than can be done soon."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tests.subgraphs.accounts.cheap_passwords import CHEAP
from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.accounts.signing_in import LOGIN
from tests.support.subgraphs import Running, running
from tests.support.templates import copy_of_folder
from trellis.db.bus import EventBus
from trellis.db.seed.world import PASSWORD
from trellis.db.settings import DataSettings
from trellis.schema.subgraph import Subgraph
from trellis.subgraphs.accounts.graph import make_subgraph
from trellis.subgraphs.accounts.models import NO_PASSWORD
from trellis.subgraphs.accounts.passwords import Passwords, TooManyPasswords

REFUSED = "503, again in 2"


async def outcome(passwords: Passwords, hashed: str | None) -> str:
    try:
        fits, _ = await passwords.check("right", hashed)
    except TooManyPasswords as refusal:
        return f"{refusal.http_status}, again in {refusal.details['retry_after']}"
    return "right" if fits else "wrong"


async def test_a_password_fits_its_own_hash_only():
    passwords = Passwords(CHEAP)
    hashed = await passwords.hash("right")
    assert hashed.startswith("$argon2id$")
    assert await passwords.check("right", hashed) == (True, None)
    assert await passwords.check("Right", hashed) == (False, None)
    assert await passwords.check("right", None) == (False, None)


@pytest.mark.parametrize("hashed", [None, "", NO_PASSWORD])
@pytest.mark.parametrize("password", ["right", "", NO_PASSWORD, "the password of nobody"])
async def test_what_is_no_hash_fits_no_password(hashed: str | None, password: str):
    assert await Passwords(CHEAP).check(password, hashed) == (False, None)


async def test_a_hash_of_other_parameters_is_renewed():
    hashed = await Passwords(CHEAP).hash("right")
    fits, renewed = await Passwords().check("right", hashed)
    assert fits and renewed is not None
    assert await Passwords().check("right", renewed) == (True, None)


# Made by libxcrypt: of "right" as document 003 has it, as PHP writes it, and of 80 times "a".
IMPORTED = "$2a$12$abcdefghijklmnopqrstuu3ZNTWactmkRXVB8K.1w4IlxX.O8lI12"
FROM_PHP = "$2y$04$abcdefghijklmnopqrstuuFmEfrkTQnczNzw475xE2VhDrK1uwJiC"
OF_80 = "$2b$04$abcdefghijklmnopqrstuuBzzIgyKkz7xMWYSzkIjUSnxEQFQ0WNe"


@pytest.mark.parametrize("hashed", [IMPORTED, FROM_PHP])
async def test_the_bcrypt_hash_of_an_imported_user_is_renewed(hashed: str):
    """S3-DM-01: document 003 keeps bcrypt hashes."""
    passwords = Passwords(CHEAP)
    fits, renewed = await passwords.check("right", hashed)
    assert fits and renewed is not None and renewed.startswith("$argon2id$")
    assert await passwords.check("right", renewed) == (True, None)
    assert await passwords.check("wrong", hashed) == (False, None)


async def test_of_an_imported_password_bcrypt_has_seen_72_bytes():
    passwords = Passwords(CHEAP)
    fits, renewed = await passwords.check("a" * 80, OF_80)
    assert fits and renewed is not None
    assert await passwords.check("a" * 71, OF_80) == (False, None)
    # From now on all of it counts.
    assert await passwords.check("a" * 79, renewed) == (False, None)


@pytest.mark.parametrize("password", ["right\x00", "\x00", "", "rïght"])
async def test_what_bcrypt_cannot_take_fits_no_imported_hash(password: str):
    assert await Passwords(CHEAP).check(password, FROM_PHP) == (False, None)


@pytest.mark.parametrize("is_known", [True, False])
async def test_those_beyond_the_queue_are_refused_at_once_whoever_they_are(is_known: bool):
    passwords = Passwords(CHEAP, max_at_once=2, max_waiting=3)
    hashed = await passwords.hash("right") if is_known else None
    served = "right" if is_known else "wrong"
    found = await asyncio.gather(*(outcome(passwords, hashed) for _ in range(20)))
    assert found == [served] * 5 + [REFUSED] * 15
    assert await outcome(passwords, hashed) == served


async def test_whoever_gives_up_leaves_room():
    passwords = Passwords(CHEAP, max_at_once=1, max_waiting=4)
    hashed = await passwords.hash("right")
    for _ in range(3):
        waiting = [asyncio.create_task(outcome(passwords, hashed)) for _ in range(5)]
        await asyncio.sleep(0)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    found = await asyncio.gather(*(outcome(passwords, hashed) for _ in range(6)))
    assert found == ["right"] * 5 + [REFUSED]


async def test_hashing_costs_the_event_loop_nothing():
    passwords = Passwords()
    hashed = await passwords.hash("right")
    # What the thread of the loop computes, not what the clock on the wall says.
    by_loop, by_all = time.thread_time(), time.process_time()
    await asyncio.gather(*(outcome(passwords, hashed) for _ in range(20)))
    by_loop, by_all = time.thread_time() - by_loop, time.process_time() - by_all
    assert by_all > 0.1
    assert by_loop < by_all / 5


def with_passwords(
    passwords: Passwords, template: DataSettings, folder: Path
) -> AbstractAsyncContextManager[Running]:
    """Accounts which hash as in production, other than the fixtures."""

    def make(settings: DataSettings, bus: EventBus) -> Subgraph:
        return make_subgraph(settings, bus, mailer=Letters(), passwords=passwords)

    return running(make, copy_of_folder(template, folder), fresh=False)


@pytest.fixture
async def accounts(accounts_folder: DataSettings, tmp_path: Path) -> AsyncIterator[Running]:
    async with with_passwords(Passwords(), accounts_folder, tmp_path) as accounts:
        yield accounts


async def test_others_are_answered_beside_twenty_logins(accounts: Running):
    wish = {"email": "ada@example.com", "password": PASSWORD}
    await accounts.ask("{ __typename }")
    logins = [asyncio.create_task(accounts.ask(LOGIN, i=wish)) for _ in range(20)]
    waits: list[float] = []
    while not all(login.done() for login in logins):
        started = time.monotonic()
        assert await accounts.ask("{ __typename }") == {"__typename": "Query"}
        await asyncio.sleep(0.005)
        waits.append(time.monotonic() - started)
    tokens = {(await login)["login"]["accessToken"] for login in logins}
    assert len(tokens) == 20
    assert len(waits) >= 5
    assert max(waits) < 5


async def test_a_crowd_is_told_to_come_back_and_can(accounts_folder: DataSettings, tmp_path: Path):
    wish = {"email": "ada@example.com", "password": PASSWORD}
    passwords = Passwords(max_at_once=1, max_waiting=1)
    async with with_passwords(passwords, accounts_folder, tmp_path) as accounts:
        answers = await asyncio.gather(*(accounts.answer(LOGIN, i=wish) for _ in range(24)))
        refused = [answer.errors[0] for answer in answers if answer.errors]
        assert 2 <= len(answers) - len(refused) < 24
        for error in refused:
            assert error.extensions == {"code": "SERVICE_UNAVAILABLE", "retry_after": 2}
        assert (await accounts.ask(LOGIN, i=wish))["login"]["user"]["username"] == "ada"
