"""Metrics and logs."""

from ipaddress import ip_network
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from trellis.router.config.section import Section

# Long enough that nobody guesses it, though guesses are not counted.
_TOKEN_CHARACTERS = 16


class Metrics(Section):
    """Who may read `/metrics`. Without `networks` and `token`: everybody in development, nobody in
    production."""

    networks: tuple[str, ...] = Field(
        default=(),
        description="addresses and networks (`10.0.0.0/8`) that may read `/metrics`; "
        "behind a trusted proxy, the address of its client counts. Without "
        "these and `token`, everyone may in development, nobody in production",
    )
    token: SecretStr | None = Field(
        default=None,
        description="clients that send it as `Authorization: Bearer ...` may read `/metrics`, too; "
        f"at least {_TOKEN_CHARACTERS} characters",
    )
    operations: int = Field(
        default=200,
        ge=0,
        description="names of operations that have a series of their own; later ones are counted "
        "together as `other`",
    )

    @field_validator("networks")
    @classmethod
    def _are_networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            ip_network(network, strict=False)
        return networks

    @field_validator("token")
    @classmethod
    def _is_long(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and len(token.get_secret_value()) < _TOKEN_CHARACTERS:
            raise ValueError(f"`token` needs at least {_TOKEN_CHARACTERS} characters")
        return token


class Logs(Section):
    """What is logged beside events, and where lines go beside standard error."""

    requests: bool | None = Field(
        default=None,
        description="write a line for each request; by default in production only",
    )
    sink_url: str | None = Field(
        default=None,
        description="an HTTP address that gets all lines by POST, in batches; none by default",
    )
    sink_format: Literal["json", "loki"] = Field(
        default="json",
        description="`json` is an array of lines, `loki` the push API of Loki",
    )
    sink_token: SecretStr | None = Field(
        default=None, description="sent to the sink as `Authorization: Bearer ...`"
    )
    flush_seconds: float = Field(
        default=2, gt=0, description="how long lines wait to be sent together"
    )
    retries: int = Field(
        default=3, ge=0, description="how often a batch is sent again before it is dropped"
    )
    buffer_lines: int = Field(
        default=10_000, gt=0, description="lines that wait for the sink; later ones are dropped"
    )
    buffer_bytes: int = Field(
        default=10_000_000, gt=0, description="bytes of lines that wait for the sink, likewise"
    )

    @field_validator("sink_url")
    @classmethod
    def _is_http(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("http://", "https://")):
            raise ValueError("`sink_url` must begin with http:// or https://")
        _ = urlsplit(url or "").port  # raises ValueError for an invalid host or port
        return url
