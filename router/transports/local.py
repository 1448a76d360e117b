"""A subgraph in this process: its Strawberry schema executed without HTTP and without JSON."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    execute,
    parse,
    subscribe,
    validate,
)

from trellis.router.errors import SubgraphTimeout
from trellis.router.transports.base import SubgraphRequest, SubgraphResponse
from trellis.router.transports.lost_text import without_lost_text
from trellis.schema.federation import presentable
from trellis.schema.subgraph import Subgraph

MAX_DOCUMENTS = 1_000


class LocalTransport:
    """Executes on the schema's graphql-core counterpart. Each call gets a context of its own from
    ``Subgraph.make_context``; documents are parsed and validated once.

    Errors that are the subgraph's own fault are logged and masked as ``presentable`` says.
    """

    def __init__(self, subgraph: Subgraph, *, timeout: float | None = None) -> None:
        """``timeout`` bounds one query or mutation in seconds, so that a resolver that hangs costs
        its own subgraph's fields only."""
        self.subgraph = subgraph
        self.timeout = timeout
        self.schema = subgraph.schema._schema
        self._documents: OrderedDict[str, DocumentNode | list[GraphQLError]] = OrderedDict()

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        document = self._prepare(request.query)
        if isinstance(document, list):
            return _response(ExecutionResult(errors=document), request)
        result = execute(
            self.schema,
            document,
            context_value=self.subgraph.make_context(request.context),
            variable_values=dict(request.variables),
            operation_name=request.operation_name,
        )
        if not isinstance(result, ExecutionResult):
            result = await self._in_time(result, request.subgraph)
        return _response(result, request)

    async def _in_time(self, result: Awaitable[ExecutionResult], subgraph: str) -> ExecutionResult:
        limit = asyncio.timeout(self.timeout)
        try:
            async with limit:
                return await result
        except TimeoutError:
            if not limit.expired():  # a resolver's own
                raise
            raise SubgraphTimeout(subgraph, "The subgraph did not answer in time.") from None

    async def subscribe(self, request: SubgraphRequest) -> AsyncGenerator[SubgraphResponse, None]:
        document = self._prepare(request.query)
        if isinstance(document, list):
            yield _response(ExecutionResult(errors=document), request)
            return
        result = subscribe(
            self.schema,
            document,
            context_value=self.subgraph.make_context(request.context),
            variable_values=dict(request.variables),
            operation_name=request.operation_name,
        )
        stream = result if isinstance(result, AsyncIterator | ExecutionResult) else await result
        if isinstance(stream, ExecutionResult):
            yield _response(stream, request)
            return
        try:
            async for event in stream:
                yield _response(event, request)
        except Exception as problem:
            # The resolver's own failure ends its stream; what it was is told or hidden as usual.
            error = GraphQLError(str(problem), original_error=problem)
            yield _response(ExecutionResult(errors=[error]), request)
        finally:
            # Ends the resolver's generator at once instead of when the collector finds it.
            if isinstance(stream, AsyncGenerator):
                await stream.aclose()

    async def aclose(self) -> None:
        return None

    def _prepare(self, query: str) -> DocumentNode | list[GraphQLError]:
        known = self._documents.get(query)
        if known is not None:
            self._documents.move_to_end(query)
            return known
        prepared: DocumentNode | list[GraphQLError]
        try:
            document = parse(query, no_location=True)
            prepared = validate(self.schema, document) or document
        except GraphQLError as error:
            prepared = [error]
        self._documents[query] = prepared
        if len(self._documents) > MAX_DOCUMENTS:
            self._documents.popitem(last=False)
        return prepared


def _response(result: ExecutionResult, request: SubgraphRequest) -> SubgraphResponse:
    response = SubgraphResponse(
        data=result.data,
        errors=[_formatted(error, request) for error in result.errors or ()],
        extensions=result.extensions or {},
    )
    return without_lost_text(response, request.query)


def _formatted(error: GraphQLError, request: SubgraphRequest) -> dict[str, Any]:
    return dict(presentable(error, request.context.request_id).formatted)
