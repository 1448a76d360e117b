"""The path of one operation through the router; the first file to read.

``prepare`` is the only place that defines the order of the stages. Doors, the library and
explaining tools all call it with their own stages. Results that depend on the operation alone are
cached by the stages. An operation that involves policies is authorized twice: it is admitted as if
all policies held, and enforced with their real outcome, which alone decides what is planned.
"""

from collections.abc import AsyncGenerator, Hashable
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import structlog

from trellis.router.answer import Answer
from trellis.router.authorization.authorize import Authorized
from trellis.router.authorization.explain import Case
from trellis.router.authorization.policies.outcome import PolicyOutcome
from trellis.router.authorization.policies.session import PolicySession
from trellis.router.cost.demand import Demand
from trellis.router.errors import OperationDenied, OperationRefused
from trellis.router.exact_json import dumps
from trellis.router.executor.executable import Executable
from trellis.router.executor.execute import execute, execute_stream
from trellis.router.executor.live_fields import is_live
from trellis.router.operation.model import NormalizedOperation, OperationKind
from trellis.router.operation.reader import ValidRequest
from trellis.router.operation.request import QUERIES_AND_MUTATIONS, GraphQLRequest
from trellis.router.operation.variables import Variables
from trellis.router.pace import LONG_COST, expect
from trellis.router.planner.explain import to_json
from trellis.router.rate_limit.limiter import Admission
from trellis.router.rate_limit.places import Place
from trellis.router.rate_limit.report import RateReport
from trellis.router.stages import Stages
from trellis.schema.changes import ids_in
from trellis.schema.errors import RateLimited, TrellisError, Unavailable
from trellis.schema.request import OF_ONE_REQUEST, RequestContext

__all__ = ["Answer", "Prepared", "Refused", "answer", "prepare", "run", "stream"]

log = structlog.get_logger(__name__)


async def answer(request: GraphQLRequest, context: RequestContext, stages: Stages) -> Answer:
    """Answer one query or mutation. Errors of clients and subgraphs are part of the answer and
    never raised."""
    if "subscription" in request.kinds:
        request = replace(request, kinds=request.kinds & QUERIES_AND_MUTATIONS)
    prepared = await prepare(request, context, stages)
    if isinstance(prepared, Refused):
        return prepared.answer()
    if request.reuse_seconds and prepared.kind == "query" and not prepared.outcome.open:
        result = await _reuse(request, prepared, context, stages)
    else:
        result = await run(prepared, stages)
    return _finish(request, prepared, stages, result)


async def stream(
    request: GraphQLRequest, context: RequestContext, stages: Stages
) -> AsyncGenerator[Answer, None]:
    """The answers of a subscription, one per event; a query or mutation has one answer. Closing
    the generator ends the subscription at its source."""
    prepared = await prepare(request, context, stages)
    if isinstance(prepared, Refused):
        yield prepared.answer()
        return
    if prepared.kind != "subscription":
        yield _finish(request, prepared, stages, await run(prepared, stages))
        return
    begin = partial(_begin, prepared, context, stages)
    shared = None if request.wants_plan else _shared_by(prepared, context, stages)
    events = begin() if shared is None else stages.streams.listen(shared, begin)
    async with aclosing(events):
        async for event in events:
            yield _finish(request, prepared, stages, event)


# -- preparation ----------------------------------------------------------------------------------


class Prepared(NamedTuple):
    """An operation that is ready to run. ``outcome`` has the verdicts of policies so far,
    ``introspection`` the results of introspection fields, ``admission`` the context to run it in,
    ``demand`` its estimated cost."""

    operation: NormalizedOperation
    variables: Variables
    outcome: PolicyOutcome
    refusals: tuple[dict[str, Any], ...]
    executable: Executable
    introspection: dict[str, Any]
    admission: Admission
    demand: Demand | None

    @property
    def kind(self) -> OperationKind:
        return self.operation.kind

    @property
    def case(self) -> Case:
        """The input for explaining denials."""
        identity = self.admission.context.identity
        return Case(self.operation, identity, self.outcome, self.variables.coerced)


class Refused(NamedTuple):
    """An operation that is refused; it is counted like any other. ``case`` is set if it was denied
    to its caller."""

    error: TrellisError
    rate: RateReport | None = None
    case: Case | None = None

    def answer(self) -> Answer:
        """The answer for the client."""
        return Answer.refused(self.error, self.rate)


async def prepare(
    request: GraphQLRequest, context: RequestContext, stages: Stages
) -> Prepared | Refused:
    """Prepare an operation, or refuse it. In both cases it is counted once."""
    try:
        valid = stages.reader.read(request)
    except TrellisError as refusal:
        return Refused(*await stages.limiter.after_refusal(refusal, context))
    _, variables, operation = valid
    outcome = stages.enforcer.initial_outcome(operation, variables)
    admitted = await _admit(valid, outcome, context, stages)
    if isinstance(admitted, Refused):
        return admitted
    authorized, admission, demand = admitted
    if authorized is None or outcome.is_optimistic:
        enforced = await _enforce(valid, admission, context, stages)
        if isinstance(enforced, Refused):
            return enforced
        outcome, authorized = enforced
    try:
        executable = stages.plans.executable(authorized, stages.draw_labels())
        introspection = stages.visible_schema.answer(valid, context.identity)
    except TrellisError as failure:
        return Refused(failure, admission.rate)
    return Prepared(
        operation,
        variables,
        outcome,
        authorized.refusals,
        executable,
        introspection,
        admission,
        demand,
    )


_Admitted = tuple[Authorized | None, Admission, Demand | None]
"""An operation that was counted. Authorized is None if even the optimistic outcome denies it:
its policies are evaluated nevertheless, so that the explanation is complete."""


async def _admit(
    valid: ValidRequest, outcome: PolicyOutcome, context: RequestContext, stages: Stages
) -> _Admitted | Refused:
    """The first pass of authorization, the cost estimate of what it allows, and the rate limits.
    They come before policies, which may be slow or in another process: a caller beyond a limit
    must not be able to trigger them."""
    _, variables, operation = valid
    try:
        authorized = stages.enforcer.authorize(operation, context.identity, outcome)
        demand = stages.demand.check(authorized.operation, variables.wire)
        cost = None if demand is None else demand.estimated
        admission = await stages.limiter.admit(authorized.operation, variables.wire, context, cost)
    except OperationDenied as denial:
        error, rate = await stages.limiter.after_refusal(denial, context)
        if error is not denial:
            return Refused(error, rate)
        if outcome.is_optimistic:
            return None, Admission(context, rate), None
        return _denied(denial, rate, valid, outcome, context)
    except TrellisError as refusal:
        return Refused(*await stages.limiter.after_refusal(refusal, context))
    return authorized, admission, demand


class _Enforced(NamedTuple):
    outcome: PolicyOutcome
    authorized: Authorized


async def _enforce(
    valid: ValidRequest, admission: Admission, context: RequestContext, stages: Stages
) -> _Enforced | Refused:
    """The second pass of authorization, with the real outcome of the policies."""
    _, variables, operation = valid
    try:
        outcome = await stages.enforcer.decide(operation, variables, context)
    except TrellisError as failure:
        return Refused(failure, admission.rate)
    try:
        authorized = stages.enforcer.authorize(operation, context.identity, outcome)
    except OperationDenied as denial:
        return _denied(denial, admission.rate, valid, outcome, context)
    return _Enforced(outcome, authorized)


def _denied(
    denial: OperationDenied,
    rate: RateReport | None,
    valid: ValidRequest,
    outcome: PolicyOutcome,
    context: RequestContext,
) -> Refused:
    _, variables, operation = valid
    return Refused(denial, rate, Case(operation, context.identity, outcome, variables.coerced))


async def _session_for_event(
    prepared: Prepared, context: RequestContext, stages: Stages
) -> PolicySession | None:
    """The policy session for one event. Raises OperationRefused if the policies about the caller
    or the arguments no longer have the outcome that they had when the subscription started."""
    outcome = await stages.enforcer.decide(prepared.operation, prepared.variables, context)
    if outcome.key != prepared.outcome.key:
        stages.enforcer.authorize(prepared.operation, context.identity, outcome)
        error = {
            "message": "Your rights have changed since the subscription started: subscribe again.",
            "extensions": {"code": "FORBIDDEN"},
        }
        raise OperationRefused([error], http_status=403)
    return outcome.verdicts


# -- execution ------------------------------------------------------------------------------------


def _begin(
    prepared: Prepared, context: RequestContext, stages: Stages
) -> AsyncGenerator[Answer, None]:
    """Subscribe at the source."""
    return execute_stream(
        prepared.executable,
        prepared.variables.wire,
        prepared.admission.context,
        stages.transports,
        gates=stages.gates,
        refusals=prepared.refusals,
        open_session=partial(_session_for_event, prepared, context, stages),
        introspection=prepared.introspection,
    )


def _shared_by(prepared: Prepared, context: RequestContext, stages: Stages) -> Hashable | None:
    """What makes subscriptions equal, so that one serves them all: the plan, which is that of a
    selection and of rights to its fields, the variables, and the caller. None for one of its own.

    Tokens of one sign-in follow one another; who holds them stays the same. Where a subgraph
    gets the token, it is part of what is equal.
    """
    fields, variables = prepared.operation.selection.fields, prepared.variables
    if len(fields) != 1 or not is_live(fields[0], variables.coerced, stages.live):
        return None
    return _sameness(prepared, dumps(variables.wire), context, stages)


def _sameness(
    prepared: Prepared, asked: bytes, context: RequestContext, stages: Stages
) -> Hashable:
    """Equal for operations of one caller that have the same result: the plan, the outcome of
    policies, the variables (``asked``, as JSON), the caller, and what subgraphs learn of the
    request."""
    steps = prepared.executable.plan.steps
    is_local = all(stages.transports[step.service].is_in_process for step in steps)
    unshared = OF_ONE_REQUEST | {"authorization"} if is_local else OF_ONE_REQUEST
    headers = frozenset(pair for pair in context.headers.items() if pair[0] not in unshared)
    plan, verdicts = prepared.executable, prepared.outcome.key
    caller = context.identity.without_token
    return plan, verdicts, asked, caller, headers, context.profile, context.route


async def _reuse(
    request: GraphQLRequest, prepared: Prepared, context: RequestContext, stages: Stages
) -> Answer:
    """The kept response of the query, if there is one. It was counted, and authorized by rights and
    policies, like any other; policies about objects of the response are evaluated each time, so
    queries with such are executed."""
    identity = context.identity
    asked = dumps(prepared.variables.wire)
    about = ids_in(f"{asked.decode()} {identity.id} {identity.tenant_id}")
    key = _sameness(prepared, asked, context, stages)
    return await stages.responses.reuse(
        key, request.reuse_seconds, about, partial(run, prepared, stages)
    )


async def run(prepared: Prepared, stages: Stages) -> Answer:
    """Run a query or mutation, if its caller may have one more running; a long one when there is
    room for it."""
    try:
        place = stages.places.take(prepared.admission.context)
    except RateLimited as refusal:
        return Answer.refused(refusal)
    cost = 0 if prepared.demand is None else prepared.demand.estimated
    expect(cost)
    try:
        if cost <= LONG_COST:
            result = await _execute(prepared, stages)
        else:
            result = await _run_long(prepared, stages, place, cost)
    finally:
        stages.places.give_back(place)
    if result.denied_values and stages.rejects and prepared.kind == "query":
        errors = [denied.refusal() for denied in result.denied_values]
        return Answer(errors=errors, executed=False, status=403, denied_values=result.denied_values)
    return result


async def _execute(prepared: Prepared, stages: Stages) -> Answer:
    return await execute(
        prepared.executable,
        prepared.variables.wire,
        prepared.admission.context,
        stages.transports,
        refusals=prepared.refusals,
        verdicts=prepared.outcome.verdicts,
        introspection=prepared.introspection,
    )


async def _run_long(prepared: Prepared, stages: Stages, caller: Place, cost: int) -> Answer:
    needed = {step.service for step in prepared.executable.plan.steps}
    elsewhere = frozenset(name for name in needed if not stages.transports[name].is_in_process)
    try:
        await stages.room.enter(caller, cost, elsewhere, prepared.admission.context.deadline)
    except (RateLimited, Unavailable) as refusal:
        return Answer.refused(refusal)
    try:
        return await _execute(prepared, stages)
    finally:
        stages.room.leave(cost, elsewhere)


def _finish(request: GraphQLRequest, prepared: Prepared, stages: Stages, result: Answer) -> Answer:
    if request.wants_plan:
        removed = stages.enforcer.explain(prepared.case, result.denied_values)
        plan = to_json(prepared.executable.plan)
        plan["permissions"] = [one.to_json() for one in removed]
        shown = {**result.extensions, "queryPlan": plan, **_shown_cost(prepared, stages, result)}
        result = result._replace(extensions=shown)
    elif prepared.demand is not None and prepared.demand.is_too_high:  # with enforcement off
        cost = _shown_cost(prepared, stages, result)["cost"]
        log.warning("operation_cost", operation=prepared.operation.name, **cost)
    if prepared.admission.rate is not None:
        result = result.with_rate(prepared.admission.rate)
    return result


def _shown_cost(prepared: Prepared, stages: Stages, result: Answer) -> dict[str, dict[str, int]]:
    """The member ``cost`` of the response's extensions; empty without demand control."""
    demand = prepared.demand
    if demand is None:
        return {}
    actual = stages.demand.actual(prepared.operation, prepared.variables.wire, result.data)
    return {"cost": {"estimated": demand.estimated, "actual": actual, "most": demand.most}}
