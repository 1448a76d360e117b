"""What the processes of a run use, read from /proc."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Usage:
    """``memory_bytes`` is what all have now, ``peak_bytes`` the most that one of them ever had.
    ``tasks`` are processes and their threads."""

    memory_bytes: int = 0
    peak_bytes: int = 0
    tasks: int = 0


def descendants(pid: int) -> Iterator[int]:
    """The process and all that it has started, also by its threads; parents first. Who ends
    meanwhile is left out."""
    yield pid
    for task in _tasks(pid):
        for child in _read(f"/proc/{pid}/task/{task}/children").split():
            yield from descendants(int(child))


def usage_of(pid: int, most_bytes: int) -> Usage:
    """What ``pid`` and its descendants use at this moment.

    Pages that several of them share count once for each, unless the sum exceeds ``most_bytes``:
    then their proportional shares are added, which costs the kernel a walk over all pages.
    """
    pids = list(descendants(pid))
    tasks = sum(len(_tasks(one)) for one in pids)
    memory = sum(_resident(one) for one in pids)
    if memory > most_bytes and len(pids) > 1:
        memory = sum(_proportional(one) for one in pids)
    return Usage(memory, max(map(_peak, pids), default=0), tasks)


def _tasks(pid: int) -> list[str]:
    try:
        return os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii")
    except OSError:  # the process has ended
        return ""


def _resident(pid: int) -> int:
    fields = _read(f"/proc/{pid}/statm").split()
    return int(fields[1]) * _PAGE if fields else 0


def _peak(pid: int) -> int:
    return _kibibytes(f"/proc/{pid}/status", "VmHWM:") or 0


def _proportional(pid: int) -> int:
    found = _kibibytes(f"/proc/{pid}/smaps_rollup", "Pss:")
    return found if found is not None else _resident(pid)


def _kibibytes(path: str, name: str) -> int | None:
    """What a line of a file of /proc says in kB, in bytes."""
    for line in _read(path).splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    return None
