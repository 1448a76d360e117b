"""What the endpoints execute operations on: the supergraph of a router, or a single subgraph."""

from collections.abc import AsyncGenerator, Awaitable
from typing import Protocol

from trellis.router.answer import Answer
from trellis.router.operation.request import GraphQLRequest
from trellis.schema.request import RequestContext


class Graph(Protocol):
    """Executes operations. A refused one also gives an Answer, whose ``executed`` is false."""

    def answer(self, request: GraphQLRequest, context: RequestContext) -> Awaitable[Answer]:
        """Execute one query or mutation."""
        ...

    def stream(
        self, request: GraphQLRequest, context: RequestContext
    ) -> AsyncGenerator[Answer, None]:
        """Execute one subscription. Closing the generator ends it in the subgraph."""
        ...
