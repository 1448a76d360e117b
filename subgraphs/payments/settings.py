"""What an installation may choose about payments, read from the environment; see ``SETTINGS``."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from trellis.schema.subgraph import Setting

SIMULATED, STRIPE = "simulated", "stripe"
_PROVIDERS = (SIMULATED, STRIPE)
_STRIPE_API = "https://api.stripe.com"

SETTINGS = (
    Setting(
        "TRELLIS_PAYMENTS_PROVIDER",
        SIMULATED,
        "the payment provider: `simulated`, which moves no money and accepts "
        "test cards only, or `stripe`",
    ),
    Setting("TRELLIS_STRIPE_SECRET_KEY", "", "the secret key of the account at Stripe"),
    Setting("TRELLIS_STRIPE_API", _STRIPE_API, "another address of Stripe's API, for tests"),
)


@dataclass(frozen=True, slots=True)
class PaymentSettings:
    provider: str = SIMULATED
    stripe_key: str = field(default="", repr=False)
    stripe_api: str = _STRIPE_API

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """An empty variable counts as absent. Raises ``ValueError`` for what makes no sense."""
        settings = cls(
            provider=environ.get("TRELLIS_PAYMENTS_PROVIDER") or SIMULATED,
            stripe_key=environ.get("TRELLIS_STRIPE_SECRET_KEY") or "",
            stripe_api=environ.get("TRELLIS_STRIPE_API") or _STRIPE_API,
        )
        if settings.provider not in _PROVIDERS:
            wanted = " or ".join(_PROVIDERS)
            raise ValueError(
                f"TRELLIS_PAYMENTS_PROVIDER must be {wanted}, not {settings.provider!r}"
            )
        if settings.provider == STRIPE:
            _check_stripe(settings, environ)
        return settings


def unfit_for_production() -> Sequence[str]:
    """That nobody pays anything: said when the subgraph starts in production."""
    if PaymentSettings.from_environment().provider != SIMULATED:
        return ()
    return (
        "Payments are simulated: every order can be had for the number of a test card, and no "
        "money moves. Set TRELLIS_PAYMENTS_PROVIDER=stripe to sell anything.",
    )


def _check_stripe(settings: PaymentSettings, environ: Mapping[str, str]) -> None:
    if not settings.stripe_key:
        raise ValueError("TRELLIS_PAYMENTS_PROVIDER=stripe needs TRELLIS_STRIPE_SECRET_KEY")
    if environ.get("STRIPE_LOG") == "debug":
        raise ValueError("STRIPE_LOG=debug would print card numbers; use info, or leave it out")
