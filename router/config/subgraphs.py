"""Settings of subgraphs."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from trellis.router.config.section import Section


class SubgraphSource(Section):
    """The location of a subgraph: in this process, or behind a URL."""

    module: str | None = Field(
        default=None, description="`module:attribute` of a `trellis.schema.subgraph.Subgraph`"
    )
    url: str | None = Field(
        default=None, description="GraphQL endpoint of a subgraph in another process"
    )
    websocket_url: str | None = Field(
        default=None,
        description="endpoint for subscriptions; by default `url` with ws:// or wss://",
    )
    seconds: float | None = Field(
        default=None,
        gt=0,
        le=60,
        description="one call to it, at most 60; by default `limits.subgraph_seconds`. What is "
        "longer than `limits.request_seconds` ends with the request",
    )
    service_token: bool = Field(
        default=True,
        description="authenticate the router to it and send it the caller's identity; false for "
        "subgraphs of others",
    )
    errors: Literal["masked", "shown"] | None = Field(
        default=None,
        description="whether clients see errors of a remote subgraph that are not marked as meant "
        "for clients; by default in development only",
    )
    error_codes: tuple[str, ...] = Field(
        default=(), description="`extensions.code` of errors that are never masked"
    )
    writes: Literal["plain", "idempotent", "critical"] = Field(
        default="plain",
        description="how mutations of a remote subgraph are retried: `plain` never; `idempotent` "
        "if the client sent an `Idempotency-Key`, which the subgraph must honour and "
        "`headers.allow` must contain; `critical` once, after HTTP 503",
    )
    stale_seconds: float = Field(
        default=0,
        ge=0,
        le=3600,
        description="while the circuit breaker of a remote subgraph is open, queries may get an "
        "earlier response to the same request of the same caller that is at most this old, marked "
        "as stale; 0 for never",
    )
    schema_file: Path | None = Field(
        default=None,
        description="SDL file of a remote subgraph; by default its schema is fetched from it",
    )


def subgraph_source(value: Any) -> Any:
    """Expand the short forms, ``module:attribute`` and a URL, to a table."""
    if not isinstance(value, str):
        return value
    return {"url": value} if "://" in value else {"module": value}
