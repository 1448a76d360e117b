"""Signing in with a provider: a browser's way through it, whose account it is, and the code."""

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text

from tests.router.identity.tokens import SigningKey
from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.accounts.providers.browsing import (
    CHALLENGE,
    PAGE,
    SIGN_IN,
    VERIFIER,
    Browser,
    code_in,
    exchange,
    identities,
    refused,
    serving,
    sign_in,
)
from tests.subgraphs.accounts.signing_in import identity
from tests.subgraphs.accounts.test_second_factor import enabled
from tests.support.provider import LocalProvider
from tests.support.subgraphs import Running
from tests.support.templates import copy_of_folder
from trellis.db.settings import DataSettings
from trellis.subgraphs.accounts.settings import AccountSettings

# -- the way through -------------------------------------------------------------------------------


async def test_a_new_person_gets_an_account_with_a_confirmed_address(
    accounts: Running, provider: LocalProvider
):
    fragment = await sign_in(accounts, provider, email="New.Person@Example.org", name="New Person")
    tokens = await exchange(accounts, code_in(fragment))
    assert tokens["user"]["email"] == "new.person@example.org"
    who = await identity(accounts, tokens["accessToken"])
    assert who.username == "new.person"
    assert await identities(accounts) == [("person-1", "new.person")]
    found = await accounts.ask("{ me { displayName emailVerified } }", who)
    assert found["me"] == {"displayName": "New Person", "emailVerified": True}
    topics = [one.topic for one in await accounts.bus.read_after("accounts", "0", 100)]
    assert [one for one in topics if one != "contact.changed"] == [
        "user.created",
        "user.verified",
        "user.login",
    ]


async def test_a_known_person_is_found_by_the_provider_not_by_the_address(
    accounts: Running, provider: LocalProvider
):
    first = await exchange(
        accounts, code_in(await sign_in(accounts, provider, email="a@b.example"))
    )
    later = await sign_in(accounts, provider, email="other@b.example", email_verified=False)
    again = await exchange(accounts, code_in(later))
    assert first["user"]["id"] == again["user"]["id"]


async def test_an_account_with_the_confirmed_address_is_linked_and_its_owner_told(
    accounts: Running, provider: LocalProvider, letters: Letters
):
    tokens = await exchange(
        accounts, code_in(await sign_in(accounts, provider, email="ada@example.com"))
    )
    assert tokens["user"]["username"] == "ada"
    assert await identities(accounts) == [("person-1", "ada")]
    letter = await letters.next()
    assert (letter.to, letter.subject) == ("ada@example.com", "A new way to sign in")
    await sign_in(accounts, provider, email="ada@example.com")
    assert len(letters.sent) == 1  # it is no news any more


async def test_discovery_and_keys_are_read_once(accounts: Running, provider: LocalProvider):
    for _ in range(3):
        await sign_in(accounts, provider, email="ada@example.com")
    assert provider.requests["/.well-known/openid-configuration"] == 1
    assert provider.requests["/keys"] == 1
    provider.keys.insert(0, SigningKey("p2"))
    assert (await sign_in(accounts, provider, email="ada@example.com")).startswith("sign_in_code")
    assert provider.requests["/keys"] == 2


async def test_the_cookie_is_for_these_requests_only(accounts: Running, provider: LocalProvider):
    browser = Browser(accounts)
    response = await browser.get("corp", return_to=PAGE, challenge=CHALLENGE.decode())
    [cookie] = [value for name, value in response.headers if name == "set-cookie"]
    parts = set(cookie.split("; ")[1:])
    assert parts == {"Path=/web/accounts/sign-in", "Max-Age=600", "HttpOnly", "SameSite=Lax"}
    url = dict(response.headers)["location"]
    given = parse_qs(urlsplit(url).query)
    secrets = [given["nonce"][0], given["state"][0]]
    assert all(secret not in cookie for secret in secrets)


async def test_the_cookie_comes_back_below_the_path_of_a_proxy(
    accounts_folder: DataSettings, tmp_path: Path, provider: LocalProvider
):
    settings = AccountSettings(public_url="https://example.com/shop/")
    folder = copy_of_folder(accounts_folder, tmp_path)
    async with serving(folder, provider, settings) as accounts:
        response = await Browser(accounts).get("corp", return_to=PAGE, challenge=CHALLENGE.decode())
    headers = dict(response.headers)
    [redirect_uri] = parse_qs(urlsplit(headers["location"]).query)["redirect_uri"]
    assert redirect_uri == "https://example.com/shop/web/accounts/sign-in/corp/callback"
    assert {"Path=/shop/web/accounts/sign-in", "Secure"} <= set(headers["set-cookie"].split("; "))


# -- whose account ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "person",
    [
        pytest.param({"email": "ada@example.com", "email_verified": False}, id="not verified"),
        pytest.param({"email": "ada@example.com", "email_verified": "true"}, id="said to be"),
        pytest.param({"email": "ada@example.com", "email_verified": None}, id="nothing said"),
        pytest.param({}, id="no address"),
        pytest.param({"email": "no address"}, id="no such address"),
        pytest.param({"email": ["ada@example.com"]}, id="a list of addresses"),
    ],
)
async def test_without_a_verified_address_nobody_is_linked(
    accounts: Running, provider: LocalProvider, person: dict[str, Any]
):
    fragment = await sign_in(accounts, provider, **person)
    assert fragment == "sign_in_error=unverified_address"
    assert await identities(accounts) == []


async def test_whoever_registered_an_address_first_gains_nothing(
    accounts: Running, provider: LocalProvider
):
    register = "mutation($i: RegisterInput!) { register(input: $i) { user { id } } }"
    wish = {"email": "victim@example.org", "password": "known to somebody", "acceptedTerms": True}
    await accounts.ask(register, i=wish)
    fragment = await sign_in(accounts, provider, email="victim@example.org")
    assert fragment == "sign_in_error=address_not_confirmed"
    assert await identities(accounts) == []


async def test_a_closed_account_stays_closed(accounts: Running, provider: LocalProvider):
    await sign_in(accounts, provider, email="ada@example.com")
    async with accounts.context().storage.begin() as uow:
        await uow.session.execute(text("update users set is_active = false"))
    assert await sign_in(accounts, provider, email="ada@example.com") == "sign_in_error=failed"
    other = await sign_in(accounts, provider, sub="person-2", email="grace@example.com")
    assert other == "sign_in_error=failed"


async def test_a_forgotten_person_leaves_no_link(accounts: Running, provider: LocalProvider):
    tokens = await exchange(
        accounts, code_in(await sign_in(accounts, provider, email="new@example.org"))
    )
    who = await identity(accounts, tokens["accessToken"])
    left = code_in(await sign_in(accounts, provider, email="new@example.org"))
    delete = "mutation($i: ID!) { deleteUser(id: $i) { deletedUserId } }"
    await accounts.ask(delete, who, i=str(who.id))
    assert await identities(accounts) == []
    assert await refused(accounts, left) == "INVALID_CREDENTIALS"


async def test_two_browsers_of_a_new_person_make_one_account(
    accounts_anywhere: Running, provider: LocalProvider
):
    browsers = [Browser(accounts_anywhere) for _ in range(3)]
    backs = [provider.authorize(await one.begin(), email="new@example.org") for one in browsers]
    pairs = zip(browsers, backs, strict=True)
    ends = await asyncio.gather(*(browser.finish(**back) for browser, back in pairs))
    assert any(end.startswith("sign_in_code=") for end in ends)
    assert {end.partition("=")[0] for end in ends} <= {"sign_in_code", "sign_in_error"}
    assert await identities(accounts_anywhere) == [("person-1", "new")]


# -- the code for tokens ---------------------------------------------------------------------------


async def test_the_code_is_good_once_and_for_its_page_only(
    accounts: Running, provider: LocalProvider
):
    code = code_in(await sign_in(accounts, provider, email="ada@example.com"))
    assert await refused(accounts, code, verifier="w" * 43) == "INVALID_CREDENTIALS"
    assert await refused(accounts, "made up") == "INVALID_CREDENTIALS"
    tokens = await exchange(accounts, code, profile="LEARN")
    assert tokens["expiresIn"] == 900
    assert await refused(accounts, code) == "INVALID_CREDENTIALS"


async def test_many_exchanges_at_once_open_one_session(
    accounts_anywhere: Running, provider: LocalProvider
):
    code = code_in(await sign_in(accounts_anywhere, provider, email="ada@example.com"))
    wish = {"code": code, "verifier": VERIFIER}
    answers = await asyncio.gather(*(accounts_anywhere.answer(SIGN_IN, i=wish) for _ in range(5)))
    assert sum(not answer.errors for answer in answers) == 1


async def test_a_code_expires(accounts: Running, provider: LocalProvider):
    code = code_in(await sign_in(accounts, provider, email="ada@example.com"))
    async with accounts.context().storage.begin() as uow:
        await uow.session.execute(text("update sign_in_codes set expires_at = '2020-01-01'"))
    assert await refused(accounts, code) == "INVALID_CREDENTIALS"


async def test_a_second_factor_counts_here_too(accounts: Running, provider: LocalProvider):
    device, _ = await enabled(accounts)
    code = code_in(await sign_in(accounts, provider, email="ada@example.com"))
    assert await refused(accounts, code) == "MFA_REQUIRED"
    assert await refused(accounts, code, mfaCode="000000") == "INVALID_CREDENTIALS"
    tokens = await exchange(accounts, code, mfaCode=device.code())
    assert tokens["user"]["username"] == "ada"
