"""Runs JavaScript in QuickJS, compiled to WebAssembly, in a child process: for machines without
bubblewrap. A program has no files, no network and no modules; the engine gives it memory, the
parent ends it by the clock.
"""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version
from typing import Any

from trellis.subgraphs.executions.languages import Language
from trellis.subgraphs.executions.runners.runner import (
    MIB,
    Outcome,
    Program,
    Result,
    RunnerFailed,
    Stream,
    Support,
    Write,
)

_MODULE = "trellis.subgraphs.executions.runners.webassembly_process"
_START_SECONDS = 30
"""The engine is compiled before the program begins, which takes half a second of a free core."""
_LONGEST_MESSAGE = 4 * MIB


class WebAssembly:
    """See ``Runner``. ``instead`` is why there is nothing better, for the languages that it does
    not run."""

    name = "webassembly"

    def __init__(self, instead: str | None = None) -> None:
        self._missing = "only JavaScript runs in the WebAssembly engine" + (
            f"; {instead}" if instead else ""
        )

    def support(self) -> Mapping[Language, Support]:
        engine = Support(version=f"quickjs-rs-{version('quickjs-rs')}")
        missing = Support(unavailable=self._missing)
        return {one: engine if one is Language.JAVASCRIPT else missing for one in Language}

    async def run(self, program: Program, write: Write) -> Result:
        if program.language is not Language.JAVASCRIPT:
            raise RunnerFailed(self._missing)
        # Isolated and with an empty environment: all that it knows comes by its standard input.
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-m", _MODULE),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={},
            limit=_LONGEST_MESSAGE,
            start_new_session=True,
        )
        try:
            return await _Conversation(program, write, child).result()
        finally:
            if child.returncode is None:
                # Not `child.kill()`: it may reap the child before asyncio does, which then warns.
                with suppress(ProcessLookupError):
                    os.kill(child.pid, signal.SIGKILL)
            await asyncio.shield(child.wait())


class _Conversation:
    """What is said to the child and by it: one JSON object per line."""

    def __init__(self, program: Program, write: Write, child: asyncio.subprocess.Process) -> None:
        self._program = program
        self._write = write
        self._child = child
        self._written = 0

    async def result(self) -> Result:
        began: float | None = None
        try:
            async with asyncio.timeout(_START_SECONDS):
                await self._say()
                await self._next("ready")
            began = time.monotonic()
            async with asyncio.timeout(self._program.limits.seconds):
                return await self._until_end(began)
        except TimeoutError:
            if began is None:
                raise RunnerFailed("the engine does not start") from None
            return Result(Outcome.TIMEOUT, None, time.monotonic() - began, 0)

    async def _say(self) -> None:
        limits = self._program.limits
        task = {
            "code": self._program.code,
            "stdin": self._program.stdin,
            "memory": limits.memory_bytes,
            "seconds": limits.seconds,
        }
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps(task).encode() + b"\n")
        await self._child.stdin.drain()

    async def _next(self, kind: str | None = None) -> dict[str, Any]:
        """The next message. Raises ``RunnerFailed`` when it is of another kind."""
        assert self._child.stdout is not None
        line = await self._child.stdout.readline()
        message: dict[str, Any] = json.loads(line) if line else {"kind": "gone"}
        if kind is not None and message["kind"] != kind:
            raise RunnerFailed("the engine has stopped")
        return message

    async def _until_end(self, began: float) -> Result:
        while True:
            message = await self._next()
            spent = time.monotonic() - began
            if message["kind"] == "end":
                outcome, code = Outcome(message["outcome"]), message["code"]
                return Result(outcome, code, spent, message["memory"])
            if message["kind"] == "gone":
                # The kernel refused it memory, or processor time beyond every limit.
                return Result(Outcome.MEMORY, None, spent, 0)
            if self._take(Stream(message["kind"]), message["text"].encode()):
                return Result(Outcome.OUTPUT, None, spent, 0)

    def _take(self, stream: Stream, text: bytes) -> bool:
        """Whether it was more than may be written."""
        room = self._program.limits.output_bytes - self._written
        self._written += len(text)
        if room > 0:
            self._write(stream, text[:room])
        return self._written > self._program.limits.output_bytes
