"""Tries one mutant: in the warm process if possible, with fresh imports otherwise."""

import hashlib
import threading
from collections.abc import Sequence

from tests.mutants.find import Mutant
from tests.mutants.messages import Limit, Trial, Verdict
from tests.mutants.planning import kills_by_file, limit_of, ordered_tests, without_files_beyond
from tests.mutants.results import Result, Results, State
from tests.mutants.settings import Settings
from tests.mutants.source import Source
from tests.mutants.tests_map import TestsMap, Timed
from tests.mutants.workshop import Workshop

_COLD_FILES = 12
_KILLED = {"killed", "timeout", "broken"}


class Trust:
    """Tests are trusted once they have passed without a mutant where they failed with one. A test
    that fails without a mutant is not used again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._trusted: set[str] = set()
        self.doubted: set[str] = set()

    def is_new(self, test: str) -> bool:
        return test not in self._trusted

    def judge(self, test: str, verdict: Verdict) -> bool:
        """Whether the test is trusted, given the same trial without a mutant."""
        with self._lock:
            if verdict.outcome in _KILLED:
                self.doubted.update({test, verdict.test})
                return False
            self._trusted.add(test)
            return True


class Tryer:
    """Runs trials. One instance serves several threads, each with a workshop of its own."""

    def __init__(
        self, settings: Settings, tests_map: TestsMap, results: Results, trust: Trust, budget: float
    ) -> None:
        self._root, self._fixtures = settings.root, settings.fixture_seconds
        self._groups = settings.source_files()
        self._is_reliable = settings.is_reliable
        self._map, self._results = tests_map, results
        self._trust, self._budget = trust, budget

    def known(self, mutant: Mutant, *, retry: bool = False) -> Result | None:
        """The result of an earlier run, unless something it depends on has changed; with ``retry``
        only of one that was killed."""
        result = self._results.get(mutant.id)
        if result is None or result.state == "equivalent" or (retry and result.state != "killed"):
            return None
        files = [result.test.split("::", 1)[0]] if result.test else self._files_of(mutant)
        return result if result.basis == self._basis(mutant, files) else None

    def try_out(self, workshop: Workshop, source: Source, mutant: Mutant) -> Result:
        """Raises ``workshop.Died``."""
        tests = [
            t
            for t in self._map.tests_of(mutant)
            if self._is_reliable(t.test) and t.test not in self._trust.doubted
        ]
        if not tests:
            return self._result(mutant, "no tests", Verdict("survived"), 0, 0)
        kills = kills_by_file([(r.file, r.test) for r in self._results if r.test])
        chosen = ordered_tests(mutant, tests, kills.get(mutant.file, {}), self._budget)
        last = self._groups[mutant.file].finally_ask
        chosen += [test for test in tests if test.file in last and test not in chosen]
        text = source.edited(mutant.edit)
        verdict = self._verdict(workshop, mutant, text, chosen)
        if verdict.outcome in _KILLED and not self._is_trusted(workshop, chosen, verdict):
            return self.try_out(workshop, source, mutant)
        state: State = "killed" if verdict.outcome in _KILLED else "survived"
        if not verdict.tests_run and verdict.outcome == "survived":
            state = "no tests"  # ids that differ from run to run, for example
        return self._result(mutant, state, verdict, verdict.tests_run, len(tests))

    def _verdict(
        self, workshop: Workshop, mutant: Mutant, text: str, chosen: Sequence[Timed]
    ) -> Verdict:
        limits = self._limits(chosen)
        if mutant.is_in_function:
            verdict = workshop.warm().ask(Trial(limits, mutant.file, text))
            is_final = verdict.outcome in _KILLED or not self._map.runs_while_importing(mutant)
            if verdict.outcome != "not swappable" and is_final:
                return verdict
        few = without_files_beyond(chosen, _COLD_FILES)
        files = tuple(dict.fromkeys(test.file for test in few))
        trial = Trial(self._limits(few), mutant.file, text, files)
        return workshop.cold().ask(trial)

    def _is_trusted(self, workshop: Workshop, chosen: Sequence[Timed], verdict: Verdict) -> bool:
        """The first time a test fails it has to pass without the mutant, after the same tests."""
        if not verdict.test or not self._trust.is_new(verdict.test):
            return True
        until = [test.test for test in chosen].index(verdict.test) + 1
        again = workshop.warm().ask(Trial(self._limits(chosen[:until])))
        return self._trust.judge(verdict.test, again)

    def _limits(self, tests: Sequence[Timed]) -> tuple[Limit, ...]:
        return tuple(limit_of(test, self._fixtures) for test in tests)

    def _result(
        self, mutant: Mutant, state: State, verdict: Verdict, asked: int, known: int
    ) -> Result:
        files = [verdict.test.split("::", 1)[0]] if verdict.test else self._files_of(mutant)
        return Result(
            *(mutant.id, mutant.file, mutant.line, mutant.function, mutant.edit.operator),
            *(mutant.before, mutant.after, state, self._basis(mutant, files)),
            *(verdict.test, verdict.reason or verdict.outcome, round(verdict.cpu, 2)),
            *(asked, known),
        )

    def _files_of(self, mutant: Mutant) -> list[str]:
        return sorted({test.file for test in self._map.tests_of(mutant)})

    def _basis(self, mutant: Mutant, test_files: Sequence[str]) -> str:
        digest = hashlib.sha1()
        for name in (mutant.file, *test_files):
            path = self._root / name
            digest.update(path.read_bytes() if path.exists() else b"")
        return digest.hexdigest()[:12]
