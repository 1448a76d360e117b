"""When deliveries are tried again, and how much is done at once.

TRELLIS_WEBHOOKS_RETRY_SECONDS   how long after the first failure; then five times as long each time
"""

import os
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from trellis.schema.subgraph import Setting
from trellis.subgraphs.notifications.outbound import OutboundLimits

MAX_ATTEMPTS = 6
"""One, and five retries."""

_NAME = "TRELLIS_WEBHOOKS_RETRY_SECONDS"
_DEFAULT = 15.0
_FACTOR = 5
_JITTER = 0.2
_MAX_RETRY_AFTER = 3_600.0

SETTINGS = (
    Setting(
        _NAME,
        f"{_DEFAULT:g}",
        "delay of the first retry of a delivery; each of the five retries "
        "waits five times as long as the previous one",
    ),
)


@dataclass(frozen=True, slots=True)
class Schedule:
    """``first_retry`` in seconds. What the owner may not see is looked at again for
    ``patience`` seconds, since the news of who sees what may be on its way. A sender that is not
    heard of for ``lease`` seconds is dead: what it had in hand is sent again."""

    first_retry: float = _DEFAULT
    patience: float = 10.0
    poll: float = 0.25
    lease: float = 60.0
    limits: OutboundLimits = OutboundLimits(seconds=30.0, answer_bytes=65_536)  # noqa: RUF009
    places: int = 200
    places_of_target: int = 4
    places_of_organization: int = 16

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Raises ``ValueError`` for what is no number of seconds."""
        given = environ.get(_NAME)
        if not given:
            return cls()
        try:
            seconds = float(given)
        except ValueError:
            seconds = -1.0
        if not 0.0 < seconds <= 3_600.0:
            raise ValueError(f"{_NAME} must be a number of seconds up to 3600, not {given!r}")
        return cls(first_retry=seconds)

    def delay(self, attempts: int, retry_after: float | None = None) -> timedelta:
        """How long to wait after that many attempts: exponential, with a fifth of chance, so that
        a target that comes back is not met by everybody at once. ``retry_after`` is what the
        target asks for, an hour at most."""
        chance = random.uniform(1 - _JITTER, 1 + _JITTER)
        seconds = self.first_retry * _FACTOR ** (attempts - 1) * chance
        return timedelta(seconds=max(seconds, min(retry_after or 0.0, _MAX_RETRY_AFTER)))
