"""A small graph that fills the doors' Protocol without federation, for tests of the doors."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

from graphql import ExecutionResult, GraphQLSchema, build_schema, execute, subscribe

from trellis.router.answer import Answer
from trellis.router.errors import OperationRefused
from trellis.router.operation.limits import OperationLimits
from trellis.router.operation.parse import ParsedOperation, choose_operation, parse_document
from trellis.router.operation.request import GraphQLRequest
from trellis.router.operation.validate import Validator
from trellis.router.operation.variables import coerce_variables
from trellis.schema.errors import NotFound, Unauthenticated
from trellis.schema.request import RequestContext

SDL = """
type Query {
  hello: String!
  echo(text: String!): String!
  whoami: String
  secret: String
  missing: String
  broken: String
  slow(seconds: Float = 60): String
}
type Mutation { add(by: Int = 1): Int! }
type Subscription {
  count(to: Int = 3): Int!
  forever: Int!
  blocks: String!
  breaks: Int
}
"""


class ToyGraph:
    """``total`` is what mutations changed, ``running`` how many slow fields and streams are on."""

    def __init__(self) -> None:
        self.schema: GraphQLSchema = build_schema(SDL)
        self.validator = Validator(self.schema)
        self.total = 0
        self.running = 0
        self.requests: list[GraphQLRequest] = []
        self.contexts: list[RequestContext] = []

    async def answer(self, request: GraphQLRequest, context: RequestContext) -> Answer:
        self.requests.append(request)
        self.contexts.append(context)
        try:
            operation, variables = self._prepare(request)
        except OperationRefused as error:
            return Answer(errors=error.errors, executed=False, status=error.status)
        result = execute(
            self.schema,
            self._document,
            _Root(self, context),
            operation_name=request.operation_name,
            variable_values=dict(variables),
        )
        if not isinstance(result, ExecutionResult):
            result = await result
        extensions = {"queryPlan": {"steps": []}} if request.wants_plan else {}
        errors = [dict(e.formatted) for e in result.errors or ()]
        return Answer(result.data, errors, extensions, kind=operation.kind)

    async def stream(
        self, request: GraphQLRequest, context: RequestContext
    ) -> AsyncGenerator[Answer, None]:
        self.contexts.append(context)
        try:
            operation, variables = self._prepare(request)
        except OperationRefused as error:
            yield Answer(errors=error.errors, executed=False, status=error.status)
            return
        if operation.kind != "subscription":
            yield await self.answer(request, context)
            return
        source = subscribe(
            self.schema,
            self._document,
            _Root(self, context),
            operation_name=request.operation_name,
            variable_values=dict(variables),
        )
        if not isinstance(source, AsyncIterator | ExecutionResult):
            source = await source
        if isinstance(source, ExecutionResult):
            yield Answer(errors=[dict(e.formatted) for e in source.errors or ()], executed=False)
            return
        async with aclosing(source) as results:  # pyright: ignore[reportArgumentType]
            async for result in results:
                yield Answer(result.data, [dict(e.formatted) for e in result.errors or ()])

    def _prepare(self, request: GraphQLRequest) -> tuple[ParsedOperation, Any]:
        parsed = parse_document(request.document, OperationLimits())
        self.validator.check(parsed.document)
        operation = choose_operation(parsed, request.operation_name)
        if operation.kind not in request.kinds:
            raise OperationRefused(
                [
                    {
                        "message": f"This door carries no {operation.kind}.",
                        "extensions": {"code": "METHOD_NOT_ALLOWED"},
                    }
                ],
                http_status=405,
            )
        definitions = operation.operation.variable_definitions or ()
        variables = coerce_variables(self.schema, definitions, request.variables)
        self._document = parsed.document
        return operation, variables.wire


class _Root:
    """Resolvers of the toy graph."""

    hello = "world"

    def __init__(self, graph: ToyGraph, context: RequestContext) -> None:
        self._graph = graph
        self._context = context

    def echo(self, _info: Any, text: str) -> str:
        return text

    def whoami(self, _info: Any) -> str | None:
        return self._context.identity.username

    def secret(self, _info: Any) -> str:
        raise Unauthenticated("Sign in to read the secret.")

    def missing(self, _info: Any) -> str:
        raise NotFound("There is no such thing.")

    async def slow(self, _info: Any, seconds: float) -> str:
        with _Counted(self._graph):
            await asyncio.sleep(seconds)
            return "done"

    def add(self, _info: Any, by: int) -> int:
        self._graph.total += by
        return self._graph.total

    async def count(self, _info: Any, to: int) -> AsyncGenerator[dict[str, int], None]:
        with _Counted(self._graph):
            for number in range(1, to + 1):
                yield {"count": number}

    async def forever(self, _info: Any) -> AsyncGenerator[dict[str, int], None]:
        with _Counted(self._graph):
            number = 0
            while True:
                yield {"forever": number}
                number += 1
                await asyncio.sleep(0.001)

    async def blocks(self, _info: Any) -> AsyncGenerator[dict[str, str], None]:
        with _Counted(self._graph):
            while True:
                yield {"blocks": "x" * 500_000}
                await asyncio.sleep(0.001)

    async def breaks(self, _info: Any) -> AsyncGenerator[dict[str, int], None]:
        yield {"breaks": 1}
        raise RuntimeError("the password is swordfish")


class _Counted:
    def __init__(self, graph: ToyGraph) -> None:
        self._graph = graph

    def __enter__(self) -> None:
        self._graph.running += 1

    def __exit__(self, *_: object) -> None:
        self._graph.running -= 1
