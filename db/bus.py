"""How events reach their readers: one Protocol, in this process or through Redis Streams.

A stream is a log, one per subgraph. A subscriber has a small queue; one that falls behind loses
nothing: its queue is thrown away and it reads on from the log. So memory stays bounded whatever
a slow client does. Durable readers, those that keep copies, follow the log itself: nothing that is
committed escapes them, whichever process has relayed it.
"""

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from functools import partial
from typing import Protocol

from broadcaster import Broadcast

from trellis.db.outbox import Envelope
from trellis.db.readers import Board, MemoryBoard
from trellis.db.tasks import end_tasks
from trellis.schema.background import keep_running
from trellis.schema.errors import BadUserInput, Unavailable

logger = logging.getLogger("trellis.bus")

QUEUE_SIZE = 128
_WAIT_FOR_OWNER_SECONDS = 10
_AWAKE_AT_ONCE = 20
_PAGE = 100
_READ_AGAIN_SECONDS = 0.5
# How soon a durable reader finds what another process has committed into the same database.
_LOOK_EVERY_SECONDS = 1.0
# Numbers with as many may be more than databases and Redis take.
_TOO_MANY_DIGITS = 19


class Log(Protocol):
    """What a memory bus asks of the one that keeps a stream: the relayed events in order."""

    async def read_after(self, cursor: str, limit: int) -> Sequence[Envelope]: ...

    async def head(self) -> str: ...


class EventBus(Protocol):
    """Carries envelopes from relays to subscribers; at least once, in order per stream.

    ``sees_commits``: whether ``head`` counts events that are committed but not relayed yet.
    ``readers`` has the positions of the durable readers of the streams.
    """

    sees_commits: bool
    readers: Board

    def attach(self, stream: str, log: Log) -> None:
        """Called by the process that owns ``stream`` before it publishes."""
        ...

    def knows(self, stream: str) -> bool:
        """Whether the stream is available: within one process only after its owner has started."""
        ...

    async def publish(self, stream: str, envelopes: Sequence[Envelope]) -> None: ...

    def subscribe(self, stream: str, after: str | None = None) -> AsyncGenerator[Envelope]:
        """Events after a cursor, or from now on; use it inside ``aclosing``."""
        ...

    def follow_log(self, stream: str, after: str) -> AsyncGenerator[Envelope]:
        """Every event after a cursor, in order and for ever, for a durable reader; use it inside
        ``aclosing``."""
        ...

    def log_grew(self, stream: str) -> None:
        """Called after a commit with events: who follows the log looks at once, if it can."""
        ...

    async def read_after(self, stream: str, cursor: str, limit: int) -> Sequence[Envelope]: ...

    async def head(self, stream: str) -> str:
        """The cursor of the newest event of the stream; ``"0"`` when there is none."""
        ...

    async def connect(self) -> None: ...

    async def close(self) -> None: ...


def order_of(cursor: str) -> tuple[int, ...]:
    """A cursor as a sortable value. Raises ``BadUserInput`` for text that is none."""
    parts = cursor.split("-")
    is_made_of_numbers = all(
        p.isascii() and p.isdigit() and len(p) < _TOO_MANY_DIGITS for p in parts
    )
    if len(parts) > 2 or not is_made_of_numbers:
        raise BadUserInput("This is not an event cursor: pass one that an event carried.")
    return tuple(int(part) for part in parts)


class FanOut:
    """The subscribers of one stream within this process, each with a bounded queue.

    All have an event at once, but are woken some at a time: each of them reads from the database
    and writes to its client, and thousands that do so in one round of the loop keep everybody else
    waiting for seconds.
    """

    def __init__(self) -> None:
        self._queues: set[SubscriberQueue] = set()
        self._to_wake: deque[SubscriberQueue] = deque()

    def deliver(self, envelope: Envelope) -> None:
        for queue in self._queues:
            queue.put(envelope)
        self._call()

    def everyone_lags(self) -> None:
        """The live feed had a gap: all subscribers must read on from the log."""
        for queue in self._queues:
            queue.drop()
        self._call()

    def _call(self) -> None:
        is_waking = bool(self._to_wake)
        for queue in self._queues:
            if not queue.is_called:
                queue.is_called = True
                self._to_wake.append(queue)
        if not is_waking:
            self._wake()

    def _wake(self) -> None:
        for _ in range(min(_AWAKE_AT_ONCE, len(self._to_wake))):
            self._to_wake.popleft().wake()
        if self._to_wake:
            asyncio.get_running_loop().call_soon(self._wake)

    def join(self) -> "SubscriberQueue":
        queue = SubscriberQueue()
        self._queues.add(queue)
        return queue

    def leave(self, queue: "SubscriberQueue") -> None:
        self._queues.discard(queue)


class SubscriberQueue:
    """At most ``QUEUE_SIZE`` events; one more and they are dropped and it reports a lag."""

    def __init__(self) -> None:
        self._events: deque[Envelope] = deque()
        self._arrived = asyncio.Event()
        self.lags = False
        self.is_called = False  # it is going to be woken

    def put(self, envelope: Envelope) -> None:
        if len(self._events) >= QUEUE_SIZE:
            self.drop()
        elif not self.lags:
            self._events.append(envelope)

    def drop(self) -> None:
        self._events.clear()
        self.lags = True

    def wake(self) -> None:
        """Let its subscriber take what has come."""
        self.is_called = False
        self._arrived.set()

    async def wait(self) -> None:
        await self._arrived.wait()

    def take(self) -> list[Envelope]:
        """Everything that waits, in order."""
        taken = list(self._events)
        self._events.clear()
        self._arrived.clear()
        return taken


async def follow(
    bus: EventBus, stream: str, fan_out: FanOut, after: str | None
) -> AsyncGenerator[Envelope]:
    """History after the cursor, then live events; each once and in order.

    The queue is joined before the log is read, so nothing falls between the two.
    """
    queue = fan_out.join()
    try:
        if after is None:
            last = order_of(await bus.head(stream))
        else:
            last, queue.lags = order_of(after), True
        while True:
            if queue.lags:
                queue.lags = False
                async with aclosing(_log_after(bus, stream, last)) as missed:
                    async for envelope in missed:
                        last = order_of(envelope.cursor)
                        yield envelope
            await queue.wait()
            for envelope in queue.take():
                if order_of(envelope.cursor) > last:
                    last = order_of(envelope.cursor)
                    yield envelope
    finally:
        fan_out.leave(queue)


async def _log_after(bus: EventBus, stream: str, last: tuple[int, ...]) -> AsyncGenerator[Envelope]:
    cursor = "-".join(str(part) for part in last)
    while True:
        try:
            page = await bus.read_after(stream, cursor, _PAGE)
        except Unavailable:
            await asyncio.sleep(_READ_AGAIN_SECONDS)
            continue
        if not page:
            return
        for envelope in page:
            yield envelope
        cursor = page[-1].cursor


class MemoryBus:
    """The bus within one process: broadcaster carries live events, the outbox is the log."""

    sees_commits = True

    def __init__(self) -> None:
        self._broadcast = Broadcast("memory://")
        self._logs: dict[str, Log] = {}
        self._attached: dict[str, asyncio.Event] = {}
        self._fan_outs: dict[str, FanOut] = {}
        self._pumps: dict[str, asyncio.Task[None]] = {}
        self._followers: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._watches: dict[str, asyncio.Task[None]] = {}
        self.readers: Board = MemoryBoard()

    async def connect(self) -> None:
        await self._broadcast.connect()

    async def close(self) -> None:
        await end_tasks(*self._pumps.values(), *self._watches.values())
        self._pumps.clear()
        self._watches.clear()
        await self._broadcast.disconnect()

    def attach(self, stream: str, log: Log) -> None:
        self._logs[stream] = log
        self._attached_event(stream).set()

    def knows(self, stream: str) -> bool:
        return stream in self._logs

    async def publish(self, stream: str, envelopes: Sequence[Envelope]) -> None:
        if stream not in self._pumps:
            return  # nobody listens; who comes later reads the log
        for envelope in envelopes:
            await self._broadcast.publish(stream, envelope)

    async def subscribe(self, stream: str, after: str | None = None) -> AsyncGenerator[Envelope]:
        await self._start_pump(stream)
        async with aclosing(follow(self, stream, self._fan_outs[stream], after)) as events:
            async for envelope in events:
                yield envelope

    async def follow_log(self, stream: str, after: str) -> AsyncGenerator[Envelope]:
        cursor, grew = after, asyncio.Event()
        self._followers[stream].add(grew)
        if stream not in self._watches:
            self._watches[stream] = keep_running(
                partial(self._watch, stream), name=f"watch of {stream}"
            )
        try:
            while True:
                grew.clear()
                async with aclosing(_log_after(self, stream, order_of(cursor))) as missed:
                    async for envelope in missed:
                        cursor = envelope.cursor
                        yield envelope
                await grew.wait()
        finally:
            self._followers[stream].discard(grew)
            if not self._followers[stream]:
                await end_tasks(self._watches.pop(stream, None))

    async def _watch(self, stream: str) -> None:
        """Look for what other processes commit, once for all followers of the stream."""
        known = None
        while True:
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
            try:
                head = await self.head(stream)
            except Unavailable:
                continue
            except Exception:
                # The boundary of a background task: it must outlive whatever goes wrong once.
                logger.exception("the head of %s cannot be read", stream)
                continue
            if head != known:
                known = head
                self.log_grew(stream)

    def log_grew(self, stream: str) -> None:
        for follower in self._followers[stream]:
            follower.set()

    async def read_after(self, stream: str, cursor: str, limit: int) -> Sequence[Envelope]:
        return await (await self._log(stream)).read_after(cursor, limit)

    async def head(self, stream: str) -> str:
        return await (await self._log(stream)).head()

    async def _log(self, stream: str) -> Log:
        # A consumer may start before the owner of the stream does.
        attached = self._attached_event(stream)
        try:
            async with asyncio.timeout(_WAIT_FOR_OWNER_SECONDS):
                await attached.wait()
        except TimeoutError:
            logger.warning(
                "no subgraph of this process announces %r; "
                "if it runs in another one, set TRELLIS_REDIS_URL in both",
                stream,
            )
            await attached.wait()
        return self._logs[stream]

    def _attached_event(self, stream: str) -> asyncio.Event:
        return self._attached.setdefault(stream, asyncio.Event())

    async def _start_pump(self, stream: str) -> None:
        if stream in self._pumps:
            return
        fan_out = self._fan_outs.setdefault(stream, FanOut())
        listening = asyncio.Event()
        self._pumps[stream] = keep_running(
            partial(self._pump, stream, fan_out, listening), name=f"pump of {stream}"
        )
        await listening.wait()

    async def _pump(self, stream: str, fan_out: FanOut, listening: asyncio.Event) -> None:
        # broadcaster's own queues have no bound: this task is its only subscriber and never
        # waits for anybody, so they stay empty.
        async with self._broadcast.subscribe(stream) as arrivals:
            # Nothing is missed where this begins again after a failure.
            fan_out.everyone_lags()
            listening.set()
            while True:
                fan_out.deliver((await arrivals.get()).message)  # type: ignore[arg-type]
