"""Subgraphs for executor tests: they answer from a table or a schema, and remember the calls."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

from trellis.router.transports.base import SubgraphRequest, SubgraphResponse
from trellis.router.transports.read import read_response

Reply = Mapping[str, Any] | Exception


class RecordingTransport:
    """Answers each call with ``reply(variables)`` or a fixed reply, after ``delay`` seconds.

    ``running`` counts calls under way and ``cancelled`` those that were stopped; ``started`` is
    set once there has been a call.
    """

    is_in_process = False

    def __init__(
        self,
        reply: Reply | Callable[[Mapping[str, Any]], Reply] = {"data": {}},  # noqa: B006
        *,
        delay: float = 0.0,
        events: tuple[Reply, ...] = (),
    ) -> None:
        self.reply = reply
        self.delay = delay
        self.events = events
        self.requests: list[SubgraphRequest] = []
        self.started = asyncio.Event()
        self.running = 0
        self.cancelled = 0
        self.closed_streams = 0

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        self.requests.append(request)
        self.running += 1
        self.started.set()
        try:
            await asyncio.sleep(self.delay)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.running -= 1
        reply = self.reply(request.variables) if callable(self.reply) else self.reply
        return _given(request, reply)

    async def subscribe(self, request: SubgraphRequest) -> AsyncGenerator[SubgraphResponse, None]:
        self.requests.append(request)
        try:
            for event in self.events:
                await asyncio.sleep(self.delay)
                yield _given(request, event)
        finally:
            self.closed_streams += 1

    async def aclose(self) -> None:
        return None


def _given(request: SubgraphRequest, reply: Reply) -> SubgraphResponse:
    if isinstance(reply, Exception):
        raise reply
    return read_response(request.subgraph, dict(reply))
