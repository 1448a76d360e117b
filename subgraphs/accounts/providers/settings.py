"""Which identity providers people may sign in with."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Self
from urllib.parse import urlsplit

from trellis.schema.subgraph import Setting

_PROVIDERS = "TRELLIS_SIGN_IN_PROVIDERS"
_RETURNS = "TRELLIS_SIGN_IN_RETURN_URLS"
_NAME = re.compile(r"[a-z][a-z0-9]{0,31}")
_SCOPE = "openid email profile"

SETTINGS = (
    Setting(
        _PROVIDERS,
        "",
        "names of OpenID Connect providers, separated by commas: `google,corp`. Each has "
        "`TRELLIS_SIGN_IN_<NAME>_ISSUER`, `_CLIENT_ID`, `_CLIENT_SECRET`, and `_SCOPE` unless it "
        f"is `{_SCOPE}`",
    ),
    Setting(
        _RETURNS,
        "",
        "the URLs that a sign-in with a provider may return to, separated by commas",
    ),
)


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider, and what we are to it."""

    name: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = _SCOPE


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """``return_urls`` are compared letter by letter."""

    providers: Mapping[str, Provider] = field(default_factory=dict)
    return_urls: frozenset[str] = frozenset()

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Read the variables above. Raises ``ValueError`` for a provider that lacks something, and
        for addresses without TLS that are not of this machine."""
        names = _several(environ.get(_PROVIDERS, ""))
        returns = _several(environ.get(_RETURNS, ""))
        for url in returns:
            _require_tls(_RETURNS, url)
        return cls({name: _provider(name, environ) for name in names}, frozenset(returns))


def _several(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


def _provider(name: str, environ: Mapping[str, str]) -> Provider:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{_PROVIDERS}: a name has small letters and digits, not {name!r}")
    start = f"TRELLIS_SIGN_IN_{name.upper()}"
    given = {part: environ.get(f"{start}_{part}", "") for part in ("ISSUER", "CLIENT_ID")}
    given["CLIENT_SECRET"] = environ.get(f"{start}_CLIENT_SECRET", "")
    for part, value in given.items():
        if not value:
            raise ValueError(f"{start}_{part} is missing")
    _require_tls(f"{start}_ISSUER", given["ISSUER"])
    return Provider(
        name,
        given["ISSUER"],
        given["CLIENT_ID"],
        given["CLIENT_SECRET"],
        environ.get(f"{start}_SCOPE") or _SCOPE,
    )


def _require_tls(variable: str, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme != "http" or not _is_local(parts.hostname or ""):
        raise ValueError(f"{variable}: {url!r} is no https address")


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
