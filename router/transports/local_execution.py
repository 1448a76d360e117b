"""Two ways to execute an operation on a Strawberry schema of this process."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from typing import Any, Protocol

import strawberry.federation
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    execute,
    parse,
    subscribe,
    validate,
)
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.extensions.base_extension import SchemaExtension
from strawberry.types.graphql import OperationType

from trellis.router.cache import Cache
from trellis.router.operation.parse import DOCUMENT_BYTES, weight_of_document
from trellis.router.transports.base import SubgraphRequest

_NEEDLESS = (ParserCache, ValidationCache)
"""Extensions that only make parsing and validating quicker, as ``Direct`` does by itself."""


class Execution(Protocol):
    """Executes operations on one schema, with a context made for each."""

    def run(
        self, request: SubgraphRequest, context: Any
    ) -> ExecutionResult | Awaitable[ExecutionResult]:
        """A query or mutation."""
        ...

    def stream(
        self, request: SubgraphRequest, context: Any
    ) -> AsyncGenerator[ExecutionResult, None]:
        """A subscription; closing the generator ends it at the source."""
        ...


def execution_of(schema: strawberry.federation.Schema) -> Execution:
    """The quickest way that runs everything the schema asks for."""
    extensions: list[SchemaExtension] = schema.get_extensions()
    if all(type(extension) in _NEEDLESS for extension in extensions):
        return Direct(schema)
    return Extended(schema)


class Direct:
    """On the schema's graphql-core counterpart; each document is parsed and validated once."""

    def __init__(self, schema: strawberry.federation.Schema) -> None:
        self._schema = schema._schema
        self._documents: Cache[str, DocumentNode | list[GraphQLError]] = Cache(DOCUMENT_BYTES)

    def run(
        self, request: SubgraphRequest, context: Any
    ) -> ExecutionResult | Awaitable[ExecutionResult]:
        document = self._prepare(request.query)
        if isinstance(document, list):
            return ExecutionResult(errors=document)
        return execute(
            self._schema,
            document,
            context_value=context,
            variable_values=dict(request.variables),
            operation_name=request.operation_name,
        )

    async def stream(
        self, request: SubgraphRequest, context: Any
    ) -> AsyncGenerator[ExecutionResult, None]:
        document = self._prepare(request.query)
        if isinstance(document, list):
            yield ExecutionResult(errors=document)
            return
        result = subscribe(
            self._schema,
            document,
            context_value=context,
            variable_values=dict(request.variables),
            operation_name=request.operation_name,
        )
        events = result if isinstance(result, AsyncIterator | ExecutionResult) else await result
        if isinstance(events, ExecutionResult):
            yield events
            return
        try:
            async for event in events:
                yield event
        finally:
            # Ends the resolver's generator at once instead of when the collector finds it.
            if isinstance(events, AsyncGenerator):
                await events.aclose()

    def _prepare(self, query: str) -> DocumentNode | list[GraphQLError]:
        return self._documents.find(
            query, lambda: self._parse(query), lambda _: weight_of_document(query)
        )

    def _parse(self, query: str) -> DocumentNode | list[GraphQLError]:
        try:
            document = parse(query, no_location=True)
            return validate(self._schema, document) or document
        except GraphQLError as error:
            return [error]


class Extended:
    """By Strawberry itself, which runs the hooks of ``SchemaExtension``s and the schema's own
    directives. What an extension refuses, hides or counts behind ``strawberry.asgi`` it does here
    too."""

    def __init__(self, schema: strawberry.federation.Schema) -> None:
        self._schema = schema

    async def run(self, request: SubgraphRequest, context: Any) -> ExecutionResult:
        result = await self._schema.execute(
            request.query,
            variable_values=dict(request.variables),
            context_value=context,
            operation_name=request.operation_name,
            allowed_operation_types=(OperationType.QUERY, OperationType.MUTATION),
        )
        return _plain(result)

    async def stream(
        self, request: SubgraphRequest, context: Any
    ) -> AsyncGenerator[ExecutionResult, None]:
        events: Any = await self._schema.subscribe(
            request.query,
            variable_values=dict(request.variables),
            context_value=context,
            operation_name=request.operation_name,
        )
        if not isinstance(events, AsyncGenerator):
            yield _plain(events)
            return
        try:
            async for event in events:
                yield _plain(event)
        finally:
            await events.aclose()


def _plain(result: Any) -> ExecutionResult:
    return ExecutionResult(data=result.data, errors=result.errors, extensions=result.extensions)
