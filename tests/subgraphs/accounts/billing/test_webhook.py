"""Subscriptions follow what Stripe reports, and nothing that anybody else does."""

import asyncio
import itertools
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import text
from stripe import WebhookSignature

from tests.subgraphs.accounts.cheap_passwords import cheap_passwords
from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.accounts.signing_in import identity, log_in
from tests.support.subgraphs import Running, running
from tests.support.templates import copy_of_database, copy_of_folder
from trellis.db.bus import EventBus
from trellis.db.seed.world import demo_id
from trellis.db.settings import DataSettings
from trellis.schema.errors import BadRequest, NotFound
from trellis.schema.subgraph import Subgraph
from trellis.schema.tiers import Tier
from trellis.schema.web_routes import WebRequest, WebResponse
from trellis.subgraphs.accounts.billing.settings import BillingSettings
from trellis.subgraphs.accounts.graph import make_subgraph
from trellis.subgraphs.accounts.models import Organization, User

SECRET, OLD_SECRET = "whsec_new", "whsec_old"
PRICES = {"price_pro": Tier.PRO, "basic_monthly": Tier.BASIC}
SETTINGS = BillingSettings((SECRET, OLD_SECRET), PRICES)
ALAN, GRACE = str(demo_id("user", "alan")), str(demo_id("user", "grace"))
ANALYTICAL = str(demo_id("organization", "analytical.example.com"))
NOW = int(time.time())
PERIOD_END = NOW + 20 * 86_400


@asynccontextmanager
async def serving(
    settings: DataSettings, billing: BillingSettings = SETTINGS
) -> AsyncIterator[Running]:
    def make(settings: DataSettings, bus: EventBus) -> Subgraph:
        return make_subgraph(
            settings,
            bus,
            mailer=Letters(),
            passwords=cheap_passwords(),
            billing_settings=billing,
        )

    async with running(make, settings, fresh=False) as accounts:
        yield accounts


@pytest.fixture
async def accounts(accounts_folder: DataSettings, tmp_path: Path) -> AsyncIterator[Running]:
    async with serving(copy_of_folder(accounts_folder, tmp_path)) as subgraph:
        yield subgraph


def subscription(**changes: Any) -> dict[str, Any]:
    return {
        "id": "sub_1",
        "object": "subscription",
        "status": "active",
        "metadata": {"user_id": ALAN},
        "cancel_at_period_end": False,
        "items": {"data": [{"price": {"id": "price_pro"}, "current_period_end": PERIOD_END}]},
        **changes,
    }


_NUMBERS = itertools.count(1)


def event(kind: str = "updated", at: int = NOW, **changes: Any) -> dict[str, Any]:
    given = {name: changes.pop(name) for name in ("id", "livemode", "account") if name in changes}
    return {
        "id": f"evt_{next(_NUMBERS)}",
        "object": "event",
        "type": f"customer.subscription.{kind}",
        "created": at,
        "livemode": False,
        "data": {"object": subscription(**changes)},
        **given,
    }


def ended(at: int = NOW, **changes: Any) -> dict[str, Any]:
    return event("deleted", at, status="canceled", ended_at=at, **changes)


def signed(body: bytes, secret: str = SECRET, at: int | None = None) -> WebRequest:
    header = WebhookSignature.generate_signature_header(body.decode(), secret, at)
    return WebRequest("POST", "stripe", headers={"stripe-signature": header}, body=body)


async def send(accounts: Running, request: WebRequest) -> WebResponse:
    assert accounts.subgraph.answer_web is not None
    return await accounts.subgraph.answer_web(request)


async def report(accounts: Running, reported: dict[str, Any]) -> str:
    response = await send(accounts, signed(orjson.dumps(reported)))
    assert response.status == 200
    return orjson.loads(response.body)["outcome"]


Held = tuple[str, str, int | None]


async def held(accounts: Running, table: type[User | Organization] = User, id: str = ALAN) -> Held:
    """Tier, status and end of what a person or an organization has."""
    async with accounts.context().storage.read() as session:
        row = await session.get(table, UUID(id))
        assert row is not None
        ends = row.subscription_expires_at
        return (
            row.tier.value,
            row.subscription_status.value,
            int(ends.timestamp()) if ends else None,
        )


async def changes(accounts: Running) -> list[Any]:
    found = await accounts.bus.read_after("accounts", "0", 1_000)
    return [one for one in found if one.topic == "subscription.changed"]


GRACE_SECONDS = 3 * 86_400
FREE = ("free", "active", None)
PRO = ("pro", "active", PERIOD_END + GRACE_SECONDS)


# -- what changes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reported", "outcome"),
    [
        pytest.param(event(), PRO, id="active"),
        pytest.param(event(status="trialing"), PRO, id="trialing"),
        pytest.param(event(status="past_due"), ("pro", "past_due", PRO[2]), id="past due"),
        pytest.param(
            event(cancel_at_period_end=True),
            ("pro", "cancelled", PERIOD_END),
            id="cancelled for the end",
        ),
        pytest.param(
            event(cancel_at=PERIOD_END - 9),
            ("pro", "cancelled", PERIOD_END - 9),
            id="cancelled for a day",
        ),
        pytest.param(event(status="unpaid"), ("pro", "expired", NOW), id="unpaid"),
        pytest.param(ended(), ("pro", "cancelled", NOW), id="over"),
        pytest.param(
            event(
                status="canceled",
                ended_at=NOW - 5,
                items={"data": [{"price": {"id": "price_pro"}}]},
            ),
            ("pro", "cancelled", NOW - 5),
            id="over, before the event that says so",
        ),
        pytest.param(event(status="incomplete"), FREE, id="not paid yet"),
        pytest.param(
            event(
                items={"data": [{"price": {"id": "p", "lookup_key": "basic_monthly"}}]},
                current_period_end=PERIOD_END,
            ),
            ("basic", "active", PRO[2]),
            id="by lookup key, in an older form",
        ),
    ],
)
async def test_a_subscription_follows_its_state_at_stripe(
    accounts: Running, reported: dict[str, Any], outcome: tuple[Any, ...]
):
    await report(accounts, reported)
    assert await held(accounts) == outcome


async def test_a_change_ends_older_tokens_and_is_audited(accounts: Running):
    token = (await log_in(accounts, "alan"))["accessToken"]
    alan = await identity(accounts, token)
    assert await report(accounts, event()) == "applied"
    [change] = await changes(accounts)
    assert (change.payload["user_id"], change.payload["tier"]) == (ALAN, "pro")
    assert accounts.subgraph.is_revoked is not None
    assert await accounts.subgraph.is_revoked(alan)
    async with accounts.context().storage.read() as session:
        rows = await session.execute(
            text("select action, origin from audit_log where target = :t"), {"t": ALAN}
        )
        assert ("subscription.changed", "Stripe") in [tuple(row) for row in rows]


async def test_an_organization_shares_its_subscription(accounts: Running):
    reported = event(metadata={"organization_id": ANALYTICAL}, cancel_at_period_end=True)
    assert await report(accounts, reported) == "applied"
    [change] = await changes(accounts)
    assert change.payload["organization_id"] == ANALYTICAL
    assert await held(accounts, Organization, ANALYTICAL) == ("pro", "cancelled", PERIOD_END)


# -- what changes nothing --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reported",
    [
        pytest.param({**event(), "type": "invoice.paid"}, id="another kind"),
        pytest.param(event(livemode=True), id="the other mode"),
        pytest.param(event(account="acct_1"), id="a connected account"),
        pytest.param(event(metadata={}), id="no owner"),
        pytest.param(event(metadata={"user_id": "cus_1"}), id="an owner of others"),
        pytest.param(
            event(metadata={"user_id": ALAN, "organization_id": ANALYTICAL}), id="two owners"
        ),
        pytest.param(event(metadata={"user_id": str(demo_id("user", "nobody"))}), id="nobody"),
        pytest.param(event(items={"data": [{"price": {"id": "price_mug"}}]}), id="another product"),
    ],
)
async def test_events_of_others_are_ignored(accounts: Running, reported: dict[str, Any]):
    assert await report(accounts, reported) == "ignored"
    assert (await held(accounts), await changes(accounts)) == (FREE, [])


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(WebRequest("POST", "stripe", body=b"{}"), id="unsigned"),
        pytest.param(signed(orjson.dumps(event()), "whsec_other"), id="another secret"),
        pytest.param(signed(orjson.dumps(event()), SECRET, NOW - 301), id="late"),
        pytest.param(
            WebRequest("POST", "stripe", "", signed(b"{}").headers, orjson.dumps(event())),
            id="the signature of another body",
        ),
        pytest.param(
            WebRequest("POST", "stripe", "", {"stripe-signature": "t=x,v1="}, b"{}"), id="garbage"
        ),
        pytest.param(
            WebRequest("POST", "stripe", "", {"stripe-signature": "t=1,v1=\xff"}, b"{}"),
            id="beyond ASCII",
        ),
        pytest.param(
            WebRequest("POST", "stripe", "", {"stripe-signature": "t=1,v1=a"}, b"\xff"),
            id="no text",
        ),
    ],
)
async def test_who_is_not_stripe_is_refused(accounts: Running, request_: WebRequest):
    with pytest.raises(BadRequest):
        await send(accounts, request_)
    assert await changes(accounts) == []


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"{}",
        orjson.dumps({**event(), "data": {}}),
        orjson.dumps({**event(), "created": "soon"}),
        orjson.dumps({**event(), "created": 10**15}),
        orjson.dumps(event(items=None)),
    ],
    ids=["half", "a list", "empty", "no subscription", "no time", "no such time", "no items"],
)
async def test_what_is_no_event_is_refused(accounts: Running, body: bytes):
    with pytest.raises(BadRequest):
        await send(accounts, signed(body))


async def test_without_a_secret_there_is_no_such_address(
    accounts_folder: DataSettings, tmp_path: Path
):
    settings = copy_of_folder(accounts_folder, tmp_path)
    async with serving(settings, BillingSettings()) as accounts:
        with pytest.raises(NotFound):
            await send(accounts, signed(orjson.dumps(event()), ""))


async def test_a_secret_that_is_being_replaced_is_good(accounts: Running):
    response = await send(accounts, signed(orjson.dumps(event()), OLD_SECRET))
    assert orjson.loads(response.body) == {"outcome": "applied"}


# -- again, late, in another order -----------------------------------------------------------------


async def test_an_event_counts_once(accounts: Running):
    reported = event()
    assert [await report(accounts, reported) for _ in range(3)] == ["applied", "known", "known"]
    assert len(await changes(accounts)) == 1


async def test_an_older_event_does_not_undo_a_newer_one(accounts: Running):
    await report(accounts, event(at=NOW))
    assert await report(accounts, event(at=NOW - 1, status="past_due")) == "known"
    assert await held(accounts) == PRO
    await report(accounts, ended(NOW + 1))
    assert await report(accounts, event(at=NOW + 2)) == "known"  # nothing follows an end
    assert (await held(accounts))[1] == "cancelled"


async def test_the_end_of_one_subscription_leaves_the_other(accounts: Running):
    basic = {"data": [{"price": {"id": "basic_monthly"}, "current_period_end": PERIOD_END}]}
    await report(accounts, event(at=NOW - 9, items=basic))
    second = event(at=NOW - 5)
    second["data"]["object"]["id"] = "sub_2"
    await report(accounts, second)
    assert await held(accounts) == PRO
    await report(accounts, ended(NOW - 1, items=basic))
    assert await held(accounts) == PRO


async def test_a_subscription_keeps_its_owner(accounts: Running):
    before = await held(accounts, id=GRACE)
    await report(accounts, event())
    reported = event(at=NOW + 1, metadata={"user_id": GRACE})
    assert await report(accounts, reported) == "ignored"
    assert await held(accounts, id=GRACE) == before


async def test_any_order_has_the_same_end(accounts_folder: DataSettings, tmp_path: Path):
    """Three subscriptions with a history each, delivered in any order, some of it twice."""
    chance = random.Random(5)
    orders: list[tuple[Any, ...]] = []
    for round in range(4):
        settings = copy_of_folder(accounts_folder, tmp_path / str(round))
        async with serving(settings) as accounts:
            histories = _histories()
            reported = [*histories, *chance.sample(histories, 4)]
            chance.shuffle(reported)
            for one in reported:
                await report(accounts, one)
            orders.append(await held(accounts))
    assert set(orders) == {("pro", "past_due", PRO[2])}


def _histories() -> list[dict[str, Any]]:
    basic = {"data": [{"price": {"id": "basic_monthly"}, "current_period_end": PERIOD_END}]}
    steps: list[tuple[str, Callable[[int], dict[str, Any]]]] = [
        ("sub_1", lambda at: event("created", at)),
        ("sub_1", lambda at: event(at=at, status="past_due")),
        ("sub_2", lambda at: event("created", at, items=basic)),
        ("sub_2", lambda at: event(at=at, items=basic, cancel_at_period_end=True)),
        ("sub_3", lambda at: event("created", at)),
        ("sub_3", lambda at: event(at=at)),
        ("sub_3", ended),
    ]
    found = []
    for number, (name, make) in enumerate(steps):
        one = make(NOW - 9 + number // 2)  # two of a subscription may share a second
        one["data"]["object"]["id"] = name
        found.append(one)
    return found


async def test_deliveries_at_the_same_time_count_once(
    template: DataSettings, data_settings: DataSettings
):
    if data_settings.database_url is None:
        settings = copy_of_folder(template, data_settings.data_dir)
    else:
        settings = await copy_of_database(template, data_settings.database_url)
    async with serving(settings) as accounts:
        reported = [event(at=NOW - n, status="active" if n % 2 else "past_due") for n in range(4)]
        outcomes = await asyncio.gather(*(report(accounts, one) for one in [*reported, *reported]))
        assert outcomes.count("applied") <= 4
        assert await held(accounts) == ("pro", "past_due", PRO[2])


# -- settings --------------------------------------------------------------------------------------


def test_settings_are_read_from_the_environment():
    settings = BillingSettings.from_environment(
        {
            "TRELLIS_BILLING_WEBHOOK_SECRET": "whsec_1, whsec_2",
            "TRELLIS_BILLING_PRICES": "price_1=pro, a=b=basic,",
            "TRELLIS_BILLING_LIVE": "true",
        }
    )
    prices = {"price_1": Tier.PRO, "a=b": Tier.BASIC}
    assert settings == BillingSettings(("whsec_1", "whsec_2"), prices, True)
    assert "whsec" not in repr(settings)
    assert BillingSettings.from_environment({}) == BillingSettings()


@pytest.mark.parametrize(
    ("name", "value"), [("PRICES", "price_1"), ("PRICES", "p=gold"), ("LIVE", "yes")]
)
def test_settings_that_make_no_sense_are_refused(name: str, value: str):
    with pytest.raises(ValueError, match=f"TRELLIS_BILLING_{name}"):
        BillingSettings.from_environment({f"TRELLIS_BILLING_{name}": value})
