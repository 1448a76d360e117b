"""What stands behind a GraphQL door: a router's supergraph, or one subgraph on its own."""

from collections.abc import AsyncGenerator, Awaitable
from typing import Protocol

from trellis.router.answer import Answer
from trellis.router.operation.request import GraphQLRequest
from trellis.schema.request import RequestContext


class Graph(Protocol):
    """Answers operations; a refused one is an answer too (``executed`` is false)."""

    def answer(self, request: GraphQLRequest, context: RequestContext) -> Awaitable[Answer]:
        """Run one query or mutation."""
        ...

    def stream(
        self, request: GraphQLRequest, context: RequestContext
    ) -> AsyncGenerator[Answer, None]:
        """Run one subscription; closing the generator ends it at its source."""
        ...
