"""What counting and logging cost a request, beside the same request without them."""

import logging
import os
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvloop
from starlette.types import ASGIApp

from tests.benchmarks.test_hot_path import OPEN, Me
from trellis.router import pipeline
from trellis.router.answer import Answer
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.config import Config, RateLimits
from trellis.router.loading.supergraph import load_supergraph
from trellis.router.operation.request import GraphQLRequest
from trellis.router.serving.live_graph import LiveGraph
from trellis.router.serving.logs import configure_logs
from trellis.router.serving.request_log import request_log
from trellis.router.serving.snapshot import CountedGraph
from trellis.router.transports.metered import MeteredTransport
from trellis.router.web.errors import Errors
from trellis.router.web.graphql import GraphQLEndpoint
from trellis.router.web.request_context import ContextMaker
from trellis.router.web.request_id import RequestId
from trellis.router.web.request_meter import RequestMeter
from trellis.router.web.response_headers import ResponseHeaders
from trellis.router.web.services import Services
from trellis.schema.request import RequestContext

pytestmark = pytest.mark.bench

# The bare path takes 42 microseconds here: no socket, no token, a subgraph that does nothing.
# Counting adds 11 increments and 4 readings of the clock to it, about 12 microseconds in all, and
# the line of the log 8 more, whatever the request costs besides.
MOST_TO_COUNT, MOST_TO_LOG = 1.45, 1.70
REQUESTS, ROUNDS = 2_000, 9
BODY = b'{"query":"query Mine { me { id name mail } }"}'
SCOPE = {
    "type": "http",
    "method": "POST",
    "path": "/graphql",
    "raw_path": b"/graphql",
    "query_string": b"",
    "client": ("192.0.2.1", 1),
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))],
}
Ask = Callable[[], Awaitable[None]]


class Uncounted(CountedGraph):
    """As it was before there were metrics."""

    async def answer(self, request: GraphQLRequest, context: RequestContext) -> Answer:
        self.running += 1
        try:
            return await pipeline.answer(request, context, self.supergraph)
        finally:
            self.leave()


def asking(*, counts: bool, config: Config | None = None) -> Ask:
    """Sends the request through the layers of the product."""
    sdl = compose([Subgraph("a", "http://a", OPEN)]).supergraph_sdl
    settings = Config(rate_limit=RateLimits(enabled=False))
    transport = MeteredTransport(Me(), "a") if counts else Me()
    live = LiveGraph.over(load_supergraph(sdl, {"a": transport}, settings))
    graph = live if counts else Uncounted(live.supergraph)
    services = Services(graph=graph, make_context=ContextMaker((), 30))
    app: ASGIApp = Errors(GraphQLEndpoint(services))
    if counts:
        doors = {"/graphql": "graphql"}
        write = request_log(config, "router", doors) if config else None
        app = RequestMeter(app, service="router", doors=doors, write=write)
    app = ResponseHeaders(RequestId(app))

    async def receive() -> Any:
        return {"type": "http.request", "body": BODY}

    async def send(_message: Any) -> None:
        pass

    async def ask() -> None:
        await app(dict(SCOPE), receive, send)

    return ask


async def ratios(plain: Ask, *others: Ask) -> list[float]:
    """How many times as long the others take, in turns so that noise meets all alike."""
    times: dict[Ask, list[float]] = {ask: [] for ask in (plain, *others)}
    for _ in range(ROUNDS):
        for ask, taken in times.items():
            began = time.process_time()
            for _ in range(REQUESTS):
                await ask()
            taken.append((time.process_time() - began) / REQUESTS)
    best = {ask: statistics.median(taken) for ask, taken in times.items()}
    for seconds in best.values():
        sys.stdout.write(f"{seconds * 1e6:6.1f} us  {seconds / best[plain]:.3f}\n")
    return [best[ask] / best[plain] for ask in others]


@contextmanager
def logs_to_nowhere() -> Iterator[None]:
    """Lines are written to a file that keeps none, without the handlers of the test runner."""
    root, stderr = logging.getLogger(), sys.stderr
    handlers, level = root.handlers[:], root.level
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        sys.stderr = nowhere
        configure_logs("info", for_people=False)
        sys.stderr = stderr
        yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_counting_and_logging_cost_little():
    counted = asking(counts=True)
    logged = asking(counts=True, config=Config(mode="production"))
    with logs_to_nowhere():
        to_count, to_log = uvloop.run(ratios(asking(counts=False), counted, logged))
    assert to_count < MOST_TO_COUNT
    assert to_log < MOST_TO_LOG
