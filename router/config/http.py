"""What browsers and headers may do."""

from ipaddress import ip_network
from typing import Literal

from pydantic import Field, field_validator

from trellis.router.config.section import Section


class Cors(Section):
    """Which web pages of other origins may call."""

    origins: tuple[str, ...] = Field(
        default=(),
        description="exact origins such as `https://app.example.com`; `*` allows every one",
    )
    development_origins: tuple[str, ...] = Field(
        default=("http://localhost:3000", "http://localhost:5173"),
        description="origins that may call besides in development",
    )
    max_age_seconds: int = Field(
        default=3600, ge=0, description="how long browsers keep a preflight"
    )


class Http(Section):
    """Who stands between clients and us."""

    trusted_proxies: tuple[str, ...] = Field(
        default=(),
        description="addresses and networks (`10.0.0.0/8`) that are believed about the address of "
        "a client; `unix` for whoever comes over a Unix socket",
    )
    client_address_header: Literal["x-forwarded-for", "forwarded"] = Field(
        default="x-forwarded-for",
        description="the one header in which they tell it; clients can write the other one",
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        for proxy in proxies:
            if proxy != "unix":
                ip_network(proxy, strict=False)
        return proxies


class HeaderPropagation(Section):
    """Which client headers travel on to remote subgraphs."""

    allow: tuple[str, ...] = Field(
        default=("authorization", "accept-language", "traceparent", "tracestate", "x-request-id"),
        description="names in lower case; every other header stays here",
    )

    @field_validator("allow")
    @classmethod
    def _refuse_our_own(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        """What the router says about itself no client may say."""
        for name in names:
            if name.lower() == "x-service-token" or name.lower().startswith("x-trellis-"):
                raise ValueError(f"`{name}` is the router's own and cannot come from clients")
        return names
