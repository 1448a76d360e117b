"""Reads the events of Stripe about subscriptions.

https://docs.stripe.com/api/events/object, https://docs.stripe.com/api/subscriptions/object
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from trellis.schema.tiers import Tier
from trellis.subgraphs.accounts.base import SubscriptionStatus
from trellis.subgraphs.accounts.subscriptions import highest
from trellis.subgraphs.accounts.use_cases.subscriptions import Terms

CREATED, UPDATED, DELETED = (
    f"customer.subscription.{what}" for what in ("created", "updated", "deleted")
)
_KINDS = frozenset({CREATED, UPDATED, DELETED})
_STATUSES = {
    "active": SubscriptionStatus.ACTIVE,
    "trialing": SubscriptionStatus.ACTIVE,
    "past_due": SubscriptionStatus.PAST_DUE,
    "canceled": SubscriptionStatus.CANCELLED,
    "unpaid": SubscriptionStatus.EXPIRED,
    "paused": SubscriptionStatus.EXPIRED,
    "incomplete_expired": SubscriptionStatus.EXPIRED,
}
"""``incomplete`` is missing: nothing was paid yet, and nothing was promised."""

# Stripe renews at the end of a period and reports it afterwards; it goes on delivering for three
# days. Until then nobody loses what they have paid for.
_GRACE = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Owner:
    """Who has a subscription: a person or an organization."""

    user_id: UUID | None = None
    organization_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionEvent:
    """What happened to a subscription ``at`` a time by Stripe's clock, in whole seconds."""

    id: str
    at: datetime
    is_first: bool
    is_over: bool
    subscription: str
    owner: Owner
    terms: Terms


class ForeignEvent(Exception):
    """An event that is none of ours; the message says why, for the log."""


def read_event(
    event: Mapping[str, Any], prices: Mapping[str, Tier], *, is_live: bool
) -> SubscriptionEvent:
    """What a verified event says about a subscription.

    Raises ForeignEvent for other kinds, accounts, modes and products, and for a subscription that
    names no owner of ours. Raises ``KeyError``, ``TypeError`` or ``ValueError`` for what is no
    event of Stripe.
    """
    kind = str(event["type"])
    if kind not in _KINDS:
        raise ForeignEvent(f"kind {kind}")
    if event.get("account"):
        raise ForeignEvent("of a connected account")
    if bool(event["livemode"]) is not is_live:
        raise ForeignEvent("of the other mode")
    at = _time(event["created"])
    found: Mapping[str, Any] = event["data"]["object"]
    return SubscriptionEvent(
        id=str(event["id"]),
        at=at,
        is_first=kind == CREATED,
        is_over=kind == DELETED,
        subscription=str(found["id"]),
        owner=_owner(found.get("metadata") or {}),
        terms=_terms(found, prices, at, is_over=kind == DELETED),
    )


def _owner(metadata: Mapping[str, Any]) -> Owner:
    """By the metadata that our checkout gives to the subscription."""
    user, organization = metadata.get("user_id"), metadata.get("organization_id")
    if (user is None) is (organization is None):
        raise ForeignEvent("without an owner")
    try:
        return Owner(user and UUID(user), organization and UUID(organization))
    except ValueError:
        raise ForeignEvent("with an owner of others") from None


def _terms(
    found: Mapping[str, Any], prices: Mapping[str, Tier], at: datetime, *, is_over: bool
) -> Terms:
    items = found["items"]["data"]
    tiers = [tier for item in items if (tier := _tier(item["price"], prices)) is not None]
    if not tiers:
        raise ForeignEvent("of a product that is no tier")
    tier = highest(tiers)
    status = SubscriptionStatus.CANCELLED if is_over else _STATUSES.get(found["status"])
    if status is None:
        raise ForeignEvent(f"in the state {found['status']}")
    if status is SubscriptionStatus.CANCELLED:
        return Terms(tier, status, _time(found.get("ended_at")) or at)
    if status is SubscriptionStatus.EXPIRED:
        return Terms(tier, status, at)
    # Of the subscription until the API of 2025-03-31, then of its items.
    ends = [found.get("current_period_end"), *(item.get("current_period_end") for item in items)]
    end = max((_time(one) for one in ends if one is not None), default=None)
    if end is None:
        raise ForeignEvent("without a period")
    leaves_at = _time(found.get("cancel_at")) or (end if found["cancel_at_period_end"] else None)
    if leaves_at is not None:
        return Terms(tier, SubscriptionStatus.CANCELLED, leaves_at)
    return Terms(tier, status, end + _GRACE)


def _tier(price: Mapping[str, Any], prices: Mapping[str, Tier]) -> Tier | None:
    return prices.get(price["id"]) or prices.get(price.get("lookup_key") or "")


def _time(seconds: Any) -> Any:
    """None as it is."""
    return None if seconds is None else datetime.fromtimestamp(int(seconds), UTC)
