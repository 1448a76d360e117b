"""What a busy machine takes from a process, so that tests can measure what the process owes."""

from contextlib import suppress
from pathlib import Path


def seconds_in_line(pid: int) -> float:
    """For how long the first thread of a process was ready and had no processor, so far: the
    second number of ``schedstat`` (proc(5)). 0 where the system does not say."""
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[1]) / 1e9
    return 0.0
