"""Transports for programs that use the router as a library: subgraphs that are async functions."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from trellis.router.errors import SubgraphUnavailable
from trellis.router.transports.base import SubgraphRequest, SubgraphResponse, Transport
from trellis.router.transports.invalid_text import without_invalid_text
from trellis.router.transports.read import read_response

SendFunction = Callable[[str, Mapping[str, Any]], Awaitable[Any]]
SubscribeFunction = Callable[[str, Mapping[str, Any]], AsyncGenerator[Any, None]]


class FunctionTransport:
    """Calls ``answers(query, variables)`` for a GraphQL response as a dict, which the router may
    modify afterwards. ``streams`` likewise returns the events of a subscription."""

    is_in_process = False

    def __init__(self, answers: SendFunction, streams: SubscribeFunction | None = None) -> None:
        self.answers = answers
        self.streams = streams

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        answer = await self.answers(request.query, request.variables)
        return _response(request, answer)

    async def subscribe(self, request: SubgraphRequest) -> AsyncGenerator[SubgraphResponse, None]:
        if self.streams is None:
            # Without ``streams``, the response is the only event.
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


class ReachableTransports(dict[str, Transport]):
    """Transports by subgraph. A missing one fails like an unavailable subgraph, with a message that
    explains how to add it."""

    def __missing__(self, name: str) -> Transport:
        return FunctionTransport(partial(_unavailable, name))


async def _unavailable(name: str, _query: str, _variables: Mapping[str, Any]) -> Any:
    raise SubgraphUnavailable(
        name, f"No transport for the subgraph '{name}': pass transports={{'{name}': ...}}."
    )


def _response(request: SubgraphRequest, answer: Any) -> SubgraphResponse:
    return without_invalid_text(read_response(request.subgraph, answer), request.query)
