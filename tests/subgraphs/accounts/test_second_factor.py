"""Signing in with codes."""

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest
from pyotp.totp import TOTP

from tests.subgraphs.accounts.signing_in import LOGIN, log_in, topics
from tests.support.subgraphs import Running, caller
from trellis.db.models import utc_now
from trellis.db.seed.world import PASSWORD
from trellis.subgraphs.accounts.models import Authenticator

ENABLE = "mutation($p: String!) { enableMfa(password: $p) { secret uri } }"
CONFIRM = "mutation($c: String!) { confirmMfa(code: $c) { recoveryCodes } }"
DISABLE = "mutation($i: DisableMfaInput!) { disableMfa(input: $i) { enabled } }"
STATUS = "{ mfaStatus { enabled method recoveryCodesLeft } }"
ADA = caller("ada")


class Device:
    """An authenticator app; ``ahead`` counts time steps of thirty seconds from now."""

    def __init__(self, secret: str) -> None:
        self._totp = TOTP(secret)

    def code(self, ahead: int = 0) -> str:
        return self._totp.generate_otp(int(time.time()) // 30 + ahead)


async def enabled(accounts: Running) -> tuple[Device, list[str]]:
    """A second factor for Ada, confirmed with the code of the step before this one."""
    answer = (await accounts.ask(ENABLE, ADA, p=PASSWORD))["enableMfa"]
    assert answer["uri"].startswith("otpauth://totp/Trellis:ada%40example.com?secret=")
    device = Device(answer["secret"])
    codes = (await accounts.ask(CONFIRM, ADA, c=device.code(-1)))["confirmMfa"]["recoveryCodes"]
    return device, codes


async def code_of_login(accounts: Running, mfa_code: str | None) -> str | None:
    """The error code of signing in with the right password; None when it works."""
    wish = {"email": "ada@example.com", "password": PASSWORD, "mfaCode": mfa_code}
    result = await accounts.answer(LOGIN, i=wish)
    return result.errors[0].extensions["code"] if result.errors else None


async def test_a_second_factor_counts_once_it_is_confirmed(accounts: Running):
    await accounts.ask(ENABLE, ADA, p=PASSWORD)
    assert await code_of_login(accounts, None) is None
    _, codes = await enabled(accounts)
    assert len(set(codes)) == 10
    status = (await accounts.ask(STATUS, ADA))["mfaStatus"]
    assert status == {"enabled": True, "method": "totp", "recoveryCodesLeft": 10}
    assert await code_of_login(accounts, None) == "MFA_REQUIRED"
    assert "mfa.enabled" in await topics(accounts)


async def test_a_code_is_good_once(accounts: Running):
    device, _ = await enabled(accounts)
    code = device.code()
    assert await code_of_login(accounts, f" {code[:3]} {code[3:]} ") is None
    assert await code_of_login(accounts, code) == "INVALID_CREDENTIALS"
    assert await code_of_login(accounts, device.code(-1)) == "INVALID_CREDENTIALS"
    assert await code_of_login(accounts, device.code(1)) is None


async def test_of_ten_who_use_a_code_at_once_one_wins(accounts: Running):
    device, _ = await enabled(accounts)
    results = await asyncio.gather(*(code_of_login(accounts, device.code()) for _ in range(4)))
    assert results.count(None) == 1


@pytest.mark.parametrize("code", ["000000", "", "1", "x" * 1000, "１２３４５６", "\x00"])
async def test_a_wrong_code_opens_nothing(accounts: Running, code: str):
    await enabled(accounts)
    assert await code_of_login(accounts, code) in {"INVALID_CREDENTIALS", "MFA_REQUIRED"}
    assert "user.login" not in await topics(accounts)


async def test_a_code_does_not_replace_the_password(accounts: Running):
    device, _ = await enabled(accounts)
    wish = {"email": "ada@example.com", "password": "wrong", "mfaCode": device.code()}
    assert (await accounts.refusal(LOGIN, i=wish))["code"] == "INVALID_CREDENTIALS"
    assert await code_of_login(accounts, device.code()) is None


async def test_five_wrong_codes_close_the_door_even_for_the_right_one(accounts: Running):
    device, codes = await enabled(accounts)
    for _ in range(5):
        assert await code_of_login(accounts, "000000") == "INVALID_CREDENTIALS"
    assert await code_of_login(accounts, device.code()) == "INVALID_CREDENTIALS"
    assert await code_of_login(accounts, codes[0]) == "INVALID_CREDENTIALS"


async def device_row(accounts: Running) -> Authenticator:
    assert ADA.id is not None
    async with accounts.context().storage.read() as session:
        return await session.get_one(Authenticator, ADA.id)


async def test_a_right_code_forgets_the_wrong_ones_before_it(accounts: Running):
    device, codes = await enabled(accounts)
    for right in (device.code(), codes[0], device.code(1)):
        for _ in range(4):
            assert await code_of_login(accounts, "000000") == "INVALID_CREDENTIALS"
        assert await code_of_login(accounts, right) is None
    row = await device_row(accounts)
    assert (row.failures, row.locked_until) == (0, None)


async def test_the_door_is_closed_for_a_quarter_of_an_hour_and_then_counts_anew(
    accounts: Running,
):
    device, _ = await enabled(accounts)
    storage = accounts.context().storage
    before = utc_now()
    for _ in range(5):
        await code_of_login(accounts, "000000")
    after = utc_now()
    closed = await device_row(accounts)
    assert closed.locked_until is not None
    assert before <= closed.locked_until - timedelta(minutes=15) <= after
    # Whoever tries on does not keep it closed for longer, nor is a right code spent.
    assert await code_of_login(accounts, "000000") == "INVALID_CREDENTIALS"
    assert await code_of_login(accounts, device.code()) == "INVALID_CREDENTIALS"
    assert (await device_row(accounts)).locked_until == closed.locked_until

    async with storage.begin() as uow:
        row = await uow.session.get_one(Authenticator, closed.user_id)
        row.locked_until = utc_now()
    for _ in range(4):
        assert await code_of_login(accounts, "000000") == "INVALID_CREDENTIALS"
    assert await code_of_login(accounts, device.code()) is None


async def test_beginning_again_replaces_a_secret_that_was_not_confirmed(accounts: Running):
    first = Device((await accounts.ask(ENABLE, ADA, p=PASSWORD))["enableMfa"]["secret"])
    began = (await device_row(accounts)).created_at
    second = Device((await accounts.ask(ENABLE, ADA, p=PASSWORD))["enableMfa"]["secret"])
    assert (await device_row(accounts)).created_at > began

    assert (await accounts.refusal(CONFIRM, ADA, c=first.code()))["code"] == "BAD_USER_INPUT"
    await accounts.ask(CONFIRM, ADA, c=second.code())
    assert await code_of_login(accounts, second.code(1)) is None


async def test_giving_up_what_was_not_confirmed_announces_nothing(accounts: Running):
    await accounts.ask(ENABLE, ADA, p=PASSWORD)
    wish = {"password": PASSWORD, "code": "000000"}
    await accounts.ask(DISABLE, ADA, i=wish)

    assert await topics(accounts) == []
    assert (await accounts.refusal(CONFIRM, ADA, c="000000"))["code"] == "CONFLICT"
    assert (await accounts.refusal(DISABLE, ADA, i=wish))["code"] == "CONFLICT"


async def test_a_recovery_code_stands_in_once(accounts: Running):
    _, codes = await enabled(accounts)
    assert await code_of_login(accounts, codes[0].upper().replace("-", " ")) is None
    assert await code_of_login(accounts, codes[0]) == "INVALID_CREDENTIALS"
    assert (await accounts.ask(STATUS, ADA))["mfaStatus"]["recoveryCodesLeft"] == 9


async def test_giving_up_a_second_factor_takes_no_codes_of_others(accounts: Running):
    device, _ = await enabled(accounts)
    alan = caller("alan")
    other = Device((await accounts.ask(ENABLE, alan, p=PASSWORD))["enableMfa"]["secret"])
    await accounts.ask(CONFIRM, alan, c=other.code(-1))

    await accounts.ask(DISABLE, ADA, i={"password": PASSWORD, "code": device.code()})

    status = (await accounts.ask(STATUS, alan))["mfaStatus"]
    assert status == {"enabled": True, "method": "totp", "recoveryCodesLeft": 10}


async def test_the_codes_of_one_person_are_nothing_to_another(accounts: Running):
    _, codes = await enabled(accounts)
    assert (await log_in(accounts, "alan", mfaCode=codes[0]))["user"]["username"] == "alan"
    assert (await accounts.ask(STATUS, caller("alan")))["mfaStatus"]["enabled"] is False
    assert await code_of_login(accounts, codes[0]) is None


REFUSALS: list[tuple[str, dict[str, Any], str]] = [
    (ENABLE, {"p": "wrong"}, "BAD_USER_INPUT"),
    (ENABLE, {"p": PASSWORD}, "CONFLICT"),
    (CONFIRM, {"c": "000000"}, "CONFLICT"),
    (DISABLE, {"i": {"password": "wrong", "code": "000000"}}, "BAD_USER_INPUT"),
    (DISABLE, {"i": {"password": PASSWORD, "code": "000000"}}, "BAD_USER_INPUT"),
]


@pytest.mark.parametrize(("mutation", "variables", "code"), REFUSALS)
async def test_a_second_factor_in_use_is_not_replaced_or_removed_by_a_token_alone(
    accounts: Running, mutation: str, variables: dict[str, Any], code: str
):
    await enabled(accounts)
    assert (await accounts.refusal(mutation, ADA, **variables))["code"] == code
    assert await code_of_login(accounts, None) == "MFA_REQUIRED"


async def test_confirming_needs_a_right_code(accounts: Running):
    assert (await accounts.refusal(CONFIRM, ADA, c="000000"))["code"] == "CONFLICT"
    await accounts.ask(ENABLE, ADA, p=PASSWORD)
    details = await accounts.refusal(CONFIRM, ADA, c="000000")
    assert details["fields"][0]["code"] == "INVALID_CODE"
    assert await code_of_login(accounts, None) is None


async def test_it_is_removed_with_password_and_code(accounts: Running):
    device, _ = await enabled(accounts)
    wish = {"password": PASSWORD, "code": device.code()}
    assert await accounts.ask(DISABLE, ADA, i=wish) == {"disableMfa": {"enabled": False}}
    assert await code_of_login(accounts, None) is None
    assert (await accounts.ask(STATUS, ADA))["mfaStatus"]["recoveryCodesLeft"] == 0
    assert "mfa.disabled" in await topics(accounts)
