"""Subgraphs that are plain async functions, and those that nobody reaches: for the library."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from trellis.router.errors import SubgraphUnavailable
from trellis.router.transports.base import SubgraphRequest, SubgraphResponse, Transport
from trellis.router.transports.lost_text import without_lost_text
from trellis.router.transports.read import read_response

Answers = Callable[[str, Mapping[str, Any]], Awaitable[Any]]
Streams = Callable[[str, Mapping[str, Any]], AsyncGenerator[Any, None]]


class FunctionTransport:
    """Asks ``answers(query, variables)`` for a GraphQL response as a dict. The response belongs
    to the router from then on; ``streams`` likewise gives a subscription's events."""

    def __init__(self, answers: Answers, streams: Streams | None = None) -> None:
        self.answers = answers
        self.streams = streams

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        answer = await self.answers(request.query, request.variables)
        return _response(request, answer)

    async def subscribe(self, request: SubgraphRequest) -> AsyncGenerator[SubgraphResponse, None]:
        if self.streams is None:
            # A source of queries only: its answer is the one event.
            yield await self.send(request)
            return
        events = self.streams(request.query, request.variables)
        try:
            async for event in events:
                yield _response(request, event)
        finally:
            await events.aclose()

    async def aclose(self) -> None:
        return None


class Reached(dict[str, Transport]):
    """Transports by subgraph. One that is missing fails like one that is down, and says why."""

    def __missing__(self, name: str) -> Transport:
        return FunctionTransport(partial(_nobody, name))


async def _nobody(name: str, _query: str, _variables: Mapping[str, Any]) -> Any:
    raise SubgraphUnavailable(
        name, f"Nothing reaches the subgraph '{name}': pass transports={{'{name}': ...}}."
    )


def _response(request: SubgraphRequest, answer: Any) -> SubgraphResponse:
    return without_lost_text(read_response(request.subgraph, answer), request.query)
