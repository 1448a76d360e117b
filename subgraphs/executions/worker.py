"""Takes executions from the queue and runs them, several side by side, as long as the subgraph
runs."""

import asyncio
import codecs
import logging
import time
from collections.abc import Awaitable, Callable, Collection
from contextlib import aclosing, suppress
from uuid import UUID

from trellis.db.storage import Storage
from trellis.schema.errors import Unavailable
from trellis.schema.events.executions import ExecutionCancelled, ExecutionQueued
from trellis.subgraphs.executions.languages import Language
from trellis.subgraphs.executions.models import Execution
from trellis.subgraphs.executions.runners.here import runner_here
from trellis.subgraphs.executions.runners.runner import (
    Limits,
    Program,
    Result,
    Runner,
    RunnerFailed,
    Stream,
)
from trellis.subgraphs.executions.settings import ExecutionSettings
from trellis.subgraphs.executions.use_cases.running import (
    RENEW_AFTER_SECONDS,
    Claimed,
    LeaseLost,
    add_output,
    claim_next,
    finish,
    give_back,
    give_up,
)

logger = logging.getLogger("trellis.executions")

# For what no event announces: leases that have ended, places that are free again.
_LOOK_EVERY_SECONDS = 1.0
# As often as output is stored and shown to subscribers: one transaction for each.
_STORE_EVERY_SECONDS = 0.2
_PATIENCE_SECONDS = 10.0


async def work(storage: Storage) -> None:
    """Run what is in the queue, until cancelled. Returns at once where nothing is to be run."""
    settings = ExecutionSettings.from_environment()
    if settings.parallel > 0:
        await Worker(storage, await runner_here(), settings.parallel).work()


class Worker:
    """Runs ``parallel`` executions side by side at most."""

    def __init__(self, storage: Storage, runner: Runner, parallel: int) -> None:
        self._storage = storage
        self._runner = runner
        self._parallel = parallel
        self._running: dict[UUID, asyncio.Task[None]] = {}
        self._news = asyncio.Event()

    async def work(self) -> None:
        support = await asyncio.to_thread(self._runner.support)
        languages = [one for one, found in support.items() if found.unavailable is None]
        if not languages:
            return
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen())
            while True:
                self._news.clear()
                await self._fill(group, languages)
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_EVERY_SECONDS):
                        await self._news.wait()

    async def _fill(self, group: asyncio.TaskGroup, languages: Collection[Language]) -> None:
        """Start what is due, while there are free places."""
        while len(self._running) < self._parallel:
            try:
                claimed = await claim_next(self._storage, languages)
            except Unavailable:
                # Raised into the group it would end the programs that run, too.
                logger.warning("the queue of executions cannot be read for the moment")
                return
            if claimed is None:
                return
            self._running[claimed.execution.id] = group.create_task(self._run(claimed))

    async def _listen(self) -> None:
        """Look at once when something was put into the queue, and end what was cancelled."""
        async with aclosing(self._storage.events()) as events:
            async for event in events:
                if event.topic == ExecutionQueued.topic:
                    self._news.set()
                elif event.topic == ExecutionCancelled.topic:
                    task = self._running.get(UUID(event.key))
                    if task is not None:
                        task.cancel()

    async def _run(self, claimed: Claimed) -> None:
        try:
            await run_claimed(self._storage, self._runner, claimed)
        except Exception:
            # The boundary of one execution: its lease ends, and others wait behind it.
            logger.exception("execution %s failed in its worker", claimed.execution.id)
        finally:
            self._running.pop(claimed.execution.id, None)
            self._news.set()


async def run_claimed(storage: Storage, runner: Runner, claimed: Claimed) -> None:
    """Run an execution that was claimed, and keep its output as it comes."""
    output = Output()
    run = asyncio.create_task(runner.run(_program_of(claimed.execution), output.write))
    try:
        await _store_while(storage, claimed, output, run)
        result = await run
        await _persistently(lambda: finish(storage, claimed, output.all(), result))
    except LeaseLost:
        logger.info("execution %s is no longer run here", claimed.execution.id)
    except RunnerFailed as failed:
        logger.error("execution %s was not run: %s", claimed.execution.id, failed)
        with suppress(LeaseLost):
            await give_up(storage, claimed)
    except asyncio.CancelledError:
        await _ended(run)
        with suppress(LeaseLost, Unavailable):
            await give_back(storage, claimed)
        raise
    finally:
        await _ended(run)


async def _store_while(
    storage: Storage, claimed: Claimed, output: "Output", run: asyncio.Task[Result]
) -> None:
    """Store output until the run is over. What cannot be stored for the moment is kept."""
    stored_at = time.monotonic()
    while not (await asyncio.wait([run], timeout=_STORE_EVERY_SECONDS))[0]:
        is_time = time.monotonic() - stored_at > RENEW_AFTER_SECONDS
        if output.is_waiting or is_time:
            try:
                await add_output(storage, claimed, output.so_far())
            except Unavailable:
                logger.warning("output of %s is not stored yet", claimed.execution.id)
                continue
            output.is_stored()
            stored_at = time.monotonic()


async def _persistently(attempt: Callable[[], Awaitable[None]]) -> None:
    """Once more while the database does not answer, for a while."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return await attempt()
        except Unavailable:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(0.5)


async def _ended(run: asyncio.Task[Result]) -> None:
    if not run.done():
        run.cancel()
        await asyncio.wait([run])
    if not run.cancelled():
        run.exception()  # retrieved, so that asyncio does not report it again


def _program_of(execution: Execution) -> Program:
    return Program(
        language=execution.language,
        code=execution.code,
        stdin=execution.stdin,
        limits=Limits(seconds=execution.seconds),
    )


class Output:
    """What a program has written and nobody has stored yet, as text.

    Bytes that are no UTF-8, and NUL, which PostgreSQL does not store, become replacement
    characters. A character may arrive in two parts.
    """

    def __init__(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")
        self._decoders = {stream: decoder(errors="replace") for stream in Stream}
        self._waiting: list[tuple[Stream, str]] = []
        self._shown = 0

    def write(self, stream: Stream, text: bytes) -> None:
        self._add(stream, self._decoders[stream].decode(text))

    @property
    def is_waiting(self) -> bool:
        return bool(self._waiting)

    def so_far(self) -> list[tuple[Stream, str]]:
        """Everything that waits; until ``is_stored`` it is given again."""
        self._shown = len(self._waiting)
        return list(self._waiting)

    def is_stored(self) -> None:
        """What ``so_far`` has given last is stored."""
        del self._waiting[: self._shown]
        self._shown = 0

    def all(self) -> list[tuple[Stream, str]]:
        """The same at the end, with characters that were never completed."""
        for stream, decoder in self._decoders.items():
            self._add(stream, decoder.decode(b"", final=True))
        return self.so_far()

    def _add(self, stream: Stream, text: str) -> None:
        text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
        if not text:
            return
        # Pieces of one stream become one, except for what is being stored at this moment.
        if len(self._waiting) > self._shown and self._waiting[-1][0] is stream:
            self._waiting[-1] = (stream, self._waiting[-1][1] + text)
        else:
            self._waiting.append((stream, text))
