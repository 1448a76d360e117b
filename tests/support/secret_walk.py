"""Somebody's whole life with Trellis, and every secret that is told or typed on the way."""

import time
from typing import Any, Protocol

from pyotp.totp import TOTP

from trellis.db.seed.world import PASSWORD, demo_id

MARY, MARIA = "mary@example.com", "maria@example.com"
_ANALYTICAL = str(demo_id("organization", "analytical.example.com"))
_TOKENS = "accessToken refreshToken"


class Door(Protocol):
    """How accounts is asked, and where its letters arrive."""

    async def ask(self, query: str, token: str | None = None, **variables: Any) -> Any:
        """The data of the answer; None where it was refused."""
        ...

    async def mailed(self, to: str, subject: str) -> str:
        """The token in the letter to ``to`` about ``subject``, once it has come."""
        ...


async def live(door: Door) -> dict[str, str]:
    """Sign up, in and out, confirm, change, reset, enrol, invite, err; the secrets by name."""
    told = {"password": "Wintergarten-71!", "next": "Sommerhaus-82!", "last": "Herbstlaub-93!"}
    await _sign_up(door, told)
    await _err(door, told)
    await _use_a_second_factor(door, told)
    await _renew(door, told)
    await _work(door, told)
    return told


async def _sign_up(door: Door, told: dict[str, str]) -> None:
    wish = {"email": MARY, "password": told["password"]}
    register = f"mutation($i: RegisterInput!) {{ register(input: $i) {{ {_TOKENS} }} }}"
    _keep(told, "registered", (await door.ask(register, i=wish))["register"])
    told["verification"] = await door.mailed(MARY, "Confirm your e-mail address")
    verify = "mutation($t: String!) { verifyUser(token: $t) { user { id } } }"
    assert await door.ask(verify, t=told["verification"])
    _keep(told, "signed in", await _log_in(door, MARY, told["password"]))


async def _err(door: Door, told: dict[str, str]) -> None:
    """What people get wrong with a secret in their hands."""
    told["guess"], told["misplaced"] = "Fruehling-54!", "Kaminzimmer-65!"
    assert await _log_in(door, MARY, told["guess"]) is None
    assert await _log_in(door, f"{told['misplaced']}@example.com", "x") is None
    inline = f'mutation {{ login(input: {{ email: "{MARY}", passwort: "{told["guess"]}" }}'
    assert await door.ask(inline) is None
    assert await door.ask(f"{inline}) {{ accessToken }} }}") is None
    login = "mutation($i: LoginInput!) { login(input: $i) { accessToken } }"
    assert await door.ask(login, i={"password": [told["guess"]], "pasword": told["guess"]}) is None
    refresh = "mutation($i: RefreshTokenInput!) { refreshToken(input: $i) { accessToken } }"
    assert await door.ask(refresh, i={"refreshToken": told["guess"]}) is None
    reset = "mutation($i: ResetPasswordInput!) { resetPassword(input: $i) { message } }"
    assert await door.ask(reset, i={"token": told["guess"], "newPassword": "short"}) is None


async def _use_a_second_factor(door: Door, told: dict[str, str]) -> None:
    enable = "mutation($p: String!) { enableMfa(password: $p) { secret uri } }"
    token = told["signed in accessToken"]
    told["seed"] = (await door.ask(enable, token, p=told["password"]))["enableMfa"]["secret"]
    code = TOTP(told["seed"]).generate_otp(int(time.time()) // 30)
    confirm = "mutation($c: String!) { confirmMfa(code: $c) { recoveryCodes } }"
    codes = (await door.ask(confirm, token, c=code))["confirmMfa"]["recoveryCodes"]
    told |= {f"recovery code {number}": code for number, code in enumerate(codes)}
    _keep(told, "with a code", await _log_in(door, MARY, told["password"], mfaCode=codes[0]))
    disable = "mutation($i: DisableMfaInput!) { disableMfa(input: $i) { enabled } }"
    assert await door.ask(disable, token, i={"password": told["password"], "code": codes[1]})


async def _renew(door: Door, told: dict[str, str]) -> None:
    refresh = f"mutation($i: RefreshTokenInput!) {{ refreshToken(input: $i) {{ {_TOKENS} }} }}"
    wish = {"refreshToken": told["signed in refreshToken"]}
    _keep(told, "refreshed", (await door.ask(refresh, i=wish))["refreshToken"])
    change = "mutation($i: ChangePasswordInput!) { changePassword(input: $i) { message } }"
    wish = {"currentPassword": told["password"], "newPassword": told["next"]}
    assert await door.ask(change, told["refreshed accessToken"], i=wish)
    request = "mutation($e: String!) { requestPasswordReset(email: $e) { message } }"
    assert await door.ask(request, e=MARY)
    told["reset"] = await door.mailed(MARY, "Choose a new password")
    reset = "mutation($i: ResetPasswordInput!) { resetPassword(input: $i) { message } }"
    assert await door.ask(reset, i={"token": told["reset"], "newPassword": told["last"]})
    _keep(told, "at last", await _log_in(door, MARY, told["last"]))


async def _work(door: Door, told: dict[str, str]) -> None:
    token = told["at last accessToken"]
    create = "mutation($i: CreateApiKeyInput!) { createApiKey(input: $i) { secret } }"
    wish: dict[str, Any] = {"name": "build", "scopes": ["read:profile"]}
    told["API key"] = (await door.ask(create, token, i=wish))["createApiKey"]["secret"]
    move = "mutation($i: ChangeEmailInput!) { requestEmailChange(input: $i) { message } }"
    assert await door.ask(move, token, i={"newEmail": MARIA, "password": told["last"]})
    told["move"] = await door.mailed(MARIA, "Confirm your new e-mail address")
    confirm = "mutation($t: String!) { confirmEmailChange(token: $t) { user { email } } }"
    assert await door.ask(confirm, t=told["move"])
    _keep(told, "moved", await _log_in(door, MARIA, told["last"]))
    ada = (await _log_in(door, "ada@example.com", PASSWORD))["accessToken"]
    invite = "mutation($i: InviteInput!) { inviteToOrganization(input: $i) { invitation { id } } }"
    assert await door.ask(invite, ada, i={"organizationId": _ANALYTICAL, "email": MARIA})
    told["invitation"] = await door.mailed(MARIA, "Join Analytical Engines")
    accept = "mutation($t: String!) { acceptInvitation(token: $t) { organization { name } } }"
    assert await door.ask(accept, told["moved accessToken"], t=told["invitation"])
    assert await door.ask("{ exportMyData { accounts } }", told["moved accessToken"])
    assert await door.ask("mutation { logout { message } }", told["moved accessToken"])


async def _log_in(door: Door, email: str, password: str, **more: str) -> Any:
    login = f"mutation($i: LoginInput!) {{ login(input: $i) {{ {_TOKENS} }} }}"
    data = await door.ask(login, i={"email": email, "password": password, **more})
    return data["login"] if data else None


def _keep(told: dict[str, str], when: str, tokens: dict[str, str]) -> None:
    told |= {f"{when} {name}": text for name, text in tokens.items()}
