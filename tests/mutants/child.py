"""Inside the forked process: run tests in a given order, exit at the first failure."""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

import pytest

KILLED, BROKEN, NOT_SWAPPABLE = 1, 96, 97

_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Have the kernel end this process when its parent ends, where it can (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Reporter:
    """A pytest plugin that tells the parent which test runs, and exits at the first failure.

    It exits without tearing fixtures down; the parent kills the processes they have started.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._tell(f"start\t{nodeid}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed(report.longreprtext)

    def failed(self, text: str) -> None:
        lines = [line for line in text.splitlines() if line.startswith("E ")] or [text[-200:]]
        self._tell(f"fail\t{' '.join(lines[0].split())[:200]}")
        os._exit(KILLED)

    def _tell(self, line: str) -> None:
        os.write(self._descriptor, line.replace("\n", " ").encode() + b"\n")


def run_items(items: Sequence[pytest.Item], reporter: Reporter) -> None:
    """Like pytest's own loop."""
    for index, item in enumerate(items):
        following = items[index + 1] if index + 1 < len(items) else None
        try:
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        except BaseException as failure:  # including pytest.exit and SystemExit
            reporter.failed(f"E {failure!r}")
