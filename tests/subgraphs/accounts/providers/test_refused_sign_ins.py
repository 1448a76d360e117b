"""Signing in with a provider: what else a browser may bring and a provider may send."""

import json
import time
from typing import Any

import jwt
import pytest

from tests.router.identity.tokens import SigningKey, raw_token
from tests.subgraphs.accounts.providers.browsing import PAGE, Browser, identities, sign_in
from tests.support.provider import CLIENT_ID, CLIENT_SECRET, LocalProvider
from tests.support.subgraphs import Running
from trellis.schema.errors import BadRequest, NotFound, Unavailable

# -- what else a browser may bring -----------------------------------------------------------------


async def test_who_says_no_comes_back_without_a_code(accounts: Running, provider: LocalProvider):
    browser = Browser(accounts)
    state = provider.authorize(await browser.begin())["state"]
    assert await browser.finish(state=state, error="access_denied") == "sign_in_error=denied"
    assert browser.cookie == "trellis_sign_in="


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"state": "another"}, id="another state"),
        pytest.param({"cookie": ""}, id="another browser"),
        pytest.param({"cookie": "trellis_sign_in=sealed:x:y"}, id="a cookie that is made up"),
        pytest.param({"cookie": 'trellis_sign_in={"provider":"corp"}'}, id="a cookie in clear"),
        pytest.param({"name": "mall"}, id="another provider"),
    ],
)
async def test_a_browser_that_was_not_sent_is_refused(
    accounts: Running, provider: LocalProvider, change: dict[str, str]
):
    browser = Browser(accounts)
    back = provider.authorize(await browser.begin(), email="ada@example.com")
    browser.cookie = change.get("cookie", browser.cookie)
    back["state"] = change.get("state", back["state"])
    with pytest.raises(BadRequest):
        await browser.finish(change.get("name", "corp"), **back)
    assert provider.requests.get("/token") is None


async def test_a_sign_in_that_has_taken_too_long_begins_anew(
    accounts: Running, provider: LocalProvider
):
    browser, vault = Browser(accounts), accounts.context().vault
    back = provider.authorize(await browser.begin(), email="ada@example.com")
    name, _, sealed = browser.cookie.partition("=")
    begun = json.loads(vault.open(sealed, "sign-in with a provider"))
    assert 590 < begun["expires_at"] - time.time() <= 600
    begun["expires_at"] -= 601
    browser.cookie = f"{name}={vault.seal(json.dumps(begun), 'sign-in with a provider')}"
    with pytest.raises(BadRequest):
        await browser.finish(**back)


async def test_a_code_of_the_provider_is_good_once(accounts: Running, provider: LocalProvider):
    browser = Browser(accounts)
    back = provider.authorize(await browser.begin(), email="ada@example.com")
    cookie = browser.cookie
    assert (await browser.finish(**back)).startswith("sign_in_code=")
    browser.cookie = cookie
    assert await browser.finish(**back) == "sign_in_error=failed"


async def test_the_code_of_another_sign_in_does_not_fit(accounts: Running, provider: LocalProvider):
    victim, attacker = Browser(accounts), Browser(accounts)
    stolen = provider.authorize(await victim.begin(), email="ada@example.com")
    own = provider.authorize(await attacker.begin(), email="ada@example.com")
    end = await attacker.finish(code=stolen["code"], state=own["state"])
    assert end == "sign_in_error=failed"


async def test_another_issuer_does_not_finish_it(accounts: Running, provider: LocalProvider):
    browser = Browser(accounts)
    back = provider.authorize(await browser.begin(), email="ada@example.com")
    assert await browser.finish(**back, iss="https://evil.example") == "sign_in_error=failed"


@pytest.mark.parametrize(
    ("path", "query", "error"),
    [
        ("corp", {"return_to": "https://evil.example/", "challenge": "c" * 43}, BadRequest),
        ("corp", {"return_to": PAGE + "/more", "challenge": "c" * 43}, BadRequest),
        ("corp", {"return_to": PAGE}, BadRequest),
        ("corp", {"return_to": PAGE, "challenge": "short"}, BadRequest),
        ("bank", {"return_to": PAGE, "challenge": "c" * 43}, NotFound),
        ("bank/callback", {"code": "1", "state": "1"}, NotFound),
        ("corp/elsewhere", {}, NotFound),
    ],
)
async def test_where_a_sign_in_may_not_begin(
    accounts: Running, path: str, query: dict[str, str], error: type[Exception]
):
    with pytest.raises(error):
        await Browser(accounts).get(path, **query)


# -- what a provider may send ----------------------------------------------------------------------

NOW = int(time.time())


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"iss": "https://evil.example"}, id="another issuer"),
        pytest.param({"aud": "another-client"}, id="for another client"),
        pytest.param({"aud": "another-client", "azp": CLIENT_ID}, id="for another, by us"),
        pytest.param({"aud": [CLIENT_ID, "b"], "azp": "b"}, id="for two, by the other"),
        pytest.param({"exp": NOW - 120}, id="expired"),
        pytest.param({"iat": NOW + 900}, id="of the future"),
        pytest.param({"nonce": "another"}, id="another nonce"),
        pytest.param({"nonce": None}, id="no nonce"),
        pytest.param({"at_hash": "wrong"}, id="of another access token"),
        pytest.param({"sub": None}, id="nobody"),
        pytest.param({"sub": 7}, id="a number"),
        pytest.param({"sub": "s" * 256}, id="a long subject"),
    ],
)
async def test_a_token_with_wrong_claims_signs_nobody_in(
    accounts: Running, provider: LocalProvider, claims: dict[str, Any]
):
    provider.claims = claims
    assert await sign_in(accounts, provider, email="ada@example.com") == "sign_in_error=failed"
    assert await identities(accounts) == []


async def test_a_token_that_is_not_signed_by_the_provider_signs_nobody_in(
    accounts: Running, provider: LocalProvider
):
    claims = {"iss": provider.issuer, "aud": CLIENT_ID, "sub": "x", "iat": NOW, "exp": NOW + 300}
    forged = [
        raw_token({"alg": "none"}, claims),
        raw_token({"alg": "none", "kid": "p1"}, claims),
        jwt.encode(claims, CLIENT_SECRET * 3, "HS256", {"kid": "p1"}),
        raw_token({"alg": "HS256", "kid": "p1"}, claims, b"x" * 32),
        SigningKey("p1").sign(claims),
        SigningKey("p9").sign(claims, jwk=SigningKey("p9").jwk),
        "no.token",
    ]
    for token in forged:
        provider.id_token = token
        assert await sign_in(accounts, provider, email="ada@example.com") == "sign_in_error=failed"
    assert await identities(accounts) == []


async def test_a_provider_that_is_down_is_said_to_be_away(
    accounts: Running, provider: LocalProvider
):
    provider.is_down = True
    with pytest.raises(Unavailable):
        await Browser(accounts).begin()
    provider.is_down = False
    browser = Browser(accounts)
    back = provider.authorize(await browser.begin(), email="ada@example.com")
    provider.is_down = True
    assert await browser.finish(**back) == "sign_in_error=failed"


async def test_a_description_of_another_issuer_is_not_believed(
    accounts: Running, provider: LocalProvider
):
    provider.metadata = {"issuer": "https://evil.example"}
    with pytest.raises(Unavailable):
        await Browser(accounts).begin()


async def test_many_refused_sign_ins_from_one_address_are_told_in_the_log(
    accounts: Running, provider: LocalProvider, caplog: pytest.LogCaptureFixture
):
    for _ in range(20):
        await sign_in(accounts, provider, email="ada@example.com", email_verified=False)
    [told] = [one for one in caplog.records if one.getMessage() == "security_alert"]
    assert told.alert["pattern"] == "guesses_from_one_address"  # type: ignore[attr-defined]
