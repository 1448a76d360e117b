"""Waits for a forked process, and kills it when it hangs."""

import os
import select
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tests.mutants.child import BROKEN, KILLED, NOT_SWAPPABLE
from tests.mutants.messages import Limit, Outcome, Verdict

_TICK = 0.05
_START_SECONDS = 120.0  # importing and collecting, before the first test
_OUTCOMES: dict[int, Outcome] = {
    0: "survived",
    KILLED: "killed",
    BROKEN: "broken",
    NOT_SWAPPABLE: "not swappable",
}


def watch(pid: int, progress: int, limits: Sequence[Limit]) -> Verdict:
    """Follow the child's reports until it ends.

    Each test has a limit of CPU time, and one of wall clock time for tests that only wait.
    """
    limit_of = {limit.test: limit for limit in limits}
    current, reason, count, rest = "", "", 0, b""
    limit = Limit("", _START_SECONDS, 2 * _START_SECONDS)
    cpu_then, wall_then = 0.0, time.monotonic()
    is_open = True
    while is_open:
        ready, _, _ = select.select([progress], [], [], _TICK)
        if ready:
            read = os.read(progress, 65536)
            is_open = bool(read)
            *lines, rest = (rest + read).split(b"\n")
            for line in lines:
                kind, _, text = line.decode(errors="replace").partition("\t")
                if kind == "start":
                    current, count = text, count + 1
                    limit = limit_of.get(text, limit)
                    cpu_then, wall_then = cpu_seconds(pid), time.monotonic()
                else:
                    reason = text
        cpu = cpu_seconds(pid) - cpu_then
        if cpu > limit.cpu or time.monotonic() - wall_then > limit.wall:
            used = _end(pid)[1]
            return Verdict("timeout", current, f"{cpu:.1f} s", used, count)
    status, used = _end(pid, is_done=True)
    code = os.waitstatus_to_exitcode(status)
    outcome = _OUTCOMES.get(code, "killed")
    if outcome == "killed" and not reason:
        reason = f"the process ended with {code}"
    return Verdict(outcome, current if outcome == "killed" else "", reason, used, count)


def cpu_seconds(pid: int) -> float:
    """CPU time of a running process so far, 0 after its end."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _end(pid: int, *, is_done: bool = False) -> tuple[int, float]:
    """Reap the child, then kill what it has left running."""
    if not is_done:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    _, status, usage = os.wait4(pid, 0)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    return status, usage.ru_utime + usage.ru_stime
