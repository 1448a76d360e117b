"""Where subgraphs live."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from trellis.router.config.section import Section


class SubgraphSource(Section):
    """Where a subgraph lives: in this process, or behind a URL."""

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
    service_token: bool = Field(
        default=True,
        description="prove to it that the router asks, and tell it who the caller is; not to "
        "somebody else's subgraph",
    )
    errors: Literal["masked", "shown"] | None = Field(
        default=None,
        description="whether clients see errors of a remote subgraph that it has not marked as "
        "meant for clients; by default in development only",
    )
    error_codes: tuple[str, ...] = Field(
        default=(), description="`extensions.code` of errors that clients see even so"
    )
    schema_file: Path | None = Field(
        default=None, description="SDL file of a remote subgraph; without it the subgraph is asked"
    )


def subgraph_source(value: Any) -> Any:
    """``module:attribute`` and a URL are short for the table."""
    if not isinstance(value, str):
        return value
    return {"url": value} if "://" in value else {"module": value}
