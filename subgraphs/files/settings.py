"""What an installation may choose about files, read from the environment; see ``SETTINGS``."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from trellis.schema.environment import whole_number
from trellis.schema.public_url import DEFAULT, public_url
from trellis.schema.subgraph import Setting
from trellis.schema.tiers import Tier

_QUOTAS = "free=100000000,basic=1000000000,pro=10000000000,enterprise=100000000000"
_LINK_SECONDS = 900


@dataclass(frozen=True, slots=True)
class FileSettings:
    """``store_url`` is None for a folder beside the databases. ``secret_key`` signs links; None is
    one that the first process puts there. ``quotas`` are bytes by tier."""

    store_url: str | None = None
    public_url: str = DEFAULT
    link_seconds: int = _LINK_SECONDS
    quotas: Mapping[str, int] = field(default_factory=lambda: _read_quotas(_QUOTAS))
    secret_key: str | None = field(default=None, repr=False)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """An empty variable counts as absent. Raises ``ValueError`` for what makes no sense."""
        seconds = whole_number(
            environ, "TRELLIS_FILES_LINK_SECONDS", _LINK_SECONDS, least=1, most=604_800
        )
        return cls(
            store_url=environ.get("TRELLIS_FILES_URL") or None,
            public_url=public_url(environ),
            link_seconds=seconds,
            quotas=_read_quotas(environ.get("TRELLIS_FILES_QUOTAS") or _QUOTAS),
            secret_key=environ.get("TRELLIS_SECRET_KEY") or None,
        )

    def quota_of(self, tier: str | None) -> int:
        """How many bytes somebody may keep; of an unknown tier as many as of the least one."""
        return self.quotas[Tier.of(tier)]


def _read_quotas(text: str) -> Mapping[str, int]:
    """Raises ``ValueError`` unless each tier has a number of bytes."""
    pairs = [part.partition("=") for part in text.split(",")]
    quotas = {tier.strip(): bytes_.strip() for tier, _, bytes_ in pairs}
    if set(quotas) != set(Tier) or not all(value.isdecimal() for value in quotas.values()):
        raise ValueError(f"TRELLIS_FILES_QUOTAS must be like {_QUOTAS}, not {text!r}")
    return {tier: int(value) for tier, value in quotas.items()}


SETTINGS = (
    Setting(
        "TRELLIS_FILES_URL",
        "the folder `files` in `TRELLIS_DATA_DIR`",
        "where the contents of files are stored: `file:///folder`, or "
        "`s3://bucket/prefix` with `?endpoint=http://...` for servers that "
        "are not Amazon's; credentials and region as in `AWS_ACCESS_KEY_ID`, "
        "`AWS_SECRET_ACCESS_KEY`, `AWS_REGION`",
    ),
    Setting("TRELLIS_FILES_QUOTAS", _QUOTAS, "maximum bytes of the files of a person, by tier"),
    Setting(
        "TRELLIS_FILES_LINK_SECONDS",
        str(_LINK_SECONDS),
        "the minimum time for which links to files are valid",
    ),
)
