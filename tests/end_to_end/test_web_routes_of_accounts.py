"""Sign-in with a provider and Stripe's webhook through a real server that logs all it can: they
work, and no secret of them is in its log or its files."""

import asyncio
import base64
import hashlib
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from urllib.parse import unquote

import httpx
import orjson
import pytest
from stripe import WebhookSignature

from tests.end_to_end.test_secrets import contents
from tests.support.provider import CLIENT_ID, CLIENT_SECRET, LocalProvider, local_provider
from tests.support.trellis_server import TrellisServer
from trellis.db.seed.world import demo_id

PAGE = "https://app.example/signed-in"
VERIFIER = "verifier-of-the-page-verifier-of-the-page-1"
DIGEST = hashlib.sha256(VERIFIER.encode()).digest()
CHALLENGE = base64.urlsafe_b64encode(DIGEST).rstrip(b"=").decode()
BILLING_SECRET = "whsec_billing_secret"
SIGN_IN = (
    "mutation($i: SignInWithCodeInput!) { signInWithCode(input: $i) "
    "{ accessToken refreshToken user { email } } }"
)


@pytest.fixture
async def provider() -> AsyncIterator[LocalProvider]:
    async with local_provider() as provider:
        yield provider


@pytest.fixture
async def server(provider: LocalProvider, tmp_path: Path) -> AsyncIterator[TrellisServer]:
    start = "TRELLIS_SIGN_IN_CORP"
    server = TrellisServer(
        tmp_path,
        {
            "TRELLIS_LOG_LEVEL": "debug",
            "TRELLIS_SIGN_IN_PROVIDERS": "corp",
            f"{start}_ISSUER": provider.issuer,
            f"{start}_CLIENT_ID": CLIENT_ID,
            f"{start}_CLIENT_SECRET": CLIENT_SECRET,
            "TRELLIS_SIGN_IN_RETURN_URLS": PAGE,
            "TRELLIS_BILLING_WEBHOOK_SECRET": BILLING_SECRET,
            "TRELLIS_BILLING_PRICES": "price_pro=pro",
            "TRELLIS_LOGS__REQUESTS": "true",
        },
    )
    try:
        await asyncio.to_thread(server.start)
        yield server
    finally:
        server.close()


async def test_both_work_and_tell_no_secret(server: TrellisServer, provider: LocalProvider):
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as browser:
        secrets = await sign_in(browser, server, provider)
        await pay(browser, server, secrets["access token"])
        secrets["signature"] = await lie(browser)
    running = contents(server.data_dir)
    assert server.stop() == 0
    for content in (*running.values(), server.log().encode()):
        assert [name for name, secret in secrets.items() if secret.encode() in content] == []


async def sign_in(
    browser: httpx.AsyncClient, server: TrellisServer, provider: LocalProvider
) -> dict[str, str]:
    """By way of the provider; the secrets of it by name."""
    at = "/web/accounts/sign-in/corp"
    sent = await browser.get(at, params={"return_to": PAGE, "challenge": CHALLENGE})
    assert sent.status_code == 303, sent.text
    back = provider.authorize(sent.headers["location"], email="alan@example.com")
    cookie = sent.headers["set-cookie"].partition(";")[0].partition("=")[2]
    again = await browser.get(f"{at}/callback", params=back)
    page, _, fragment = again.headers["location"].partition("#sign_in_code=")
    assert page == PAGE, again.headers["location"]
    assert "trellis_sign_in=;" in again.headers["set-cookie"]
    code = unquote(fragment)
    wish = {"code": code, "verifier": VERIFIER}
    answer = await asyncio.to_thread(server.query, SIGN_IN, {"i": wish})
    tokens = answer["data"]["signInWithCode"]
    assert tokens["user"] == {"email": "alan@example.com"}
    return {
        **provider.seen,
        "client secret": CLIENT_SECRET,
        "billing secret": BILLING_SECRET,
        "cookie": cookie,
        "code": code,
        "verifier": VERIFIER,
        "access token": tokens["accessToken"],
        "refresh token": tokens["refreshToken"],
    }


def event(number: int) -> bytes:
    period_end = int(time.time()) + 86_400
    subscription = {
        "id": "sub_1",
        "status": "active",
        "metadata": {"user_id": str(demo_id("user", "alan"))},
        "cancel_at_period_end": True,
        "items": {"data": [{"price": {"id": "price_pro"}, "current_period_end": period_end}]},
    }
    return orjson.dumps(
        {
            "id": f"evt_{number}",
            "object": "event",
            "type": "customer.subscription.updated",
            "created": int(time.time()),
            "livemode": False,
            "data": {"object": subscription},
        }
    )


async def pay(client: httpx.AsyncClient, server: TrellisServer, token: str) -> None:
    """Alan subscribes; the token from before ends, and a new one has what he pays for."""
    response = await send(client, event(1), BILLING_SECRET)
    assert response.json() == {"outcome": "applied"}
    mine = "{ me { subscription { tier status } } }"
    for _ in range(100):
        if "errors" in await asyncio.to_thread(server.query, mine, {}, token):
            break
        await asyncio.sleep(0.1)
    renewed = await asyncio.to_thread(server.log_in, "alan@example.com")
    answer: Mapping[str, object] = await asyncio.to_thread(server.query, mine, {}, renewed)
    assert answer["data"] == {"me": {"subscription": {"tier": "PRO", "status": "CANCELLED"}}}


async def lie(client: httpx.AsyncClient) -> str:
    """What is signed with another secret is refused; its signature."""
    response = await send(client, event(2), "whsec_other")
    assert response.status_code == 400
    return response.request.headers["stripe-signature"].partition("v1=")[2]


async def send(client: httpx.AsyncClient, body: bytes, secret: str) -> httpx.Response:
    header = WebhookSignature.generate_signature_header(body.decode(), secret)
    headers = {"stripe-signature": header}
    return await client.post("/web/accounts/stripe", content=body, headers=headers)
