"""Equal subscriptions of equal callers are one: one source, one resolution and one encoding of each
event, however many listen.

::

    transports ── events ──> _Source ──┬──> listener ──> door
    (one subscription)    (one task)   ├──> listener ──> door
                                       └──> ...   fifty at a time, then others have their turn
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Hashable
from contextlib import aclosing

from trellis.router.answer import Answer
from trellis.schema.errors import TrellisError

# Each listener that wakes checks rights and writes to a socket, about a tenth of a millisecond;
# between two slices other waiting operations get the processor.
_SLICE = 50
# Events that wait for a door that is held back by its client: as many as the door's own queue.
_BEHIND = 128

Events = AsyncGenerator[Answer, None]


class StreamOverrun(TrellisError):
    """Events came faster than the client took them; it may subscribe again and ask for them."""

    code = "SUBSCRIPTION_OVERRUN"
    http_status = 503

    def __init__(self) -> None:
        super().__init__("Events came faster than they were read; subscribe again.")


class _Listener:
    """What has come for one subscription and was not taken yet."""

    def __init__(self) -> None:
        self._waiting: deque[Answer] = deque()
        self._news = asyncio.Event()
        self._end: Exception | None = None
        self._is_over = False

    def put(self, answer: Answer) -> None:
        if len(self._waiting) >= _BEHIND:
            self._waiting.clear()
            self.end(StreamOverrun())
        elif not self._is_over:
            self._waiting.append(answer)
            self._news.set()

    def end(self, error: Exception | None = None) -> None:
        """Nothing more comes; ``error`` is raised behind what has come."""
        if not self._is_over:
            self._is_over, self._end = True, error
            self._news.set()

    async def answers(self) -> Events:
        while True:
            while self._waiting:
                yield self._waiting.popleft()
            if self._is_over:
                if self._end is not None:
                    raise self._end
                return
            self._news.clear()
            await self._news.wait()


class _Source:
    """One subscription to subgraphs, handed to all listeners by a task of its own."""

    def __init__(self, events: Events, forget: Callable[[], None]) -> None:
        self._events = events
        self._forget = forget
        self._listeners: dict[_Listener, None] = {}
        self._task = asyncio.create_task(self._hand_out())

    def join(self) -> _Listener:
        listener = _Listener()
        self._listeners[listener] = None
        return listener

    async def leave(self, listener: _Listener) -> None:
        """The last one to leave ends the subscription, and waits until it has ended."""
        del self._listeners[listener]
        if not self._listeners and not self._task.done():
            self._forget()
            self._task.cancel()
            await asyncio.wait((self._task,))

    async def _hand_out(self) -> None:
        error: Exception | None = None
        try:
            async with aclosing(self._events) as events:
                async for answer in events:
                    await self._give(_encoded(answer))
        except Exception as problem:  # the boundary of a stream: its listeners raise it
            error = problem
        finally:
            self._forget()
            for listener in self._listeners:
                listener.end(error)

    async def _give(self, answer: Answer) -> None:
        for number, listener in enumerate(tuple(self._listeners), 1):
            listener.put(answer)
            if number % _SLICE == 0:
                await asyncio.sleep(0)


class SharedStreams:
    """The subscriptions of one supergraph that are running, by what makes them equal."""

    def __init__(self) -> None:
        self._sources: dict[Hashable, _Source] = {}

    def __len__(self) -> int:
        return len(self._sources)

    async def listen(self, key: Hashable, begin: Callable[[], Events]) -> Events:
        """The answers of the subscription under ``key`` from now on; ``begin`` starts it if it does
        not run. It ends when the last one stops listening. Raises StreamOverrun for one that does
        not take them, and what its source raises."""
        source = self._sources.get(key)
        if source is None:
            source = _Source(begin(), lambda: self._forget(key, source))
            self._sources[key] = source
        listener = source.join()
        try:
            async with aclosing(listener.answers()) as answers:
                async for answer in answers:
                    yield answer
        finally:
            await source.leave(listener)

    def _forget(self, key: Hashable, source: _Source | None) -> None:
        if self._sources.get(key) is source:
            self._sources.pop(key, None)


def _encoded(answer: Answer) -> Answer:
    """With its bytes, so that no listener makes them again."""
    if answer.body is not None or answer.errors or answer.extensions or not answer.executed:
        return answer
    return answer._replace(body=answer.to_bytes())
