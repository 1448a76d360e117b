"""CORS, trusted proxies, and the headers that are forwarded to subgraphs."""

from ipaddress import ip_network
from typing import Literal

from pydantic import Field, field_validator

from trellis.router.config.section import Section


class Cors(Section):
    """Which origins may send cross-origin requests (CORS)."""

    origins: tuple[str, ...] = Field(
        default=(),
        description="exact origins such as `https://app.example.com`; `*` allows every one",
    )
    development_origins: tuple[str, ...] = Field(
        default=("http://localhost:3000", "http://localhost:5173"),
        description="additional origins in development",
    )
    max_age_seconds: int = Field(
        default=3600, ge=0, description="how long browsers may cache a preflight response"
    )


class Http(Section):
    """The proxies between clients and the router."""

    trusted_proxies: tuple[str, ...] = Field(
        default=(),
        description="addresses and networks (`10.0.0.0/8`) of proxies whose header with the "
        "client's address is trusted; `unix` for connections over a Unix socket",
    )
    client_address_header: Literal["x-forwarded-for", "forwarded"] = Field(
        default="x-forwarded-for",
        description="the header in which the proxies send the client's address; the other one is "
        "ignored, because clients could set it",
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        for proxy in proxies:
            if proxy != "unix":
                ip_network(proxy, strict=False)
        return proxies


class HeaderPropagation(Section):
    """Which request headers are forwarded to remote subgraphs."""

    allow: tuple[str, ...] = Field(
        default=("authorization", "accept-language", "traceparent", "tracestate", "x-request-id"),
        description="names in lower case; other headers are not forwarded",
    )

    @field_validator("allow")
    @classmethod
    def _refuse_internal_headers(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        """Subgraphs trust these headers as those of the router, so clients must not set them."""
        for name in names:
            if name.lower() == "x-service-token" or name.lower().startswith("x-trellis-"):
                raise ValueError(f"`{name}` is set by the router and cannot be forwarded")
        return names
