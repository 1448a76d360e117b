"""Running an executable plan and shaping what the client gets."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from router.answer import Answer
from router.executor.complete import complete
from router.executor.executable import Executable
from router.executor.failures import client_errors
from router.executor.project import Irregular
from router.executor.run import Gathered, failed_call, gather, gather_rest
from router.executor.size import expanded_size
from router.transports.base import SubgraphRequest, Transport
from schema.request import RequestContext

RESPONSE_BYTES = 10_000_000

Errors = Sequence[dict[str, Any]]


async def execute(
    executable: Executable,
    variables: Mapping[str, Any],
    context: RequestContext,
    transports: Mapping[str, Transport],
    *,
    refusals: Errors = (),
) -> Answer:
    """Run the plan and answer the client; ``refusals`` are errors known before.

    Past ``context.deadline`` every call still running is cancelled and the answer is the error
    REQUEST_TIMEOUT. Cancelling this coroutine cancels every call.
    """
    try:
        if context.deadline is None:
            gathered = await gather(executable, variables, context, transports)
        else:
            async with asyncio.timeout(max(0.0, context.deadline - time.monotonic())):
                gathered = await gather(executable, variables, context, transports)
    except TimeoutError:
        return _late(executable)
    return shape(executable, gathered, refusals)


async def execute_stream(
    executable: Executable,
    variables: Mapping[str, Any],
    context: RequestContext,
    transports: Mapping[str, Transport],
    *,
    refusals: Errors = (),
) -> AsyncGenerator[Answer, None]:
    """One answer per event of a subscription's source. Closing the generator ends the source.

    An event that cannot be completed is an answer with errors, and the stream goes on ("Map
    Source Stream To Response Event"); a source that breaks ends it with an error.
    """
    step = executable.plan.steps[0]
    request = SubgraphRequest(
        subgraph=step.service,
        query=step.operation,
        variables={name: variables[name] for name in step.variables if name in variables},
        kind="subscription",
        context=context,
    )
    try:
        async with aclosing(transports[step.service].subscribe(request)) as events:
            async for event in events:
                gathered = await gather_rest(executable, event, variables, context, transports)
                yield shape(executable, gathered, refusals)
    except Exception as problem:
        # The boundary of one stream; ``failed_call`` tells subgraph failures from our faults.
        gathered = Gathered(failures=[failed_call(step, context, problem)])
        yield shape(executable, gathered, refusals)


def shape(executable: Executable, gathered: Gathered, refusals: Errors = ()) -> Answer:
    """The client's answer: projected data, located errors, nulls where data is missing."""
    plan = executable.plan
    errors = list(refusals)
    if gathered.failures:
        errors += client_errors(gathered.failures, plan.output, gathered.data)
    elif executable.is_identity and not errors:
        return Answer(data=gathered.data, body=gathered.body, kind=plan.kind)
    if gathered.is_shared and expanded_size(gathered.data) > RESPONSE_BYTES:
        return _too_large(executable)
    data: dict[str, Any] | None
    try:
        project = executable.project_shared if gathered.is_shared else executable.project_tree
        data = project(gathered.data)
    except Irregular:
        data, found = complete(plan.output, gathered.data, errors, executable.hidden)
        errors += found
    return Answer(data=data, errors=errors, kind=plan.kind)


def _late(executable: Executable) -> Answer:
    error = {
        "message": "The request took too long and was stopped.",
        "extensions": {"code": "REQUEST_TIMEOUT"},
    }
    return Answer(errors=[error], status=504, kind=executable.plan.kind)


def _too_large(executable: Executable) -> Answer:
    error = {
        "message": f"The answer would have more than {RESPONSE_BYTES} bytes. Ask for less.",
        "extensions": {"code": "RESPONSE_TOO_LARGE"},
    }
    return Answer(errors=[error], kind=executable.plan.kind)
