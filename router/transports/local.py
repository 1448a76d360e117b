"""A subgraph in this process: its Strawberry schema is executed directly, without HTTP or JSON."""

import asyncio
import inspect
from collections.abc import AsyncGenerator, Awaitable
from contextlib import AsyncExitStack
from typing import Any

from graphql import ExecutionResult, GraphQLError

from trellis.router.errors import SubgraphTimeout
from trellis.router.pace import leave_turns
from trellis.router.transports.base import SubgraphRequest, SubgraphResponse
from trellis.router.transports.invalid_text import without_invalid_text
from trellis.router.transports.local_execution import execution_of
from trellis.schema.federation import presentable
from trellis.schema.subgraph import Subgraph


class LocalTransport:
    """Each call gets its own context from ``Subgraph.make_context``. If the context is awaitable it
    is awaited; if it is an async context manager it is entered, and exited after the operation.

    Unexpected errors of resolvers are logged and masked by ``presentable``.
    """

    is_in_process = True

    def __init__(self, subgraph: Subgraph, *, timeout: float | None = None) -> None:
        """``timeout`` limits one query or mutation, in seconds, so that a resolver that hangs
        affects only the fields of its own subgraph."""
        self.subgraph = subgraph
        self.timeout = timeout
        self.schema = subgraph.schema._schema
        self._execution = execution_of(subgraph.schema)
        self._plain_context: type | None = None  # a context type that needs no await and no exit

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        context = self.subgraph.make_context(request.context)
        if type(context) is self._plain_context:
            result = self._execution.run(request, context)
            if not isinstance(result, ExecutionResult):
                result = await self._in_time(result, request.subgraph)
        else:
            result = await self._in_time(self._run_within(context, request), request.subgraph)
        return _response(result, request)

    async def _run_within(self, made: Any, request: SubgraphRequest) -> ExecutionResult:
        async with AsyncExitStack() as stack:
            context = await self._enter(made, stack)
            result = self._execution.run(request, context)
            return result if isinstance(result, ExecutionResult) else await result

    async def _enter(self, made: Any, stack: AsyncExitStack) -> Any:
        if inspect.isawaitable(made):
            context = await made
        else:
            context = made
            if not hasattr(context, "__aenter__"):
                self._plain_context = type(context)
        if hasattr(context, "__aenter__"):
            return await stack.enter_async_context(context)
        return context

    async def _in_time(self, result: Awaitable[ExecutionResult], subgraph: str) -> ExecutionResult:
        limit = asyncio.timeout(self.timeout)
        try:
            async with limit:
                return await result
        except TimeoutError:
            if not limit.expired():  # raised by a resolver
                raise
            raise SubgraphTimeout(subgraph, "The subgraph did not respond in time.") from None
        finally:
            leave_turns()
            del limit  # it refers to the task, whose exception refers to this frame

    async def subscribe(self, request: SubgraphRequest) -> AsyncGenerator[SubgraphResponse, None]:
        async with AsyncExitStack() as stack:
            context = await self._enter(self.subgraph.make_context(request.context), stack)
            events = self._execution.stream(request, context)
            try:
                async for event in events:
                    yield _response(event, request)
            except Exception as problem:
                # An exception of the resolver ends its stream and is masked like any other.
                error = GraphQLError(str(problem), original_error=problem)
                yield _response(ExecutionResult(errors=[error]), request)
            finally:
                await events.aclose()

    async def aclose(self) -> None:
        return None


def _response(result: ExecutionResult, request: SubgraphRequest) -> SubgraphResponse:
    response = SubgraphResponse(
        data=result.data,
        errors=[_formatted(error, request) for error in result.errors or ()],
        extensions=result.extensions or {},
    )
    return without_invalid_text(response, request.query)


def _formatted(error: GraphQLError, request: SubgraphRequest) -> dict[str, Any]:
    return dict(presentable(error, request.context.request_id).formatted)
