"""A child process with files of its choice, of which nothing survives its end."""

import asyncio
import fcntl
import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

# Above every number that a child is given, so that placing one file never overwrites another.
_OUT_OF_THE_WAY = 64


class Child:
    """A running child: a process group of its own, with an empty environment and no files but the
    given ones. Used on Linux only: it waits by a pidfd."""

    def __init__(self, command: list[str], files: Mapping[int, int]) -> None:
        """``files`` are the child's file descriptors by their numbers there. Raises ``OSError``
        when it cannot be started."""
        moved = {
            number: fcntl.fcntl(file, fcntl.F_DUPFD_CLOEXEC, _OUT_OF_THE_WAY)
            for number, file in files.items()
        }
        try:
            actions: list[tuple[Any, ...]] = [
                *((os.POSIX_SPAWN_DUP2, file, number) for number, file in moved.items()),
                *((os.POSIX_SPAWN_CLOSE, file) for file in _inherited() if file not in moved),
            ]
            self.pid = os.posix_spawn(command[0], command, {}, file_actions=actions, setpgroup=0)
        finally:
            for file in moved.values():
                os.close(file)
        self._pidfd = os.pidfd_open(self.pid)

    async def wait(self) -> int:
        """Its exit code, when it has ended. It has to be awaited once, to the end: else a zombie
        is left."""
        loop, gone = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._pidfd, gone.set)
        try:
            await gone.wait()
        finally:
            loop.remove_reader(self._pidfd)
        return self._reap()

    def _reap(self) -> int:
        _, status = os.waitpid(self.pid, 0)
        os.close(self._pidfd)
        code = os.waitstatus_to_exitcode(status)
        # As shells and bubblewrap count: 128 and the number of the signal.
        return code if code >= 0 else 128 - code

    def kill(self, init: int | None) -> None:
        """End it and everything in its process namespace, whose first process is ``init``: the
        kernel ends the others before that one is gone, and bubblewrap waits for it."""
        if init is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(init, signal.SIGKILL)
                return
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


def _inherited() -> list[int]:
    """The files that this process hands on to every child: those of Python are not among them, but
    the process that started the server may have left some open."""
    files = [int(name) for name in os.listdir("/proc/self/fd")]
    return [file for file in files if _is_handed_on(file)]


def _is_handed_on(file: int) -> bool:
    try:
        return os.get_inheritable(file)
    except OSError:  # the folder itself, which was open while it was read
        return False
