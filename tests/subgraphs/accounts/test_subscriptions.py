"""What people and organizations pay for, and what it gives them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests.subgraphs.accounts.signing_in import claims, identity, log_in, refresh, topics
from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import demo_id
from trellis.subgraphs.accounts.graph.values import SubscriptionTerms
from trellis.subgraphs.accounts.models import Subscribed, SubscriptionStatus, Tier
from trellis.subgraphs.accounts.subscriptions import highest, in_force, status_of, tier_of

CHANGE = (
    "mutation($i: ChangeSubscriptionInput!) { changeSubscription(input: $i) { "
    "subscription { tier status expiresAt } user { username } organization { name } } }"
)
MINE = (
    "{ me { tier effectiveTier isPremium role permissions "
    + "subscription { tier status expiresAt } } }"
)
ALAN = str(demo_id("user", "alan"))
ANALYTICAL = str(demo_id("organization", "analytical.example.com"))
NOW = datetime(2026, 6, 1, tzinfo=UTC)
ENDED, COMING = NOW - timedelta(seconds=1), NOW + timedelta(seconds=1)
ACTIVE, PAST_DUE, CANCELLED, EXPIRED = SubscriptionStatus


@pytest.mark.parametrize(
    ("status", "expires_at", "shown", "gives"),
    [
        (ACTIVE, None, ACTIVE, Tier.PRO),
        (ACTIVE, COMING, ACTIVE, Tier.PRO),
        (ACTIVE, NOW, EXPIRED, Tier.FREE),
        (ACTIVE, ENDED, EXPIRED, Tier.FREE),
        (PAST_DUE, None, PAST_DUE, Tier.PRO),
        (CANCELLED, COMING, CANCELLED, Tier.PRO),
        (CANCELLED, None, CANCELLED, Tier.FREE),
        (CANCELLED, ENDED, EXPIRED, Tier.FREE),
        (EXPIRED, None, EXPIRED, Tier.FREE),
    ],
)
def test_what_a_subscription_gives_follows_from_status_and_time(
    status: SubscriptionStatus, expires_at: datetime | None, shown: SubscriptionStatus, gives: Tier
):
    terms = Subscribed(
        tier=Tier.PRO, subscription_status=status, subscription_expires_at=expires_at
    )
    assert (status_of(terms, NOW), tier_of(terms, NOW)) == (shown, gives)


@pytest.mark.parametrize(
    ("own", "shared", "counts"),
    [
        (Tier.PRO, None, "own"),
        (Tier.PRO, Tier.BASIC, "own"),
        (Tier.BASIC, Tier.BASIC, "own"),
        (Tier.BASIC, Tier.PRO, "organization"),
    ],
)
def test_the_subscription_with_the_higher_tier_is_in_force(
    own: Tier, shared: Tier | None, counts: str
):
    terms = Subscribed(tier=own)
    organization = Subscribed(tier=shared) if shared else None
    assert in_force(terms, organization, NOW) is (terms if counts == "own" else organization)


def test_a_subscription_that_is_over_is_not_in_force_over_another():
    over, basic = (
        Subscribed(tier=Tier.PRO, subscription_expires_at=ENDED),
        Subscribed(tier=Tier.BASIC),
    )
    assert in_force(over, basic, NOW) is basic
    assert in_force(basic, over, NOW) is basic
    shown = SubscriptionTerms.of(over, NOW)
    assert (shown.tier, shown.status) == (Tier.FREE, EXPIRED)


def test_the_highest_tier_counts():
    assert highest((Tier.BASIC, Tier.ENTERPRISE, Tier.PRO)) is Tier.ENTERPRISE
    assert highest(()) is Tier.FREE


async def of_organization(accounts: Running, tier: str) -> None:
    wish = {"organizationId": ANALYTICAL, "tier": tier}
    await accounts.ask(CHANGE, caller("ada"), i=wish)


async def token(accounts: Running, **session: Any) -> dict[str, Any]:
    return await claims(accounts, session["accessToken"])


async def test_a_token_tells_the_higher_of_both_tiers(accounts: Running):
    await of_organization(accounts, "BASIC")
    session = await log_in(accounts, "alan")
    assert (await token(accounts, **session))["tier"] == "basic"
    assert (await identity(accounts, session["accessToken"])).tier == "basic"

    await accounts.ask(CHANGE, caller("ada"), i={"userId": ALAN, "tier": "PRO"})
    renewed = await token(accounts, **await refresh(accounts, session["refreshToken"]))
    assert renewed["tier"] == "pro"
    assert set(renewed["permissions"]) >= {"write:reports", "export:data"}
    me = (await accounts.ask(MINE, caller("alan")))["me"]
    assert sorted(me.pop("permissions")) == renewed["permissions"]
    assert me == {
        "tier": "PRO",
        "effectiveTier": "PRO",
        "isPremium": True,
        "role": "subscriber",
        "subscription": {"tier": "PRO", "status": "ACTIVE", "expiresAt": None},
    }


async def test_an_organization_shares_its_tier_with_its_members(accounts: Running):
    await of_organization(accounts, "ENTERPRISE")
    me = (await accounts.ask(MINE, caller("alan")))["me"]
    assert "export:data" in me.pop("permissions")
    assert me == {
        "tier": "FREE",
        "effectiveTier": "ENTERPRISE",
        "isPremium": True,
        "role": "subscriber",
        "subscription": {"tier": "ENTERPRISE", "status": "ACTIVE", "expiresAt": None},
    }
    organization = "query($id: ID!) { organization(id: $id) { tier subscriptionPlan } }"
    found = await accounts.ask(organization, caller("alan"), id=ANALYTICAL)
    assert found == {"organization": {"tier": "ENTERPRISE", "subscriptionPlan": "premium"}}


async def test_a_change_for_an_organization_is_announced_as_that(accounts: Running):
    await of_organization(accounts, "BASIC")
    [event] = [
        event
        for event in await accounts.bus.read_after("accounts", "0", 100)
        if event.topic == "subscription.changed"
    ]
    assert (event.payload["user_id"], event.payload["organization_id"]) == (None, ANALYTICAL)


async def test_a_change_is_announced_and_recorded_once(accounts: Running):
    wish = {
        "userId": ALAN,
        "tier": "BASIC",
        "status": "CANCELLED",
        "expiresAt": "2100-01-01T00:00:00Z",
    }
    for _ in range(2):
        answer = (await accounts.ask(CHANGE, caller("ada"), i=wish))["changeSubscription"]
        assert answer == {
            "subscription": {
                "tier": "BASIC",
                "status": "CANCELLED",
                "expiresAt": "2100-01-01T00:00:00Z",
            },
            "user": {"username": "alan"},
            "organization": None,
        }
    [event] = await accounts.bus.read_after("accounts", "0", 100)
    assert (event.topic, event.key) == ("subscription.changed", ALAN)
    assert event.payload == {
        "user_id": ALAN,
        "organization_id": None,
        "previous_tier": "free",
        "tier": "basic",
        "status": "cancelled",
        "expires_at": "2100-01-01T00:00:00+00:00",
    }
    history = '{ me { events(filters: {eventTypes: ["subscription.changed"]}) { totalCount } } }'
    assert (await accounts.ask(history, caller("alan")))["me"] == {"events": {"totalCount": 1}}
    async with accounts.context().storage.read() as session:
        entries = (await session.execute(text("select action, target from audit_log"))).all()
    assert [tuple(entry) for entry in entries] == [("subscription.changed", ALAN)]


@pytest.mark.parametrize(
    ("who", "wish", "code"),
    [
        ("alan", {"userId": ALAN}, "FORBIDDEN"),
        ("alan", {"organizationId": ANALYTICAL}, "FORBIDDEN"),
        ("ada", {}, "BAD_USER_INPUT"),
        ("ada", {"userId": ALAN, "organizationId": ANALYTICAL}, "BAD_USER_INPUT"),
        ("ada", {"userId": "me"}, "BAD_USER_INPUT"),
        ("ada", {"userId": ANALYTICAL}, "NOT_FOUND"),
        ("ada", {"organizationId": ALAN}, "NOT_FOUND"),
    ],
)
async def test_nobody_else_changes_it_and_nothing_happens(
    accounts_on_sqlite: Running, who: str, wish: dict[str, str], code: str
):
    refusal = await accounts_on_sqlite.refusal(CHANGE, caller(who), i={"tier": "PRO", **wish})
    assert refusal["code"] == code
    assert await topics(accounts_on_sqlite) == []
