"""What an installation may choose about courses, read from the environment; see ``SETTINGS``."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from trellis.schema.subgraph import Setting
from trellis.schema.tiers import Tier

_INCLUDED_FROM = Tier.PRO
_UPGRADE_URL = "/pricing"  # that of `rate_limit.upgrade_url`


@dataclass(frozen=True, slots=True)
class LearningSettings:
    """``included_from`` is the least subscription that includes courses with a price, None if they
    have to be bought. ``upgrade_url`` is where people subscribe to more."""

    included_from: Tier | None = _INCLUDED_FROM
    upgrade_url: str = _UPGRADE_URL

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """An empty variable counts as absent. Raises ``ValueError`` for an unknown tier."""
        tier = environ.get("TRELLIS_COURSES_INCLUDED_FROM") or _INCLUDED_FROM
        if tier not in (*Tier, "none"):
            message = f"TRELLIS_COURSES_INCLUDED_FROM must be one of {', '.join(Tier)} or none"
            raise ValueError(f"{message}, not {tier!r}")
        return cls(
            included_from=None if tier == "none" else Tier(tier),
            upgrade_url=environ.get("TRELLIS_UPGRADE_URL") or _UPGRADE_URL,
        )

    def includes(self, tier: str | None) -> bool:
        """Whether a subscription includes courses with a price; none is the least."""
        if self.included_from is None:
            return False
        order = list(Tier)
        return order.index(Tier.of(tier)) >= order.index(self.included_from)


SETTINGS = (
    Setting(
        "TRELLIS_COURSES_INCLUDED_FROM",
        _INCLUDED_FROM.value,
        "the lowest tier (`free`, `basic`, `pro`, `enterprise`) that includes "
        "paid courses; with `none` they must be bought",
    ),
    Setting(
        "TRELLIS_UPGRADE_URL",
        f"`{_UPGRADE_URL}`",
        "the URL for people whose subscription does not include a course",
    ),
)
