"""The life of one operation, top to bottom; the first file to read.

Everything before ``execute`` is deterministic and cached by the supergraph, but for ``decide``,
which asks policies, and ``admit``, which counts. An operation that policies concern is authorized
twice: under the optimistic outcome, that all of them hold, before it is counted, and under the
real one, which alone decides what is planned.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import structlog

from trellis.router.answer import Answer
from trellis.router.authorization.authorize import Authorized
from trellis.router.authorization.policies.outcome import PolicyOutcome
from trellis.router.authorization.policies.session import PolicySession
from trellis.router.cost.demand import Demand
from trellis.router.errors import OperationRefused
from trellis.router.executor.executable import Executable
from trellis.router.executor.execute import execute, execute_stream
from trellis.router.operation.model import NormalizedOperation, OperationKind
from trellis.router.operation.request import QUERIES_AND_MUTATIONS, GraphQLRequest
from trellis.router.operation.variables import Variables
from trellis.router.planner.explain import to_json
from trellis.router.rate_limit.limiter import Admission
from trellis.router.supergraph import Supergraph
from trellis.schema.errors import TrellisError
from trellis.schema.request import RequestContext

__all__ = ["Answer", "answer", "stream"]

log = structlog.get_logger(__name__)


async def answer(
    request: GraphQLRequest, context: RequestContext, supergraph: Supergraph
) -> Answer:
    """Answer one query or mutation. Never raises for what a client or a subgraph did wrong."""
    if "subscription" in request.kinds:
        request = replace(request, kinds=request.kinds & QUERIES_AND_MUTATIONS)
    prepared = await _prepare(request, context, supergraph)
    if isinstance(prepared, Answer):
        return prepared
    return await _run(request, prepared, supergraph)


async def stream(
    request: GraphQLRequest, context: RequestContext, supergraph: Supergraph
) -> AsyncGenerator[Answer, None]:
    """The answers of a subscription, one per event; a query or mutation gives its one answer.
    Closing the generator ends the subscription at its source."""
    prepared = await _prepare(request, context, supergraph)
    if isinstance(prepared, Answer):
        yield prepared
        return
    if prepared.kind != "subscription":
        yield await _run(request, prepared, supergraph)
        return
    events = execute_stream(
        prepared.executable,
        prepared.variables.wire,
        prepared.admission.context,
        supergraph.transports,
        refusals=prepared.refusals,
        judge=partial(_judge_again, prepared, context, supergraph),
        introspection=prepared.introspection,
    )
    async with aclosing(events):
        async for event in events:
            yield _finish(request, prepared, supergraph, event)


async def _judge_again(
    prepared: "_Prepared", context: RequestContext, supergraph: Supergraph
) -> PolicySession | None:
    """What asks the policies about one event. Raises OperationRefused when they do not say what
    they said when the subscription began."""
    outcome = await supergraph.policies.decide(prepared.operation, prepared.variables, context)
    if outcome.key != prepared.outcome.key:
        supergraph.authorize(prepared.operation, context.identity, outcome)
        error = {
            "message": "Your rights have changed since the subscription began: subscribe again.",
            "extensions": {"code": "FORBIDDEN"},
        }
        raise OperationRefused([error], http_status=403)
    return outcome.verdicts


class _Prepared(NamedTuple):
    """An operation that may run. ``outcome`` is what the policies have said so far,
    ``introspection`` answers what it asks about the schema, ``admission`` is the context to run it
    in, ``demand`` what it was estimated to cost, where that is asked."""

    operation: NormalizedOperation
    outcome: PolicyOutcome
    executable: Executable
    variables: Variables
    refusals: tuple[dict[str, Any], ...]
    introspection: dict[str, Any]
    admission: Admission
    demand: Demand | None

    @property
    def kind(self) -> OperationKind:
        return self.operation.kind


async def _prepare(
    request: GraphQLRequest, context: RequestContext, supergraph: Supergraph
) -> _Prepared | Answer:
    """The operation, ready to run, or the answer that refuses it. Either was counted once."""
    try:
        parsed, variables, operation = supergraph.understand(request)
        outcome = supergraph.policies.before_asking(operation, variables)
        authorized, demand, admission = await _admit(
            operation, outcome, variables, context, supergraph
        )
    except TrellisError as refusal:
        return Answer.refused(*await supergraph.limiter.after_refusal(refusal, context))
    try:
        if authorized is None or outcome.is_optimistic:
            outcome = await supergraph.policies.decide(operation, variables, context)
            authorized = supergraph.authorize(operation, context.identity, outcome)
        executable = supergraph.prepare(authorized, supergraph.draw_labels())
        introspection = supergraph.introspect(parsed, operation, variables, context.identity)
    except TrellisError as failure:
        return Answer.refused(failure, admission.headers)
    return _Prepared(
        operation,
        outcome,
        executable,
        variables,
        authorized.refusals,
        introspection,
        admission,
        demand,
    )


async def _admit(
    operation: NormalizedOperation,
    optimistic: PolicyOutcome,
    variables: Variables,
    context: RequestContext,
    supergraph: Supergraph,
) -> tuple[Authorized | None, Demand | None, Admission]:
    """Refuse an operation that costs too much and count it before its policies are asked, as these
    may be slow or in another process: a caller over the limit must not reach them. None for what
    is refused anyway; its policies are asked all the same, so that it is explained in full."""
    try:
        authorized = supergraph.authorize(operation, context.identity, optimistic)
    except OperationRefused as refusal:
        if not optimistic.is_optimistic:
            raise
        error, headers = await supergraph.limiter.after_refusal(refusal, context)
        if error is not refusal:
            raise error from None
        return None, None, Admission(context, headers)
    demand = supergraph.estimate(authorized.operation, variables)
    cost = None if demand is None else demand.estimated
    admission = await supergraph.limiter.admit(authorized.operation, variables.wire, context, cost)
    return authorized, demand, admission


async def _run(request: GraphQLRequest, prepared: _Prepared, supergraph: Supergraph) -> Answer:
    result = await execute(
        prepared.executable,
        prepared.variables.wire,
        prepared.admission.context,
        supergraph.transports,
        refusals=prepared.refusals,
        verdicts=prepared.outcome.verdicts,
        introspection=prepared.introspection,
    )
    if result.lost and supergraph.options.reject and prepared.kind == "query":
        errors = [place.refusal() for place in result.lost]
        result = Answer(errors=errors, executed=False, status=403, lost=result.lost)
    return _finish(request, prepared, supergraph, result)


def _finish(
    request: GraphQLRequest, prepared: _Prepared, supergraph: Supergraph, result: Answer
) -> Answer:
    if request.wants_plan:
        removed = supergraph.policies.explain(
            prepared.operation,
            prepared.admission.context.identity,
            prepared.outcome,
            prepared.variables,
            result.lost,
        )
        plan = to_json(prepared.executable.plan)
        plan["permissions"] = [one.to_json() for one in removed]
        shown = {
            **result.extensions,
            "queryPlan": plan,
            **_shown_cost(prepared, supergraph, result),
        }
        result = result._replace(extensions=shown)
    elif prepared.demand is not None and prepared.demand.is_too_high:  # with enforcement off
        cost = _shown_cost(prepared, supergraph, result)["cost"]
        log.warning("operation_cost", operation=prepared.operation.name, **cost)
    if prepared.admission.headers:
        result = result.with_headers(prepared.admission.headers)
    return result


def _shown_cost(
    prepared: _Prepared, supergraph: Supergraph, result: Answer
) -> dict[str, dict[str, int]]:
    """The member ``cost`` of extensions; empty where costs are not estimated."""
    demand, control = prepared.demand, supergraph.demand
    if demand is None or control is None:
        return {}
    actual = control.actual(prepared.operation, prepared.variables.wire, result.data)
    return {"cost": {"estimated": demand.estimated, "actual": actual, "most": demand.most}}
