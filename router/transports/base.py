"""The Protocol by which the executor calls subgraphs."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from trellis.router.errors import SubgraphError
from trellis.schema.request import RequestContext

OperationKind = Literal["query", "mutation", "subscription"]


@dataclass(frozen=True, slots=True)
class SubgraphRequest:
    """One GraphQL operation for one subgraph. ``variables`` are plain JSON values; a transport must
    not modify them. ``accepts_stale``: an earlier response may stand in for one that cannot be had;
    it will be marked as such."""

    subgraph: str
    query: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    operation_name: str | None = None
    kind: OperationKind = "query"
    context: RequestContext = field(default_factory=RequestContext)
    accepts_stale: bool = False


@dataclass(frozen=True, slots=True)
class SubgraphResponse:
    """A GraphQL response. ``errors`` are the error objects as the subgraph wrote them.

    ``body`` has the received bytes, if any, so that a response which needs no change can be passed
    on without serializing it again. ``size``: how many bytes were received. ``failure`` is set if
    the call has failed though there are GraphQL errors to report. ``age``: the seconds since a
    response was received that is no longer fresh, None for a fresh one.
    """

    data: dict[str, Any] | None = None
    errors: list[dict[str, Any]] = field(default_factory=list)
    extensions: Mapping[str, Any] = field(default_factory=dict)
    body: bytes | None = None
    size: int = field(default=0, compare=False)
    failure: SubgraphError | None = field(default=None, compare=False)
    age: float | None = field(default=None, compare=False)


class Transport(Protocol):
    """Calls one subgraph. Transport failures (connection refused, timeout, invalid JSON) are raised
    as ``trellis.router.errors.SubgraphError``; GraphQL errors are part of the response.

    ``is_in_process``: the subgraph runs here and learns who calls from the context, not from the
    headers that the caller sent.
    """

    @property
    def is_in_process(self) -> bool: ...

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        """Run one query or mutation. Cancelling this call cancels the request."""
        ...

    def subscribe(self, request: SubgraphRequest) -> AsyncGenerator[SubgraphResponse, None]:
        """Run one subscription. Closing the generator ends it at the source."""
        ...

    async def aclose(self) -> None:
        """Close connections and tasks."""
        ...
