"""The one way the executor talks to a subgraph, wherever it runs."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from trellis.schema.request import RequestContext

OperationKind = Literal["query", "mutation", "subscription"]


@dataclass(frozen=True, slots=True)
class SubgraphRequest:
    """One GraphQL operation for one subgraph. ``variables`` are plain JSON values and belong to
    the caller: a transport never changes them."""

    subgraph: str
    query: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    operation_name: str | None = None
    kind: OperationKind = "query"
    context: RequestContext = field(default_factory=RequestContext)


@dataclass(frozen=True, slots=True)
class SubgraphResponse:
    """What came back. ``errors`` are GraphQL error objects as the subgraph wrote them.

    ``body`` holds the bytes received, when there were any, so that an answer which needs no
    change can be passed through without being written again.
    """

    data: dict[str, Any] | None = None
    errors: list[dict[str, Any]] = field(default_factory=list)
    extensions: Mapping[str, Any] = field(default_factory=dict)
    body: bytes | None = None


class Transport(Protocol):
    """Reaches one subgraph. Failures of the way (refused, timeout, no JSON) are raised as
    ``trellis.router.errors.SubgraphError``; GraphQL errors are part of the response."""

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        """Run one query or mutation; cancelling this call cancels the work behind it."""
        ...

    def subscribe(self, request: SubgraphRequest) -> AsyncGenerator[SubgraphResponse, None]:
        """Run one subscription; closing the generator ends it at the source."""
        ...

    async def aclose(self) -> None:
        """Give back connections and tasks."""
        ...
