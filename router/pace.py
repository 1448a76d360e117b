"""Shares the event loop among long operations, so that short ones never wait for them.

An operation on a schema of this process may start thousands of tasks, which all want to run in one
round of the loop; with ten such operations a round takes a second, and nobody else is heard. So
long operations take turns: one of them and one slice of time for each round. Which is next is
decided by how much was used (in three levels) and then by who came first: equal operations end one
after the other, not all of them at the end.

What one step of a task does cannot be interrupted.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from time import monotonic
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

LONG_COST = 500
"""The estimated cost of a long operation: so many objects take some 50 ms."""

LARGE_BYTES = 1_000_000
"""JSON that is read and shaped aside: about 10 ms for each step."""

SLICE_SECONDS = 0.01
"""One turn. A client beside long operations needs some ten rounds of the loop for a query that
reads from a database, which makes a tenth of a second."""

_LEVELS = (0.1, 1.0)
_WAKE = 64
"""Tasks that are woken for a turn: as many as a slice may suffice for, the rest wait on."""

Result = TypeVar("Result")


class Share:
    """A long operation: for how long it has run since it takes turns, in seconds, and which of its
    tasks wait."""

    __slots__ = ("number", "used", "waiting")
    _count = 0

    def __init__(self) -> None:
        self.used = 0.0
        self.waiting: deque[asyncio.Future[None]] = deque()
        Share._count += 1
        self.number = Share._count

    @property
    def rank(self) -> tuple[int, int]:
        """The lowest is next."""
        return sum(self.used > level for level in _LEVELS), self.number


_share: ContextVar[Share | None] = ContextVar("share", default=None)
_is_expected: ContextVar[bool] = ContextVar("is_expected", default=False)


class _Turns:
    """Gives turns on one loop.

    A round of the loop runs, in this order, the tasks that ``_next`` has woken in the round before,
    and ``_next`` again, which ends their turn.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: set[Share] = set()
        self._owner: Share | None = None
        self._ends = 0.0
        self._is_ticking = False

    def has(self, share: Share) -> bool:
        """Whether it is the turn of ``share``, which takes it if nobody has it or waits for it."""
        now = monotonic()
        if self._owner is share:
            if not self._ends:  # the first of those woken
                self._ends = now + SLICE_SECONDS
            return now < self._ends
        if self._owner is not None or self._waiting:
            return False
        self._owner, self._ends = share, now + SLICE_SECONDS
        self._tick()
        return True

    def wait(self, share: Share) -> asyncio.Future[None]:
        """Done when ``share`` may look again whether it has the turn."""
        future = self._loop.create_future()
        share.waiting.append(future)
        self._waiting.add(share)
        self._tick()
        return future

    def _tick(self) -> None:
        if not self._is_ticking:
            self._is_ticking = True
            self._loop.call_soon(self._next)
            if self._loop.get_task_factory() is None:
                self._loop.set_task_factory(_make_task)

    def _next(self) -> None:
        self._is_ticking = False
        self._owner = None
        while self._waiting and self._owner is None:
            share = min(self._waiting, key=lambda one: one.rank)
            for _ in range(_WAKE):
                if not share.waiting:
                    break
                future = share.waiting.popleft()
                if not future.done():  # else whoever waited has been cancelled
                    future.set_result(None)
                    self._owner, self._ends = share, 0.0
            if not share.waiting:
                self._waiting.discard(share)
        if self._owner is not None:
            self._tick()
        elif self._loop.get_task_factory() is _make_task:
            self._loop.set_task_factory(None)  # it costs every task of the process


class _Paced(Coroutine[Any, Any, Result], Generic[Result]):
    """The coroutine of a task that takes turns."""

    __slots__ = ("_coroutine", "_error", "_share", "_turns")

    def __init__(self, coroutine: Coroutine[Any, Any, Result], share: Share, turns: _Turns) -> None:
        self._coroutine = coroutine
        self._share = share
        self._turns = turns
        self._error: tuple[Any, ...] = ()

    def send(self, value: Any) -> Any:
        if not self._turns.has(self._share):
            # The way in which a coroutine awaits a future. Whatever it awaited itself is done, and
            # its result is still there when it goes on.
            return next(self._turns.wait(self._share).__await__())
        began = monotonic()
        error, self._error = self._error, ()
        try:
            if error:
                return self._coroutine.throw(*error)
            return self._coroutine.send(value)
        finally:
            # The exception refers to this frame: in a cycle, all that the operation had would wait
            # for the collector.
            del error
            self._share.used += monotonic() - began

    def throw(self, *error: Any) -> Any:
        """Failures and cancellation wait for their turn, too: to take down an operation that has
        thousands of tasks takes long."""
        self._error = error
        del error
        return self.send(None)

    def close(self) -> None:
        self._coroutine.close()

    def __await__(self) -> Any:  # no task ever asks for it
        raise NotImplementedError


_turns_of: WeakKeyDictionary[asyncio.AbstractEventLoop, _Turns] = WeakKeyDictionary()


def _make_task(loop: asyncio.AbstractEventLoop, coroutine: Any, **more: Any) -> asyncio.Task[Any]:
    """Tasks that are started for a long operation take turns in every step."""
    share = _share.get()
    if share is not None:
        coroutine = _Paced(coroutine, share, _turns_of[loop])
    return asyncio.Task(coroutine, loop=loop, **more)


def expect(cost: int) -> None:
    """What is begun in this context has been estimated to cost so much."""
    _is_expected.set(cost > LONG_COST)


def is_expected_to_be_long() -> bool:
    """Whether the operation that is begun in this context had better take turns from the start."""
    return _is_expected.get()


async def turn(share: Share) -> None:
    """Wait until it is the turn of this operation. What this task starts from now on belongs to it,
    until ``leave_turns``."""
    _share.set(share)
    loop = asyncio.get_running_loop()
    turns = _turns_of.get(loop)
    if turns is None:
        turns = _turns_of[loop] = _Turns(loop)
    while not turns.has(share):
        await turns.wait(share)


def leave_turns() -> None:
    """What this task starts from now on works for others, too, and never waits."""
    if _share.get() is not None:
        _share.set(None)


_thread = ThreadPoolExecutor(1, thread_name_prefix="aside")


async def aside(function: Callable[..., Result], *arguments: Any) -> Result:
    """Call what takes long and cannot pause on a thread, one at a time: Python lets the loop run
    every five milliseconds (``sys.getswitchinterval``). Nobody else may use what it works on."""
    return await asyncio.get_running_loop().run_in_executor(_thread, function, *arguments)
