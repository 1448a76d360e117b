"""``make test``: all tests beside each other, then those that failed once more, one at a time.

    python -m tests.run [arguments of pytest]

Some tests measure time, or race with servers and databases they have started. On a machine that
others use, too, a few of thousands then fail for lack of a processor. Alone they have it, so what
fails twice is a fault. What passes only alone is printed: it may also be a race of the product.
"""

import subprocess
import sys
from collections.abc import Callable, Sequence

import pytest

MOST_AGAIN = 60
"""With more failures than that the machine is not to blame, and asking again would take long."""

_OF_EARLIER_TESTS = ("PytestUnraisableException", "PytestUnhandled", "ResourceWarning")
"""Found by the collector in some later test, which alone would always pass."""
_WITH_VALUE = frozenset({"-m", "-k", "-p", "-c", "-o", "-W"})
_PARALLEL = ("-n", "--numprocesses", "--dist")


class Failures:
    """Takes down the ids of tests that fail, as a plugin of pytest.

    ``is_whole`` says that everything that was to be run has run; ``certain`` are failures that say
    nothing of the test they happened in.
    """

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.certain: list[str] = []
        self.is_whole = True

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.is_whole = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.failed:
            return
        is_of_another = any(word in report.longreprtext for word in _OF_EARLIER_TESTS)
        ids, id = self.certain if is_of_another else self.ids, without_group(report.nodeid)
        if id not in ids:
            ids.append(id)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if session.shouldfail or session.shouldstop:
            self.is_whole = False


def without_group(id: str) -> str:
    """The id of a test without the name of its group, which a parallel run adds after an ``@``."""
    test, _, group = id.rpartition("@")
    return test if test and "]" not in group else id


def options_of(arguments: Sequence[str]) -> list[str]:
    """The arguments that are neither paths nor about running in parallel."""
    kept: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if argument in _PARALLEL:
            next(rest, None)
        elif argument in _WITH_VALUE:
            kept += [argument, next(rest, "")]
        elif argument.startswith("-") and not argument.startswith(_PARALLEL):
            kept.append(argument)
    return kept


def alone(id: str, options: Sequence[str] = ()) -> int:
    """Run one test in a process of its own; returns pytest's exit status."""
    command = [sys.executable, "-m", "pytest", "-n0", "-q", *options, id]
    return subprocess.run(command, check=False).returncode


def again(failed: Sequence[str], run: Callable[[str], int]) -> int:
    """Run the failed tests one at a time and print which of them passed now.

    Returns 0 if all did, otherwise 1.
    """
    passed = [id for id in failed if run(id) == 0]
    left = [id for id in failed if id not in passed]
    tell("failed beside other tests and passed alone", passed)
    tell("failed twice", left)
    return 1 if left else 0


def tell(what: str, ids: Sequence[str]) -> None:
    """Print the ids, if there are any, below what is to be said of them."""
    if ids:
        lines = [f"\n{len(ids)} {what}:", *(f"  {id}" for id in ids)]
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    """Run pytest with the arguments, then what failed; returns the exit status."""
    failures = Failures()
    status = pytest.main([*arguments], plugins=[failures])
    may_pass = status == pytest.ExitCode.TESTS_FAILED and failures.is_whole
    if not may_pass or failures.certain or not 0 < len(failures.ids) <= MOST_AGAIN:
        return int(status)
    tell("failed; once more, one at a time", failures.ids)
    options = options_of(arguments)
    return again(failures.ids, lambda id: alone(id, options))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
