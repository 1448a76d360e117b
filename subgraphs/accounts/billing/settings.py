"""What an installation may choose about subscriptions that are paid elsewhere."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from trellis.schema.subgraph import Setting
from trellis.schema.tiers import Tier

_SECRET = "TRELLIS_BILLING_WEBHOOK_SECRET"
_PRICES = "TRELLIS_BILLING_PRICES"
_LIVE = "TRELLIS_BILLING_LIVE"

SETTINGS = (
    Setting(
        _SECRET,
        "",
        "the signing secret of Stripe's webhook to `/web/accounts/stripe`; "
        "without it the webhook is disabled. To rotate it, put the new one "
        "before the old one, separated by a comma",
    ),
    Setting(
        _PRICES,
        "",
        "the tiers for sale, by the id or lookup key of their prices at "
        "Stripe: `price_1=basic,pro_monthly=pro`",
    ),
    Setting(_LIVE, "false", "accept events of Stripe's live mode instead of its test mode"),
)


@dataclass(frozen=True, slots=True)
class BillingSettings:
    """``prices`` are tiers by id or lookup key."""

    secrets: tuple[str, ...] = field(default=(), repr=False)
    prices: Mapping[str, Tier] = field(default_factory=dict)
    is_live: bool = False

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Read the variables above. Raises ``ValueError``."""
        live = environ.get(_LIVE) or "false"
        if live not in ("true", "false"):
            raise ValueError(f"{_LIVE}: true or false")
        secrets = [text.strip() for text in environ.get(_SECRET, "").split(",")]
        return cls(
            secrets=tuple(secret for secret in secrets if secret),
            prices=_prices(environ.get(_PRICES, "")),
            is_live=live == "true",
        )


def _prices(text: str) -> dict[str, Tier]:
    found = {}
    for pair in filter(None, map(str.strip, text.split(","))):
        price, _, tier = pair.rpartition("=")
        if not price or tier not in set(Tier):
            raise ValueError(f"{_PRICES}: {pair!r} is not `price=tier`, with a tier of ours")
        found[price.strip()] = Tier(tier)
    return found
