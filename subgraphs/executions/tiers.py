"""What a subscription allows in running code."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from trellis.schema.tiers import Tier

QUOTA_WINDOW = timedelta(days=1)
"""Quotas are those of any 24 hours, as the limits of the router are."""
MOST_SECONDS = 60
USUAL_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Allowance:
    """``at_once`` runs of one person run side by side, the others wait. In the queue a run counts
    as if it had come ``head_start`` earlier: paying users come first, and nobody waits forever."""

    tier: str
    per_day: int
    seconds: int
    at_once: int
    head_start: timedelta


ALLOWANCES: Mapping[str, Allowance] = {
    one.tier: one
    for one in (
        Allowance(Tier.FREE, 5, USUAL_SECONDS, 1, timedelta(0)),
        Allowance(Tier.BASIC, 100, MOST_SECONDS, 2, timedelta(seconds=5)),
        Allowance(Tier.PRO, 1_000, MOST_SECONDS, 4, timedelta(seconds=15)),
        Allowance(Tier.ENTERPRISE, 10_000, MOST_SECONDS, 8, timedelta(seconds=30)),
    )
}


def allowance_of(tier: str | None) -> Allowance:
    """What the tier allows; an unknown one as little as the least."""
    return ALLOWANCES[Tier.of(tier)]


def tier_with(seconds: int) -> str:
    """The least tier that allows a run of so many seconds."""
    return next(one.tier for one in ALLOWANCES.values() if one.seconds >= seconds)
