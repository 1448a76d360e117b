"""Runs programs inside of bubblewrap: namespaces, a system call filter and limits of the kernel.

What is measured, and ends a program that has too much of it, is what limits of single processes
leave open: the memory and the number of all of them together, their time and their output.
"""

import asyncio
import fcntl
import logging
import os
import sys
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from functools import cached_property
from pathlib import Path

from trellis.subgraphs.executions.languages import Language
from trellis.subgraphs.executions.runners import sandbox, seccomp
from trellis.subgraphs.executions.runners.child import Child
from trellis.subgraphs.executions.runners.runner import (
    Limits,
    Outcome,
    Program,
    Result,
    RunnerFailed,
    Stream,
    Support,
    Write,
)
from trellis.subgraphs.executions.runners.toolchains import (
    NoToolchain,
    Toolchain,
    find_toolchain,
)
from trellis.subgraphs.executions.runners.usage import descendants, usage_of

logger = logging.getLogger("trellis.executions")

# As often as memory is measured: what a core can fill meanwhile is a fraction of a limit, and
# measuring a few processes takes a tenth of a millisecond.
_LOOK_EVERY_SECONDS = 0.025
_READ_AT_ONCE = 1 << 16
_XCPU, _XFSZ = 128 + 24, 128 + 25
_SIGNS_WITHIN = 8_192
_SEALS = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL
_COMMANDS = ("bwrap", "prlimit", "setpriv", "nice")


class Bubblewrap:
    """See ``Runner``. ``slots`` is how many run side by side at most; ``cache`` is a folder for
    what languages prepare once."""

    name = "bubblewrap"

    def __init__(self, cache: Path, slots: int) -> None:
        self._cache = cache
        self._free = list(reversed(range(slots)))

    def support(self) -> Mapping[Language, Support]:
        return {
            language: Support(version=found.version)
            if isinstance(found, Toolchain)
            else Support(unavailable=found)
            for language, found in self._toolchains.items()
        }

    @cached_property
    def _toolchains(self) -> Mapping[Language, Toolchain | str]:
        found: dict[Language, Toolchain | str] = {}
        for language in Language:
            try:
                found[language] = find_toolchain(language, self._cache)
            except NoToolchain as missing:
                found[language] = str(missing)
        return found

    async def run(self, program: Program, write: Write) -> Result:
        toolchain = await asyncio.to_thread(lambda: self._toolchains[program.language])
        if isinstance(toolchain, str):
            raise RunnerFailed(toolchain)
        if toolchain.prepare is not None:
            try:
                await asyncio.to_thread(toolchain.prepare)
            except Exception as failed:  # whatever a compiler may do
                raise RunnerFailed(f"{program.language} could not be prepared") from failed
        slot = self._free.pop()
        try:
            return await _Run(program, toolchain, write).result(slot)
        finally:
            self._free.append(slot)


async def why_not() -> str | None:
    """Why the sandbox cannot be built on this machine; None where it can: it was tried."""
    if sys.platform != "linux" or not hasattr(os, "pidfd_open"):
        return "bubblewrap needs Linux"
    for command in _COMMANDS:
        if not os.access(f"/usr/bin/{command}", os.X_OK):
            return f"{command} is not installed"
    if os.uname().machine not in seccomp.machines():
        return f"there is no system call filter for {os.uname().machine}"
    nothing = Toolchain("", "nothing", ("/usr/bin/true",))
    program = Program(
        language=Language.PYTHON, code="", stdin="", limits=Limits(seconds=_PROBE_SECONDS)
    )
    said = bytearray()
    try:
        result = await _Run(program, nothing, lambda _, text: said.extend(text)).result(0)
    except RunnerFailed as failed:
        return f"the sandbox cannot be built: {failed}"
    return None if result.outcome is Outcome.COMPLETED else f"the sandbox fails: {said.decode()}"


_PROBE_SECONDS = 10


class _Run:
    """One program from its start to its end."""

    def __init__(self, program: Program, toolchain: Toolchain, write: Write) -> None:
        self._program = program
        self._limits = program.limits
        self._toolchain = toolchain
        self._write = write
        self._reported = bytearray()
        self._written = 0
        self._first_errors = b""
        self._last_errors = b""
        self._verdict: Outcome | None = None
        self._unmeasured: Exception | None = None
        self._most_memory = 0
        self._since = time.monotonic()
        self._ended_after = 0.0
        self._phase_began = asyncio.Event()

    async def result(self, slot: int) -> Result:
        command = await asyncio.to_thread(sandbox.command_line, self._toolchain, self._limits, slot)
        with _Files(self._program) as files:
            try:
                child = Child(command, files.of_child)
            except OSError as failed:
                raise RunnerFailed(f"{command[0]} could not be started") from failed
            files.close_those_of_child()
            async with self._read(files), self._watched(child) as ended:
                # Shielded: a cancellation of this task must not end the one that reaps the child.
                code = await asyncio.shield(ended)
                self._ended_after = time.monotonic() - self._since
        return self._judge(code)

    @asynccontextmanager
    async def _watched(self, child: Child) -> AsyncGenerator[asyncio.Task[int]]:
        """The end of the child, which comes when the block does, if not before."""
        ended = asyncio.create_task(child.wait())
        watch = asyncio.create_task(self._watch(child))
        try:
            yield ended
        finally:
            watch.cancel()
            while not ended.done():
                child.kill(_init_of(child.pid))
                # Shielded from a cancellation, which may be why we are here.
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([ended], timeout=1.0)

    async def _watch(self, child: Child) -> None:
        try:
            await self._until_exceeded(child.pid)
            child.kill(_init_of(child.pid))
        except Exception as failed:  # what nobody measures must not run on
            logger.exception("a program could not be measured, and is ended")
            self._unmeasured = failed
            child.kill(None)

    async def _until_exceeded(self, pid: int) -> None:
        is_yielding = False
        while self._verdict is None:
            is_yielding = is_yielding or _yield_processor(pid)
            self._verdict = self._exceeded(pid)
            if self._verdict is None:
                await self._rest()

    async def _rest(self) -> None:
        """Shortly in the beginning, so that the shortest programs are measured, too."""
        spent = time.monotonic() - self._since
        self._phase_began.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(min(_LOOK_EVERY_SECONDS, max(0.001, spent / 3))):
                await self._phase_began.wait()

    def _exceeded(self, pid: int) -> Outcome | None:
        compiles = not self._is_running
        most = sandbox.COMPILE_BYTES if compiles else self._limits.memory_bytes
        used = usage_of(pid, most)
        if not compiles:
            self._most_memory = max(self._most_memory, used.memory_bytes, used.peak_bytes)
        seconds = sandbox.COMPILE_SECONDS if compiles else self._limits.seconds
        if self._written > self._limits.output_bytes:
            return Outcome.OUTPUT
        if used.memory_bytes > most:
            return Outcome.COMPILATION if compiles else Outcome.MEMORY
        if time.monotonic() - self._since > seconds:
            return Outcome.COMPILATION if compiles else Outcome.TIMEOUT
        if used.tasks >= self._limits.processes:
            return Outcome.PROCESSES
        return None

    @property
    def _is_running(self) -> bool:
        return sandbox.RUNS in self._reported

    def _take(self, stream: Stream, text: bytes) -> None:
        room = self._limits.output_bytes - self._written
        self._written += len(text)
        if stream is Stream.STDERR:
            self._first_errors = (self._first_errors + text[:_SIGNS_WITHIN])[:_SIGNS_WITHIN]
            self._last_errors = (self._last_errors + text)[-_SIGNS_WITHIN:]
        if room > 0:
            self._write(stream, text[:room])

    def _take_status(self, text: bytes) -> None:
        # The first letters are those of the script; a program that writes more says nothing new.
        if not self._is_running and sandbox.RUNS in text:
            self._since = time.monotonic()
        self._phase_began.set()
        self._reported += text[: 16 - len(self._reported)] if len(self._reported) < 16 else b""

    @asynccontextmanager
    async def _read(self, files: "_Files") -> AsyncGenerator[None]:
        """Take output and status while the block runs, and what is left of it afterwards."""
        loop = asyncio.get_running_loop()
        takers: dict[int, Callable[[bytes], None]] = {
            files.stdout: lambda text: self._take(Stream.STDOUT, text),
            files.stderr: lambda text: self._take(Stream.STDERR, text),
            files.status: self._take_status,
        }

        def read(file: int) -> bool:
            try:
                text = os.read(file, _READ_AT_ONCE)
            except BlockingIOError:
                return False
            if text:
                takers[file](text)
            else:
                loop.remove_reader(file)
            return bool(text)

        for file in takers:
            loop.add_reader(file, read, file)
        try:
            yield
        finally:
            for file in takers:
                # All writers are gone: no more than what a pipe holds can be left.
                while read(file):
                    pass
                loop.remove_reader(file)

    def _judge(self, code: int) -> Result:
        if self._unmeasured is not None:
            raise RunnerFailed("it could not be measured") from self._unmeasured
        if not self._reported:
            reason = self._last_errors.decode(errors="replace").strip()
            logger.error("the sandbox was not built: %s", reason)
            raise RunnerFailed(reason or f"exit code {code}")
        outcome = self._verdict or self._outcome_of(code)
        # Go writes the stacks of all goroutines when it finds no memory.
        signs = self._toolchain.memory_signs
        if outcome is Outcome.OUTPUT and any(sign in self._first_errors for sign in signs):
            outcome = Outcome.MEMORY
        exit_code = code if self._verdict is None else None
        return Result(outcome, exit_code, self._ended_after, self._most_memory)

    def _outcome_of(self, code: int) -> Outcome:
        errors, signs = self._last_errors, self._toolchain
        if self._written > self._limits.output_bytes:
            return Outcome.OUTPUT
        if code == 0:
            return Outcome.COMPLETED
        if sandbox.NOT_COMPILED in self._reported or any(s in errors for s in signs.compile_signs):
            return Outcome.COMPILATION
        if code == _XCPU:
            return Outcome.TIMEOUT
        if code == _XFSZ or sandbox.DISK_FULL in self._reported:
            return Outcome.DISK
        if any(sign in errors for sign in signs.memory_signs):
            return Outcome.MEMORY
        return Outcome.EXIT_CODE


class _Files:
    """The pipes and files between this process and the sandbox, closed at the end."""

    def __init__(self, program: Program) -> None:
        self.stdout, stdout = os.pipe()
        self.stderr, stderr = os.pipe()
        self.status, status = os.pipe()
        self.of_child = {
            sandbox.STDIN: _readable(program.stdin.encode()),
            sandbox.STDOUT: stdout,
            sandbox.STDERR: stderr,
            sandbox.STATUS: status,
            sandbox.FILTER: _readable(seccomp.filter_program()),
            sandbox.SOURCE: _readable(program.code.encode()),
        }
        for file in (self.stdout, self.stderr, self.status):
            os.set_blocking(file, False)

    def close_those_of_child(self) -> None:
        for file in self.of_child.values():
            os.close(file)
        self.of_child = {}

    def __enter__(self) -> "_Files":
        return self

    def __exit__(self, *_: object) -> None:
        self.close_those_of_child()
        for file in (self.stdout, self.stderr, self.status):
            os.close(file)


def _readable(content: bytes) -> int:
    """A file with the content, in memory, that can be read and nothing else, however it is opened
    again by way of /proc."""
    made = os.memfd_create("program", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        with open(made, "wb", closefd=False) as file:
            file.write(content)
        fcntl.fcntl(made, fcntl.F_ADD_SEALS, _SEALS)
        return os.open(f"/proc/self/fd/{made}", os.O_RDONLY)
    finally:
        os.close(made)


def _init_of(pid: int) -> int | None:
    """The first process of the sandbox's process namespace, which is the child of bubblewrap."""
    return next((one for one in descendants(pid) if one != pid), None)


def _yield_processor(pid: int) -> bool:
    """Give the session of the program the smallest share of the processor, as soon as there is one:
    where sessions have shares of their own (sched(7), autogroups), being nice counts only within
    one. The first processes of the sandbox are still in the session of the server."""
    try:
        own = _session_of("self")
        for one in descendants(pid):
            if _session_of(one) not in (own, None):
                _autogroup(one).write_text("19", encoding="ascii")
                return True
    except OSError:
        # There are no such shares, or the process has just ended.
        return not _autogroup("self").exists()
    return False


def _session_of(process: int | str) -> str | None:
    """The name of its share; None where it has none of its own, as what the init of the machine
    starts without a new session."""
    return next(iter(_autogroup(process).read_text(encoding="ascii").split()), None)


def _autogroup(process: int | str) -> Path:
    return Path(f"/proc/{process}/autogroup")
