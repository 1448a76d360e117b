"""What a subscription is worth at a moment, to a person and through their organization."""

from collections.abc import Iterable
from datetime import datetime

from trellis.subgraphs.accounts.models import Subscribed, SubscriptionStatus, Tier

_LOWEST_FIRST = tuple(Tier)
PREMIUM = frozenset({Tier.PRO, Tier.ENTERPRISE})


def status_of(terms: Subscribed, now: datetime) -> SubscriptionStatus:
    """How the subscription stands: nobody has to write down that its time is over."""
    ends_at = terms.subscription_expires_at
    if ends_at is not None and ends_at <= now:
        return SubscriptionStatus.EXPIRED
    return terms.subscription_status


def tier_of(terms: Subscribed, now: datetime) -> Tier:
    """What the subscription gives: free once it is over.

    A past due subscription keeps its tier until the status changes; a cancelled one lasts until the
    end of what was paid for.
    """
    status = status_of(terms, now)
    if status is SubscriptionStatus.EXPIRED:
        return Tier.FREE
    if status is SubscriptionStatus.CANCELLED and terms.subscription_expires_at is None:
        return Tier.FREE
    return terms.tier


def highest(tiers: Iterable[Tier]) -> Tier:
    """The best of several tiers; free when there is none."""
    return max(tiers, key=_LOWEST_FIRST.index, default=Tier.FREE)


def in_force(own: Subscribed, organization: Subscribed | None, now: datetime) -> Subscribed:
    """The one of both that gives the higher tier: access tokens and limits follow it."""
    if organization is None:
        return own
    own_tier, shared_tier = tier_of(own, now), tier_of(organization, now)
    return own if highest((own_tier, shared_tier)) is own_tier else organization
