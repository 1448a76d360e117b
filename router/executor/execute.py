"""Runs an executable plan and builds the client's response."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from itertools import islice
from types import MappingProxyType
from typing import Any

from trellis.router.answer import Answer
from trellis.router.authorization.policies.session import PolicySession
from trellis.router.errors import OperationRefused, PlanningError
from trellis.router.executor.check_objects import NO_DENIALS, Denials
from trellis.router.executor.complete import MAX_ERRORS, complete
from trellis.router.executor.event_gates import EventGates
from trellis.router.executor.executable import Executable
from trellis.router.executor.failures import client_errors
from trellis.router.executor.project import Irregular
from trellis.router.executor.run import Gathered, failed_call, gather, gather_rest
from trellis.router.executor.size import expanded_size
from trellis.router.executor.walk import objects_at
from trellis.router.pace import LARGE_BYTES, aside
from trellis.router.transports.base import SubgraphRequest, Transport
from trellis.schema.request import RequestContext

RESPONSE_BYTES = 10_000_000
"""The largest response written from shared data. A few shared objects can expand to any size; data
without shared objects is bounded by the size limit on each subgraph response."""

Errors = Sequence[dict[str, Any]]
Introspection = Mapping[str, Any]
NO_INTROSPECTION: Introspection = MappingProxyType({})
OpenSession = Callable[[], Awaitable[PolicySession | None]]


async def without_policies() -> None:
    """For operations that involve no policies."""


async def execute(
    executable: Executable,
    variables: Mapping[str, Any],
    context: RequestContext,
    transports: Mapping[str, Transport],
    *,
    refusals: Errors = (),
    verdicts: PolicySession | None = None,
    introspection: Introspection = NO_INTROSPECTION,
) -> Answer:
    """Run the plan and build the response.

    ``refusals`` are the errors of authorization. ``verdicts`` evaluates the policies that guard
    objects. ``introspection`` has the results of ``__schema`` and ``__type`` fields, by
    ``Field.introspection``.

    At ``context.deadline`` all running calls are cancelled and the answer is the error
    REQUEST_TIMEOUT. Cancelling this coroutine cancels all calls.
    """
    try:
        if context.deadline is None:
            gathered = await gather(executable, variables, context, transports)
            denials = await _check(executable, gathered, verdicts)
        else:
            async with asyncio.timeout(max(0.0, context.deadline - time.monotonic())):
                gathered = await gather(executable, variables, context, transports)
                denials = await _check(executable, gathered, verdicts)
    except TimeoutError:
        return _late(executable)
    if executable.plan.absent and _is_present(executable, gathered):
        return _unanswerable(executable)
    if gathered.size < LARGE_BYTES:
        answer = shape(executable, gathered, refusals, denials, introspection)
    else:
        answer = await aside(shape, executable, gathered, refusals, denials, introspection)
    return answer.with_stale(gathered.stale) if gathered.stale else answer


async def execute_stream(
    executable: Executable,
    variables: Mapping[str, Any],
    context: RequestContext,
    transports: Mapping[str, Transport],
    *,
    gates: EventGates,
    refusals: Errors = (),
    open_session: OpenSession = without_policies,
    introspection: Introspection = NO_INTROSPECTION,
) -> AsyncGenerator[Answer, None]:
    """One answer per event of the source stream. Closing the generator closes the source.

    ``gates`` bound how many events are resolved at a time.
    ``open_session`` is called for each event and returns what evaluates policies about it. If it
    raises OperationRefused, that is the last answer.

    An event that cannot be completed becomes an answer with errors, and the stream continues
    (GraphQL specification, "Source to Response Stream"). A source that fails ends the stream with
    an error.
    """
    step = executable.plan.steps[0]
    request = SubgraphRequest(
        subgraph=step.service,
        query=step.operation,
        variables={name: variables[name] for name in step.variables if name in variables},
        kind="subscription",
        context=context,
    )
    needed = frozenset(one.service for one in executable.plan.steps)
    try:
        async with aclosing(transports[step.service].subscribe(request)) as events:
            async for event in events:
                async with gates.passing(needed):
                    verdicts = await open_session()
                    gathered = await gather_rest(executable, event, variables, context, transports)
                    denials = await _check(executable, gathered, verdicts)
                    answer = shape(executable, gathered, refusals, denials, introspection)
                yield answer
    except OperationRefused as refusal:
        yield Answer(errors=refusal.errors, executed=False, status=refusal.status)
    except Exception as problem:
        # Boundary of one stream; ``failed_call`` distinguishes subgraph failures from our bugs.
        gathered = Gathered(failures=[failed_call(step, context, problem)])
        yield shape(executable, gathered, refusals)


async def _check(
    executable: Executable, gathered: Gathered, verdicts: PolicySession | None
) -> Denials:
    """What policies deny of the gathered objects."""
    guards = executable.guards
    if guards is None:
        return NO_DENIALS
    if verdicts is None:
        raise RuntimeError("a plan with guarded objects was run without a policy session")
    has_failures = bool(gathered.failures)
    return await guards.check(gathered.data, verdicts, has_failures=has_failures)


def shape(
    executable: Executable,
    gathered: Gathered,
    refusals: Errors = (),
    denials: Denials = NO_DENIALS,
    introspection: Introspection = NO_INTROSPECTION,
) -> Answer:
    """Build the client's response: projected data, located errors, nulls where data is missing or
    denied."""
    plan = executable.plan
    if introspection:
        executable.introspected.place(gathered.data, introspection)
    failures: Errors = ()
    if gathered.failures:
        failures = client_errors(gathered.failures, plan.output, gathered.data)
    elif executable.is_identity and not refusals:
        return Answer(data=gathered.data, body=gathered.body, kind=plan.kind)
    if gathered.is_shared and expanded_size(gathered.data) > RESPONSE_BYTES:
        return _too_large(executable)
    if denials.at:
        return _without_denied(executable, gathered, refusals, failures, denials)
    errors = [*refusals, *failures]
    data: dict[str, Any] | None
    try:
        project = executable.project_shared if gathered.is_shared else executable.project_tree
        data = project(gathered.data)
    except Irregular:
        data, found = complete(plan.output, gathered.data, errors, executable.hidden)
        errors += found
    return Answer(data=data, errors=errors, kind=plan.kind)


def _without_denied(
    executable: Executable,
    gathered: Gathered,
    refusals: Errors,
    failures: Errors,
    denials: Denials,
) -> Answer:
    """The response with null for what policies deny. Subgraph errors located there are dropped."""
    guards, plan = executable.guards, executable.plan
    assert guards is not None
    denied_values = tuple(islice(guards.places(gathered.data, denials), MAX_ERRORS))
    errors = [*refusals, *guards.without_denied(failures, gathered.data, denials)]
    errors += [place.refusal() for place in denied_values]
    data, found = complete(plan.output, gathered.data, errors, executable.hidden, denials)
    return Answer(data=data, errors=[*errors, *found], kind=plan.kind, denied_values=denied_values)


def _late(executable: Executable) -> Answer:
    error = {
        "message": "The request took too long and was stopped.",
        "extensions": {"code": "REQUEST_TIMEOUT"},
    }
    return Answer(errors=[error], status=504, kind=executable.plan.kind)


def _is_present(executable: Executable, gathered: Gathered) -> bool:
    """Whether there is, or may be, an object with fields that no subgraph can resolve. After a
    failed call that is unknown, so the answer is True."""
    if gathered.failures:
        return True
    return any(objects_at(gathered.data, path) for path in executable.plan.absent)


def _unanswerable(executable: Executable) -> Answer:
    places = ", ".join(
        repr(".".join(segment.key for segment in path)) for path in executable.plan.absent
    )
    error = {
        "message": f"No subgraph can resolve the fields selected at {places}: the supergraph is not"
        " satisfiable for this operation. Compose it again and check the errors.",
        "extensions": {"code": PlanningError.code},
    }
    return Answer(errors=[error], kind=executable.plan.kind)


def _too_large(executable: Executable) -> Answer:
    error = {
        "message": f"The response would exceed {RESPONSE_BYTES} bytes. Select less.",
        "extensions": {"code": "RESPONSE_TOO_LARGE"},
    }
    return Answer(errors=[error], kind=executable.plan.kind)
