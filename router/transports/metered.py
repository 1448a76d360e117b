"""Counts calls to subgraphs, their failures and durations."""

from collections.abc import AsyncGenerator
from time import perf_counter

from trellis.router.errors import SubgraphError
from trellis.router.transports.base import SubgraphRequest, SubgraphResponse, Transport
from trellis.schema.metrics import ServiceMetrics

_METRICS = ServiceMetrics("router")
_FETCHES = _METRICS.counters(
    "subgraph_fetches_total", "Queries and mutations sent to subgraphs.", "subgraph", "outcome"
)
_SECONDS = _METRICS.histograms(
    "subgraph_fetch_duration_seconds", "Time until subgraphs responded or failed.", "subgraph"
)
_RETRIES = _METRICS.counters(
    "subgraph_retries_total", "Calls to subgraphs that were repeated after a failure.", "subgraph"
)


def count_retry(subgraph: str) -> None:
    """Count a call that is repeated."""
    _RETRIES(subgraph).inc()


class MeteredTransport:
    """A ``Transport`` that counts the calls of another one by outcome: ``ok``, ``errors`` for
    responses with GraphQL errors, the code of a failed call, ``cancelled``."""

    def __init__(self, transport: Transport, subgraph: str) -> None:
        self._transport = transport
        self._subgraph = subgraph
        self._seconds = _SECONDS(subgraph)
        _FETCHES(subgraph, "ok")  # so that it is there before the first call

    @property
    def is_in_process(self) -> bool:
        return self._transport.is_in_process

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        outcome, began = "cancelled", perf_counter()
        try:
            response = await self._transport.send(request)
            outcome = "errors" if response.errors else "ok"
            return response
        except SubgraphError as failure:
            outcome = failure.code
            raise
        except Exception:
            outcome = "INTERNAL"
            raise
        finally:
            self._seconds.observe(perf_counter() - began)
            _FETCHES(self._subgraph, outcome).inc()

    def subscribe(self, request: SubgraphRequest) -> AsyncGenerator[SubgraphResponse, None]:
        return self._transport.subscribe(request)

    async def aclose(self) -> None:
        await self._transport.aclose()
