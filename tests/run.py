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


class Failures:
    """Takes down the ids of tests that fail, as a plugin of pytest."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        id = without_group(report.nodeid)
        if report.failed and id not in self.ids:
            self.ids.append(id)


def without_group(id: str) -> str:
    """The id of a test without the name of its group, which a parallel run adds after an ``@``."""
    test, _, group = id.rpartition("@")
    return test if test and "]" not in group else id


def alone(id: str) -> int:
    """Run one test in a process of its own; returns pytest's exit status."""
    return subprocess.run([sys.executable, "-m", "pytest", "-n0", "-q", id], check=False).returncode


def again(failed: Sequence[str], run: Callable[[str], int] = alone) -> int:
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


def main(arguments: Sequence[str]) -> int:
    """Run pytest with the arguments, then what failed; returns the exit status."""
    failures = Failures()
    status = pytest.main([*arguments], plugins=[failures])
    if status != pytest.ExitCode.TESTS_FAILED or not 0 < len(failures.ids) <= MOST_AGAIN:
        return int(status)
    tell("failed; once more, one at a time", failures.ids)
    sys.stdout.flush()
    return again(failures.ids)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
