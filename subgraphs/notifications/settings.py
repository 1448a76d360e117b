"""What an installation may choose about notifications, read from the environment.

Letters go out as those of accounts do: TRELLIS_MAIL_URL, TRELLIS_MAIL_FROM, TRELLIS_PUBLIC_URL.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self

from trellis.schema.environment import whole_number
from trellis.schema.public_url import DEFAULT, public_url
from trellis.schema.subgraph import Setting

_KEEP = "TRELLIS_NOTIFICATIONS_KEEP_DAYS"

SETTINGS = (
    Setting(
        _KEEP,
        "for ever",
        "number of days after which notifications are deleted, at least 1",
    ),
)


@dataclass(frozen=True, slots=True)
class NoticeSettings:
    """How letters go out, where their links lead to, and how long notifications are kept;
    None is for ever."""

    mail_url: str = field(default="console:", repr=False)
    mail_from: str = "Trellis <trellis@localhost>"
    public_url: str = DEFAULT
    keep: timedelta | None = None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """An empty value counts as absent. Raises ``ValueError`` for what is no number of days."""
        days = whole_number(environ, _KEEP, None, least=1, most=36_500)
        return cls(
            mail_url=environ.get("TRELLIS_MAIL_URL") or cls().mail_url,
            mail_from=environ.get("TRELLIS_MAIL_FROM") or cls().mail_from,
            public_url=public_url(environ),
            keep=None if days is None else timedelta(days=days),
        )

    @property
    def push_contact(self) -> str:
        """Where push services can reach us: they want an https or a mailto URL."""
        if self.public_url.startswith("https://"):
            return self.public_url
        address = self.mail_from.rpartition("<")[2].rstrip(">").strip()
        return f"mailto:{address}"
