"""People with a second factor sign in by every dialect, which asks for the code in its words."""

import time
from typing import Any

import pytest
from pyotp.totp import TOTP

from tests.conformance.rest.world import LEARN_PASSWORD, World

pytestmark = pytest.mark.xdist_group("rest_world")

_ENABLE = "mutation($p: String!) { enableMfa(password: $p) { secret } }"
_CONFIRM = "mutation($c: String!) { confirmMfa(code: $c) { recoveryCodes } }"


@pytest.mark.parametrize(
    ("path", "login", "member"),
    [
        ("/pm/api/v1/auth/login", "email", "mfa_code"),
        ("/tracker/api/v1/auth/login", "email", "mfa_code"),
        ("/todo/api/user/login", "username", "mfa_code"),
        ("/learn/api/v1/auth/login", "email", "mfaCode"),
    ],
)
def test_a_code_is_asked_for_and_taken(world: World, path: str, login: str, member: str):
    person = world.fresh()
    secret = world.graph(_ENABLE, {"p": LEARN_PASSWORD}, person.token)["enableMfa"]["secret"]
    totp = TOTP(secret)
    world.graph(_CONFIRM, {"c": totp.now()}, person.token)
    given: dict[str, Any] = {login: getattr(person, login), "password": person.password}

    refused = world.client.post(path, json=given)
    assert refused.status_code == 401
    assert member in refused.text
    assert (member == "mfaCode") is ("mfaCode" in refused.text)
    # A code is taken once, so this is the next one.
    later = totp.generate_otp(int(time.time()) // 30 + 1)
    answer = world.client.post(path, json=given | {member: later})
    assert answer.status_code == 200, answer.text
