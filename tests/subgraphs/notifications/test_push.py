"""Push messages: what arrives at a push service, and what becomes of it there."""

import asyncio
import ipaddress
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from sqlmodel import select

from tests.subgraphs.notifications.browser import Browser, base64url, from_base64url
from tests.subgraphs.notifications.receiver import Received, receiving, status
from tests.subgraphs.notifications.telling import (
    Telling,
    issue_assigned,
    task_assigned,
    user,
    waiting,
)
from tests.subgraphs.notifications.test_preferences import contact
from tests.support.subgraphs import caller
from trellis.db.models import utc_now
from trellis.db.settings import DataSettings
from trellis.subgraphs.notifications.addresses import Reachable
from trellis.subgraphs.notifications.models import PushKey, PushSubscription
from trellis.subgraphs.notifications.outbound import Outbound
from trellis.subgraphs.notifications.push.sending import push_messages
from trellis.subgraphs.notifications.settings import NoticeSettings
from trellis.subgraphs.notifications.use_cases.push import MOST_BROWSERS

REGISTER = """mutation($i: RegisterPushSubscriptionInput!) { registerPushSubscription(input: $i) {
  pushSubscription { id label } } }"""
REMOVE = """mutation($id: ID!) { removePushSubscription(id: $id) {
  removedPushSubscriptionId } }"""
BROWSERS = "{ pushPublicKey pushSubscriptions { id label lastUsedAt } }"
HERE = Outbound(Reachable((ipaddress.ip_network("127.0.0.0/8"),)))
SETTINGS = NoticeSettings(public_url="https://trellis.example")
Answer = Callable[[Received], bytes | None]


@pytest.fixture
def data_settings(tmp_path: Path) -> DataSettings:
    """Messages are the same whatever the database; the queue is tested on both."""
    return DataSettings(data_dir=tmp_path)


@pytest.fixture(autouse=True)
def loopback_may_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRELLIS_OUTBOUND_NETWORKS", "127.0.0.0/8")


def taken(_request: Received) -> bytes:
    return status(201)


async def register(
    notices: Telling, browser: Browser, url: str, who: str = "edsger", **more: Any
) -> str:
    given = {**browser.subscription(url), **more}
    found = await notices.subgraph.ask(REGISTER, caller(who), i=given)
    return found["registerPushSubscription"]["pushSubscription"]["id"]


async def wants_push(notices: Telling, who: str = "edsger") -> None:
    await notices.happens(contact(who, version=7, by_push=True, by_email=False))


async def push(notices: Telling, now: datetime | None = None) -> int:
    return await push_messages(notices.storage, HERE, SETTINGS, now)


async def test_the_browser_alone_can_read_what_arrives(notices: Telling):
    browser, other = Browser(), Browser()
    await wants_push(notices)
    async with receiving(taken) as service:
        await register(notices, browser, service.url)
        await notices.happens(issue_assigned("edsger"), by="ada")
        now = utc_now()
        assert await push(notices, now) == 1
        assert await push(notices, now) == 0

    mine = await notices.subgraph.ask(BROWSERS, caller("edsger"))
    used = mine["pushSubscriptions"][0]["lastUsedAt"]
    assert datetime.fromisoformat(used) == now
    [request] = service.requests
    [told] = await notices.new_for("edsger")
    assert browser.read(request.body) == {
        "id": told["id"],
        "type": "issue_assigned",
        "title": "Issue assigned to you",
        "body": "ENG-8 has been assigned to you",
        "data": told["data"],
    }
    assert b"ENG-8" not in request.body
    with pytest.raises(InvalidTag):
        other.read(request.body)
    assert request.line == "POST /hook HTTP/1.1"
    assert request.headers["content-encoding"] == "aes128gcm"
    assert int(request.headers["ttl"]) > 0
    assert len(request.headers["topic"]) <= 32


async def test_the_push_service_knows_us_by_a_token_that_only_we_can_sign(notices: Telling):
    await wants_push(notices)
    async with receiving(taken) as service:
        await register(notices, Browser(), service.url)
        await notices.happens(issue_assigned("edsger"), by="ada")
        await push(notices)
    [request] = service.requests
    told = (await notices.subgraph.ask(BROWSERS, caller("edsger")))["pushPublicKey"]

    scheme, _, parts = request.headers["authorization"].partition(" ")
    given = dict(part.strip().split("=", 1) for part in parts.split(","))
    assert (scheme, given["k"]) == ("vapid", told)
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), from_base64url(told))
    claims = jwt.decode(
        given["t"], key, algorithms=["ES256"], audience=service.url.removesuffix("/hook")
    )
    assert claims["sub"] == "https://trellis.example"
    assert time.time() < claims["exp"] <= time.time() + 86_400


async def test_there_is_one_key_pair_and_it_is_sealed(notices: Telling):
    asked = (notices.subgraph.ask(BROWSERS, caller("alan")) for _ in range(20))
    told = {answer["pushPublicKey"] for answer in await asyncio.gather(*asked)}

    async with notices.storage.read() as session:
        [row] = list(await session.scalars(select(PushKey)))
    assert told == {row.public_key}
    assert row.sealed.startswith(b"sealed:")


async def test_what_is_kept_of_a_browser_is_sealed_and_told_to_nobody(notices: Telling):
    browser = Browser()
    given = browser.subscription("https://push.example/secret-path")
    await register(notices, browser, given["endpoint"], label="Laptop")

    async with notices.storage.read() as session:
        [row] = list(await session.scalars(select(PushSubscription)))
    kept = str(row.model_dump())
    assert not any(secret in kept for secret in ("secret-path", given["p256dh"], given["auth"]))
    mine = await notices.subgraph.ask(BROWSERS, caller("edsger"))
    assert mine["pushSubscriptions"] == [{"id": str(row.id), "label": "Laptop", "lastUsedAt": None}]
    others = await notices.subgraph.ask(BROWSERS, caller("ada"))
    assert others["pushSubscriptions"] == []
    refused = await notices.subgraph.refusal(REMOVE, caller("ada"), id=str(row.id))
    assert refused["code"] == "NOT_FOUND"


async def test_a_browser_takes_the_messages_of_whom_it_was_registered_for_last(notices: Telling):
    browser = Browser()
    for who in ("edsger", "grace"):
        await wants_push(notices, who)
    async with receiving(taken) as service:
        first = await register(notices, browser, service.url)
        assert await register(notices, browser, service.url, label="again") == first
        await notices.happens(issue_assigned("edsger", 3), by="ada")
        second = await register(notices, browser, service.url, who="grace")
        await notices.happens(issue_assigned("edsger", 2), by="ada")
        await notices.happens(task_assigned("grace", by="ada"), by="ada")
        assert await push(notices) == 1

    assert second != first
    [request] = service.requests
    assert browser.read(request.body)["type"] == "task_assigned"


async def test_a_removed_browser_gets_nothing(notices: Telling):
    await wants_push(notices)
    async with receiving(taken) as service:
        id = await register(notices, Browser(), service.url)
        await notices.happens(issue_assigned("edsger"), by="ada")
        answer = await notices.subgraph.ask(REMOVE, caller("edsger"), id=id)
        assert answer == {"removePushSubscription": {"removedPushSubscriptionId": id}}
        assert await push(notices) == 0
    assert service.requests == []
    assert await waiting(notices) == []


async def test_a_browser_that_is_gone_is_forgotten(notices: Telling):
    await wants_push(notices)
    for code in (404, 410):
        async with receiving(lambda _request, code=code: status(code)) as service:
            await register(notices, Browser(), service.url)
            await notices.happens(issue_assigned("edsger"), by="ada")
            assert await push(notices) == 0
        mine = await notices.subgraph.ask(BROWSERS, caller("edsger"))
        assert mine["pushSubscriptions"] == []
        assert await waiting(notices) == []


async def test_a_browser_of_a_lost_secret_key_keeps_nobody_from_theirs(notices: Telling):
    await wants_push(notices)
    async with receiving(lambda _request: status(201)) as service:
        for place in ("one", "two"):
            await register(notices, Browser(), f"{service.url}/{place}")
        storage = notices.subgraph.context().storage
        async with storage.begin() as uow:
            lost = (await uow.session.scalars(select(PushSubscription).limit(1))).one()
            lost.sealed = lost.sealed[:-1] + bytes([lost.sealed[-1] ^ 1])
        await notices.happens(issue_assigned("edsger"), by="ada")
        assert await push(notices) == 1
        assert await waiting(notices) == []


@pytest.mark.parametrize(
    ("answer", "tries"), [(status(503), 2), (status(429), 2), (status(413), 1), (None, 2)]
)
async def test_a_service_that_is_away_gets_it_later(
    notices: Telling, answer: bytes | None, tries: int
):
    """What it refuses for good is not sent again; None: nobody is there at all."""
    await wants_push(notices)
    async with receiving(lambda _request: answer or status(500)) as service:
        await register(notices, Browser(), service.url)
        await notices.happens(issue_assigned("edsger"), by="ada")
        now = utc_now()
        assert await push(notices, now) == 0
        assert await push(notices, now) == 0
        service.answer = taken
        assert await push(notices, now + timedelta(minutes=2)) == tries - 1
    assert len(service.requests) == tries
    assert len({request.headers["topic"] for request in service.requests}) == 1
    assert await waiting(notices) == []


async def test_a_burst_is_one_message(notices: Telling):
    browser = Browser()
    await wants_push(notices)
    async with receiving(taken) as service:
        await register(notices, browser, service.url)
        for number in range(1, 8):
            await notices.happens(issue_assigned("edsger", number), by="ada")
        await push(notices)
    [request] = service.requests
    told = browser.read(request.body)
    assert (told["type"], told["count"], told["title"]) == ("digest", 7, "7 new notifications")


async def test_nobody_is_pushed_to_who_has_not_switched_it_on(notices: Telling):
    async with receiving(taken) as service:
        await register(notices, Browser(), service.url)
        await notices.happens(issue_assigned("edsger"), by="ada")
        assert await push(notices) == 0
        await wants_push(notices)
        await notices.happens(issue_assigned("edsger", 2), by="ada")
        await notices.happens(contact("edsger", version=8))
        assert await push(notices) == 0
    assert service.requests == []


async def test_what_may_not_be_reached_is_not_registered_or_sent_to(
    notices: Telling, monkeypatch: pytest.MonkeyPatch
):
    await wants_push(notices)
    async with receiving(taken) as service:
        await register(notices, Browser(), service.url)
        await notices.happens(issue_assigned("edsger"), by="ada")
        assert await push_messages(notices.storage, Outbound(Reachable()), SETTINGS) == 0
    assert service.connections == 0
    assert await waiting(notices) == []

    monkeypatch.delenv("TRELLIS_OUTBOUND_NETWORKS")
    good = Browser().subscription("https://push.example/x")
    wrong = [
        {**good, "endpoint": endpoint}
        for endpoint in ("http://push.example/x", "https://10.0.0.1/x", "https://localhost/", "x")
    ]
    point = from_base64url(good["p256dh"])
    wrong += [{**good, "p256dh": key} for key in ("", "#", base64url(point[:-1]), good["auth"])]
    wrong += [{**good, "p256dh": base64url(point[:-1] + bytes([point[-1] ^ 1]))}]
    wrong += [{**good, "auth": key} for key in ("", "#", base64url(b"short"))]
    for given in wrong:
        refused = await notices.subgraph.refusal(REGISTER, caller("alan"), i=given)
        assert refused["code"] == "BAD_USER_INPUT", given


async def test_there_are_so_many_browsers_and_no_more_even_at_once(notices: Telling):
    browsers = [Browser().subscription(f"https://push.example/{n}") for n in range(15)]
    answers = await asyncio.gather(
        *(notices.subgraph.answer(REGISTER, caller("alan"), i=one) for one in browsers)
    )
    refused = [answer.errors[0].extensions["code"] for answer in answers if answer.errors]
    assert refused == ["CONFLICT"] * (15 - MOST_BROWSERS)
    async with notices.storage.read() as session:
        kept = await session.scalars(
            select(PushSubscription).where(PushSubscription.user_id == user("alan"))
        )
        assert len(list(kept)) == MOST_BROWSERS
