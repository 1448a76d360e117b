"""The life of one operation, top to bottom; the first file to read.

Everything before ``execute`` is synchronous, deterministic and cached by the supergraph.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from router.answer import Answer
from router.errors import OperationRefused
from router.executor.executable import Executable
from router.executor.execute import execute, execute_stream
from router.operation.limits import refuse
from router.operation.model import NormalizedOperation, OperationKind
from router.operation.request import GraphQLRequest
from router.operation.variables import Variables
from router.planner.explain import to_json
from router.supergraph import Supergraph
from schema.errors import TrellisError
from schema.request import RequestContext

__all__ = ["Answer", "answer", "stream"]


async def answer(
    request: GraphQLRequest, context: RequestContext, supergraph: Supergraph
) -> Answer:
    """Answer one query or mutation. Never raises for what a client or a subgraph did wrong."""
    try:
        prepared = _prepare(request, context, supergraph, refused_kind="subscription")
    except TrellisError as refusal:
        return _refused(refusal)
    result = await execute(
        prepared.executable,
        prepared.variables.wire,
        context,
        supergraph.transports,
        refusals=prepared.refusals,
    )
    return _finish(request, prepared, result)


async def stream(
    request: GraphQLRequest, context: RequestContext, supergraph: Supergraph
) -> AsyncGenerator[Answer, None]:
    """The answers of a subscription, one per event; a query or mutation gives its one answer.
    Closing the generator ends the subscription at its source."""
    try:
        prepared = _prepare(request, context, supergraph)
    except TrellisError as refusal:
        yield _refused(refusal)
        return
    if prepared.kind != "subscription":
        yield await answer(request, context, supergraph)
        return
    events = execute_stream(
        prepared.executable,
        prepared.variables.wire,
        context,
        supergraph.transports,
        refusals=prepared.refusals,
    )
    async with aclosing(events):
        async for event in events:
            yield _finish(request, prepared, event)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """An operation that may run. ``introspection`` has the fields that need no subgraph."""

    operation: NormalizedOperation
    executable: Executable
    variables: Variables
    refusals: tuple[dict[str, Any], ...]
    introspection: dict[str, Any]

    @property
    def kind(self) -> OperationKind:
        return self.operation.kind


def _prepare(
    request: GraphQLRequest,
    context: RequestContext,
    supergraph: Supergraph,
    *,
    refused_kind: OperationKind | None = None,
) -> _Prepared:
    parsed = supergraph.parse(request.document, request.operation_name)
    if parsed.kind not in request.kinds or parsed.kind == refused_kind:
        message = f"A {parsed.kind} cannot be sent this way."
        raise refuse("METHOD_NOT_ALLOWED", message, http_status=405)
    variables = supergraph.coerce(parsed, request.variables)
    operation = supergraph.normalize(parsed, variables)
    allowed, refusals = supergraph.authorize(operation, context.identity)
    executable = supergraph.prepare(allowed, supergraph.draw_labels())
    introspection = supergraph.introspect(parsed, operation, variables, context.identity)
    return _Prepared(operation, executable, variables, refusals, introspection)


def _finish(request: GraphQLRequest, prepared: _Prepared, result: Answer) -> Answer:
    if prepared.introspection and result.data is not None:
        known = {**result.data, **prepared.introspection}
        keys = (field.key for field in prepared.operation.selection.fields)
        result = replace(result, data={key: known[key] for key in keys}, body=None)
    if request.wants_plan:
        extensions = {**result.extensions, "queryPlan": to_json(prepared.executable.plan)}
        result = replace(result, extensions=extensions)
    return result


def _refused(refusal: TrellisError) -> Answer:
    if isinstance(refusal, OperationRefused):
        return Answer(errors=refusal.errors, executed=False, status=refusal.status)
    error = {"message": refusal.message, "extensions": refusal.extensions}
    return Answer(errors=[error], executed=False, status=refusal.http_status)
