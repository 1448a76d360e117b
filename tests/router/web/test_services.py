"""A door counts a request that it refuses, unless it has been counted already."""

from typing import Any

from tests.support.toy_graph import ToyGraph
from trellis.router.rate_limit.limiter import CountedRefusal
from trellis.router.rate_limit.report import RateReport
from trellis.router.web.request_context import ContextMaker, begin_charge
from trellis.router.web.services import Services
from trellis.schema.errors import BadRequest, TrellisError
from trellis.schema.request import RequestContext

REPORT = RateReport(limit=5, remaining=4, reset=60)
ERROR = BadRequest("No.")
MAKE_CONTEXT = ContextMaker((), 30)


class Counter:
    def __init__(self) -> None:
        self.counted = 0
        self.services = Services(graph=ToyGraph(), make_context=MAKE_CONTEXT, count=self.count)

    async def count(self, error: TrellisError, context: RequestContext) -> CountedRefusal:
        self.counted += 1
        return error, REPORT


def scope() -> dict[str, Any]:
    return {"type": "http", "headers": [], "client": ("192.0.2.1", 5)}


async def test_a_refused_request_is_counted_once_however_many_contexts_it_has() -> None:
    counter, request = Counter(), scope()
    begin_charge(request)

    first = await counter.services.charge_once(ERROR, MAKE_CONTEXT(request))
    second = await counter.services.charge_once(ERROR, MAKE_CONTEXT(request))

    assert (first, second, counter.counted) == ((ERROR, REPORT), (ERROR, None), 1)


async def test_a_counted_operation_is_not_counted_as_a_refusal() -> None:
    counter, request = Counter(), scope()
    begin_charge(request).is_taken = True

    assert await counter.services.charge_once(ERROR, MAKE_CONTEXT(request)) == (ERROR, None)
    assert counter.counted == 0


async def test_each_request_is_counted_separately() -> None:
    counter = Counter()
    for _ in range(3):
        request = scope()
        begin_charge(request)
        await counter.services.charge_once(ERROR, MAKE_CONTEXT(request))
    assert counter.counted == 3


async def test_on_a_socket_every_refusal_counts() -> None:
    # There is no request that would count it otherwise.
    counter = Counter()
    for _ in range(2):
        await counter.services.charge_once(ERROR, MAKE_CONTEXT(scope()))
    assert counter.counted == 2
