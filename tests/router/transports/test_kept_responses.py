"""Earlier responses that stand in while the circuit breaker of a subgraph is open."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest

from tests.support.resilient_calls import BROKEN, OK, Calls, open_after
from trellis.router.errors import SubgraphCircuitOpen, SubgraphUnavailable
from trellis.router.transports.base import SubgraphRequest, SubgraphResponse
from trellis.router.transports.kept_responses import KEPT_BYTES, KeptResponses
from trellis.schema.identity import Identity
from trellis.schema.request import RequestContext

ADA = Identity(id=UUID(int=1))
Change = Callable[[SubgraphRequest], SubgraphRequest]
READ = SubgraphRequest(
    "a", "{ a }", {"id": 1}, context=RequestContext(identity=ADA), accepts_stale=True
)


async def test_the_last_response_stands_in_while_the_breaker_is_open():
    calls = Calls(OK)
    await open_after(calls, READ)
    calls.now += 12

    stale = await calls.transport.send(READ)

    assert (stale.data, stale.age) == ({"a": 1}, 12.0)
    assert calls.below.calls == 1


def by_another_caller(request: SubgraphRequest) -> SubgraphRequest:
    return replace(request, context=RequestContext(identity=Identity(id=UUID(int=2))))


def with_other_rights(request: SubgraphRequest) -> SubgraphRequest:
    identity = replace(ADA, scopes=frozenset({"admin"}))
    return replace(request, context=RequestContext(identity=identity))


def of_something_else(request: SubgraphRequest) -> SubgraphRequest:
    return replace(request, variables={"id": 2})


def in_another_language(request: SubgraphRequest) -> SubgraphRequest:
    context = replace(request.context, headers={"accept-language": "de"})
    return replace(request, context=context)


def that_needs_fresh_data(request: SubgraphRequest) -> SubgraphRequest:
    return replace(request, accepts_stale=False)


@pytest.mark.parametrize(
    "change",
    [
        by_another_caller,
        with_other_rights,
        of_something_else,
        in_another_language,
        that_needs_fresh_data,
    ],
)
async def test_nothing_stands_in_for_a_request(change: Change):
    calls = Calls(OK)
    await open_after(calls, READ)

    with pytest.raises(SubgraphCircuitOpen):
        await calls.transport.send(change(READ))


@pytest.mark.parametrize("header", ["x-request-id", "traceparent", "tracestate"])
async def test_what_is_of_one_request_makes_no_difference(header: str):
    calls = Calls(OK)
    await open_after(calls, READ)
    context = replace(READ.context, headers={header: "x"}, request_id="x")

    assert (await calls.transport.send(replace(READ, context=context))).age == 0


async def test_no_response_is_used_that_is_too_old():
    calls = Calls(OK, stale_seconds=10)
    await open_after(calls, READ)
    calls.now = 10.0
    assert (await calls.transport.send(READ)).age == 10

    calls.now = 10.5
    with pytest.raises(SubgraphCircuitOpen):
        await calls.transport.send(READ)


async def test_a_later_response_with_errors_ends_an_earlier_one():
    denied = SubgraphResponse({"a": None}, [{"message": "Forbidden."}])
    calls = Calls(OK, denied)
    await open_after(calls, READ, READ)

    with pytest.raises(SubgraphCircuitOpen):
        await calls.transport.send(READ)


async def test_a_failure_with_errors_does_not_end_an_earlier_one():
    """It is what opens the breaker."""
    unavailable = SubgraphResponse(errors=[{"message": "Busy."}], failure=BROKEN)
    calls = Calls(OK, unavailable)
    await open_after(calls, READ, READ)

    assert (await calls.transport.send(READ)).age == 0


async def test_the_age_is_that_of_the_last_response():
    calls = Calls(OK)
    calls.now = 1_000.0
    await calls.transport.send(READ)
    calls.now = 1_005.0
    await open_after(calls, READ)
    calls.now = 1_007.0

    assert (await calls.transport.send(READ)).age == 2


async def test_a_caller_is_the_same_with_the_next_token():
    calls = Calls(OK)
    identity = replace(ADA, token_id="t-2", issued_at=1_704_067_200, expires_at=1_704_068_100)
    await open_after(calls, READ)

    renewed = replace(READ, context=replace(READ.context, identity=identity))
    assert (await calls.transport.send(renewed)).age == 0


async def test_large_responses_are_not_kept():
    body = b'{"data":{"a":"' + b"x" * 1_000_000 + b'"}}'
    calls = Calls(OK, SubgraphResponse({"a": "x"}, body=body))
    await open_after(calls, READ, READ)

    with pytest.raises(SubgraphCircuitOpen):
        await calls.transport.send(READ)


async def test_kept_responses_have_a_bound_in_bytes():
    kept = KeptResponses(60)
    response = SubgraphResponse({"a": "x"}, body=b'{"data":{"a":"' + b"x" * 100_000 + b'"}}')
    requests = [replace(READ, variables={"id": number}) for number in range(300)]
    for request in requests:
        kept.keep(request, response)

    found = [number for number, request in enumerate(requests) if kept.find(request)]
    assert found == list(range(300 - len(found), 300))
    assert 0.95 * KEPT_BYTES < len(found) * 100_000 < KEPT_BYTES


async def test_nothing_stands_in_for_a_call_that_fails():
    calls = Calls(OK, BROKEN)
    await calls.transport.send(READ)

    with pytest.raises(SubgraphUnavailable):
        await calls.transport.send(READ)


async def test_responses_that_stand_in_are_not_shared():
    """The executor writes into the data of a response."""
    calls = Calls(OK)
    await open_after(calls, READ)
    first = await calls.transport.send(READ)
    assert first.data is not None
    first.data["a"] = "changed"

    assert (await calls.transport.send(READ)).data == {"a": 1}
