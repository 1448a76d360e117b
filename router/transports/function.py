"""A subgraph that is a plain async function: for tests, mocks and adapters."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any

from trellis.router.transports.base import SubgraphRequest, SubgraphResponse
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


def _response(request: SubgraphRequest, answer: Any) -> SubgraphResponse:
    return without_lost_text(read_response(request.subgraph, answer), request.query)
