"""A whole run: record missing test files, try mutants on several cores, report progress."""

import queue
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.mutants.find import Mutant
from tests.mutants.messages import Recording
from tests.mutants.results import Result, Results
from tests.mutants.source import Source
from tests.mutants.tests_map import TestsMap
from tests.mutants.trying import Tryer
from tests.mutants.workshop import Died, Workshop


@dataclass(slots=True)
class Progress:
    """A progress line: overwritten on a terminal, every 30 seconds elsewhere."""

    what: str
    total: int
    started: float
    done: int = 0
    last_shown: float = 0.0

    def step(self, remark: str) -> None:
        self.done += 1
        now = time.monotonic()
        is_terminal = sys.stderr.isatty()
        if not is_terminal and now - self.last_shown < 30 and self.done < self.total:
            return
        self.last_shown = now
        each = (now - self.started) / self.done
        left = each * (self.total - self.done) / 60
        line = f"{self.what} {self.done}/{self.total}, {each:.1f} s each, {left:.0f} min left"
        end = "\r" if is_terminal and self.done < self.total else "\n"
        sys.stderr.write(f"{line}; {remark}{' ' * 10}{end}")
        sys.stderr.flush()


def record(
    workshops: Sequence[Workshop],
    tests_map: TestsMap,
    test_files: Sequence[str],
    sources: list[str],
) -> None:
    """Run each test file once under coverage, in workshops made for these files."""
    progress = Progress("recording", len(test_files), time.monotonic())

    def work(workshop: Workshop, take: Callable[[], Any]) -> None:
        process = workshop.recorder(sources)
        while (name := take()) is not None:
            process.ask(Recording(name, str(tests_map.target(name))))
            tests_map.keep(name, sources)
            is_recorded = tests_map.target(name).exists()
            progress.step(name if is_recorded else f"{name} could not be recorded")

    _share(workshops, test_files, work)


def try_all(
    workshops: Sequence[Workshop],
    tryer: Tryer,
    results: Results,
    mutants: Sequence[Mutant],
    sources: Mapping[str, Source],
    until: float,
) -> list[Result]:
    """Try mutants until the time is up; results are in no particular order."""
    progress = Progress("mutants", len(mutants), time.monotonic())
    found: list[Result] = []

    def work(workshop: Workshop, take: Callable[[], Any]) -> None:
        while time.monotonic() < until and (mutant := take()) is not None:
            result = tryer.try_out(workshop, sources[mutant.file], mutant)
            results.add(result)
            found.append(result)
            killed = sum(result.state == "killed" for result in found)
            progress.step(f"{killed} killed, {len(found) - killed} left")

    _share(workshops, mutants, work)
    return found


def _share(
    workshops: Sequence[Workshop],
    things: Iterable[Any],
    work: Callable[[Workshop, Callable[[], Any]], None],
) -> None:
    """Distribute things over workshops, one thread each. Raises the first failure."""
    waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()
    for thing in things:
        waiting.put(thing)
    failures: list[BaseException] = []

    def take() -> Any:
        try:
            return None if failures else waiting.get_nowait()
        except queue.Empty:
            return None

    def run(workshop: Workshop) -> None:
        try:
            work(workshop, take)
        except (Died, OSError, AssertionError) as failure:
            failures.append(failure)

    # Daemons, so that an interrupted run ends when its workshops are closed.
    threads = [threading.Thread(target=run, args=(w,), daemon=True) for w in workshops]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
