"""Logs that all workers and routers share, in Redis."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError

from trellis.router.rate_limit.redis_script import SCRIPT
from trellis.router.rate_limit.sliding_log import Charge, Level

_BATCH = 200
_ANSWER_SECONDS = 2.0  # for the connection; those who ask are patient for much less
_LATE = 0.01
_EXTRA_WAITS = 3


class StoreAway(Exception):
    """Redis did not answer, or not in time."""


class _Question(NamedTuple):
    keys: Sequence[str]
    arguments: Sequence[Any]
    answer: asyncio.Future[Sequence[Level]]


class RedisStore:
    """Fills ``Store`` but for strictness. Every method raises StoreAway after ``patience``.

    One connection serves all: what is asked while an answer is on its way travels together with
    the next, so there is one round trip for many requests under load and nobody waits for a
    connection. ``clock`` replaces the server's in tests.
    """

    def __init__(
        self,
        url: str,
        *,
        patience: float = 0.05,
        prefix: str = "trellis:limits:",
        clock: Callable[[], int] | None = None,
    ) -> None:
        # Protocol 3 answers in other shapes; a retry would count twice.
        self._redis = Redis.from_url(
            url,
            protocol=2,
            socket_timeout=_ANSWER_SECONDS,
            socket_connect_timeout=_ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._script = ""
        self._patience = patience
        self._prefix = prefix
        self._clock = clock
        self._questions: list[_Question] = []
        self._courier: asyncio.Task[None] | None = None

    async def take(self, charges: Sequence[Charge]) -> Sequence[Level]:
        return await self._ask("take", charges)

    async def peek(self, charges: Sequence[Charge]) -> Sequence[Level]:
        return await self._ask("peek", charges)

    async def connect(self) -> None:
        """Open the connection and bring the script; raises StoreAway. Takes up to two seconds."""
        try:
            self._script = await self._redis.script_load(SCRIPT)
        except (RedisError, OSError, TimeoutError) as failure:
            raise StoreAway(str(failure)) from failure

    async def aclose(self) -> None:
        if self._courier is not None:
            self._courier.cancel()
            await asyncio.gather(self._courier, return_exceptions=True)
        await self._redis.aclose()

    async def _ask(self, what: str, charges: Sequence[Charge]) -> Sequence[Level]:
        loop = asyncio.get_running_loop()
        arguments: list[Any] = [what, self._clock() if self._clock else ""]
        for _, window, cost, _ in charges:
            arguments += (window.limit, window.microseconds, window.slot, cost)
        keys = [self._prefix + charge.key for charge in charges]
        question = _Question(keys, arguments, loop.create_future())
        self._questions.append(question)
        if self._courier is None or self._courier.done():
            self._courier = loop.create_task(self._carry())
        timer = _Patience(question.answer, self._patience)
        try:
            return await question.answer
        finally:
            timer.cancel()

    async def _carry(self) -> None:
        """Bring questions to Redis and answers back until there are none left."""
        while self._questions:
            batch = [q for q in self._questions[:_BATCH] if not q.answer.done()]
            del self._questions[:_BATCH]
            try:
                answers = await self._send(batch)
            except (RedisError, OSError, TimeoutError) as failure:
                for question in batch + self._questions:
                    if not question.answer.done():
                        question.answer.set_exception(StoreAway(str(failure)))
                self._questions.clear()
                return
            for question, answer in zip(batch, answers, strict=True):
                if not question.answer.done():
                    question.answer.set_result(_levels(answer))

    async def _send(self, batch: Sequence[_Question]) -> Sequence[Sequence[int]]:
        if not self._script:
            self._script = await self._redis.script_load(SCRIPT)
        answers = await self._send_once(batch)
        # A restarted server does not know the script; what it did not run it did not count.
        again = [n for n, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
        if again:
            self._script = await self._redis.script_load(SCRIPT)
            for number, answer in zip(
                again, await self._send_once([batch[n] for n in again]), strict=True
            ):
                answers[number] = answer
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return answers

    async def _send_once(self, batch: Sequence[_Question]) -> list[Any]:
        pipe = self._redis.pipeline(transaction=False)
        for keys, arguments, _ in batch:
            pipe.evalsha(self._script, len(keys), *keys, *arguments)
        return await pipe.execute(raise_on_error=False)


class _Patience:
    """Ends the wait for an answer. When the timer itself comes late, this process was busy and
    not Redis slow: the answer may lie in the socket, so it gets another chance."""

    def __init__(self, answer: asyncio.Future[Sequence[Level]], seconds: float) -> None:
        self._answer = answer
        self._seconds = seconds
        self._extra = _EXTRA_WAITS
        self._loop = asyncio.get_running_loop()
        self._start()

    def cancel(self) -> None:
        self._timer.cancel()

    def _start(self) -> None:
        self._due = self._loop.time() + self._seconds
        self._timer = self._loop.call_at(self._due, self._is_over)

    def _is_over(self) -> None:
        if self._answer.done():
            return
        if self._extra and self._loop.time() - self._due > _LATE:
            self._extra -= 1
            self._start()
            return
        self._answer.set_exception(StoreAway("no answer in time"))


def _levels(numbers: Sequence[int]) -> list[Level]:
    return [Level(*numbers[at : at + 3]) for at in range(0, len(numbers), 3)]
