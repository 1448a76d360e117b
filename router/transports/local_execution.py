"""Executes operations on a Strawberry schema in this process, with or without its extensions."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from copy import copy
from typing import Any, Protocol

import strawberry
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
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.graphql import OperationType

from trellis.router.cache import Cache
from trellis.router.operation.parse import DOCUMENT_BYTES, weight_of_document
from trellis.router.operation.rules import FOCUSED_RULES
from trellis.router.pace import is_expected_to_be_long
from trellis.router.transports.base import SubgraphRequest
from trellis.router.transports.sliced_execution import LongExecutor, SlicedExecutor

_CACHING_EXTENSIONS = (ParserCache, ValidationCache)
"""Extensions that only cache parsing and validation, which ``Direct`` does itself."""


class Execution(Protocol):
    """Executes operations on one schema, with a context made for each."""

    def run(
        self, request: SubgraphRequest, context: Any
    ) -> ExecutionResult | Awaitable[ExecutionResult]:
        """Run a query or mutation."""
        ...

    def stream(
        self, request: SubgraphRequest, context: Any
    ) -> AsyncGenerator[ExecutionResult, None]:
        """Run a subscription. Closing the generator ends it at the source."""
        ...


def execution_of(schema: strawberry.Schema) -> Execution:
    """The fastest execution that still runs all extensions of the schema."""
    extensions: list[SchemaExtension] = schema.get_extensions()
    if all(type(extension) in _CACHING_EXTENSIONS for extension in extensions):
        return Direct(schema)
    return Extended(schema)


class Direct:
    """Executes with graphql-core. Each document is parsed and validated once."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self._schema = schema._schema
        self._documents: Cache[str, DocumentNode | list[GraphQLError]] = Cache(
            DOCUMENT_BYTES, "subgraph_documents"
        )

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
            executor_class=LongExecutor if is_expected_to_be_long() else SlicedExecutor,
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
            # Closes the resolver's generator now instead of at garbage collection.
            if isinstance(events, AsyncGenerator):
                await events.aclose()

    def _prepare(self, query: str) -> DocumentNode | list[GraphQLError]:
        return self._documents.find(
            query, lambda: self._parse(query), lambda _: weight_of_document(query)
        )

    def _parse(self, query: str) -> DocumentNode | list[GraphQLError]:
        try:
            document = parse(query, no_location=True)
            return validate(self._schema, document, FOCUSED_RULES) or document
        except GraphQLError as error:
            return [error]


class _SlicedExtended(SlicedExecutor, StrawberryGraphQLCoreExecutionContext):
    """With what extensions want to know of each field."""


class _LongExtended(LongExecutor, StrawberryGraphQLCoreExecutionContext):
    """The same, taking turns from the start."""


class Extended:
    """Executes with Strawberry, which runs the hooks of ``SchemaExtension``s and the directives of
    the schema, as ``strawberry.asgi`` would; in long lists it pauses, as ``Direct`` does, unless
    the schema has an executor of its own."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self._schema = self._for_long = schema
        if schema.execution_context_class is StrawberryGraphQLCoreExecutionContext:
            # Copies: who else uses the schema gets what it was made with.
            self._schema, self._for_long = copy(schema), copy(schema)
            self._schema.execution_context_class = _SlicedExtended
            self._for_long.execution_context_class = _LongExtended

    async def run(self, request: SubgraphRequest, context: Any) -> ExecutionResult:
        schema = self._for_long if is_expected_to_be_long() else self._schema
        result = await schema.execute(
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
