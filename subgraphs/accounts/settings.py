"""What an installation may choose about accounts, read from the environment.

TRELLIS_AUTH__ISSUER      the ``iss`` of the tokens we sign
TRELLIS_AUTH__AUDIENCE    their ``aud``

and ``SETTINGS``, which are ours alone.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self

from trellis.schema.public_url import DEFAULT, VARIABLE, public_url
from trellis.schema.subgraph import Setting
from trellis.subgraphs.accounts.models import Profile

# Words that REST paths use in the place of a user id.
RESERVED_USERNAMES = frozenset({"me", "profile", "admin", "root", "system"})
_LIFETIME_OF_ACCESS = {
    Profile.GRAPHQL: timedelta(minutes=15),
    Profile.LEARN: timedelta(minutes=15),
}
_ROTATING = frozenset({Profile.GRAPHQL, Profile.LEARN})
_MIN_PASSWORD = {Profile.LEARN: 12}


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """The names under which tokens are issued, and how letters go out."""

    issuer: str = "project-manager-auth"
    audience: str = "project-manager-api"
    mail_url: str = field(default="console:", repr=False)
    mail_from: str = "Trellis <trellis@localhost>"
    public_url: str = DEFAULT
    secret_key: str | None = field(default=None, repr=False)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Read the variables above; an empty value counts as absent."""
        return cls(
            issuer=environ.get("TRELLIS_AUTH__ISSUER") or cls().issuer,
            audience=environ.get("TRELLIS_AUTH__AUDIENCE") or cls().audience,
            mail_url=environ.get("TRELLIS_MAIL_URL") or cls().mail_url,
            mail_from=environ.get("TRELLIS_MAIL_FROM") or cls().mail_from,
            public_url=public_url(environ),
            secret_key=environ.get("TRELLIS_SECRET_KEY") or None,
        )


SETTINGS = (
    Setting(
        "TRELLIS_MAIL_URL",
        AccountSettings().mail_url,
        "how e-mails are sent: `console:` prints them, `file:///folder` "
        "stores them, `smtp://user:password@host:port` and `smtps://...` send "
        "them",
    ),
    Setting("TRELLIS_MAIL_FROM", AccountSettings().mail_from, "the sender of e-mails"),
    Setting(
        VARIABLE,
        DEFAULT,
        "the base URL of links in e-mails and of links to files; `trellis dev` and `trellis serve` "
        "set it to their own address if it is absent",
    ),
    Setting(
        "TRELLIS_SECRET_KEY",
        "the file `secret_key` in `TRELLIS_DATA_DIR`, created by the first process",
        "the secret that encrypts signing keys and second factors, at least "
        "32 characters; to rotate it, put the new one before the old one, "
        "separated by a comma",
    ),
)


def access_lifetime(profile: Profile) -> timedelta:
    """How long an access token lives: the older dialects promise an hour."""
    return _LIFETIME_OF_ACCESS.get(profile, timedelta(hours=1))


def rotates(profile: Profile) -> bool:
    """Whether each refresh gives a new refresh token and spends the old one.

    Clients of the older dialects never read a new one: rotation would lock them out.
    """
    return profile in _ROTATING


def minimum_password(profile: Profile) -> int:
    """The shortest password that may be chosen in that dialect."""
    return _MIN_PASSWORD.get(profile, 8)
