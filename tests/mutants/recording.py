"""Which tests execute which lines: coverage with the test as its context."""

import json
import os
import time
from collections.abc import Generator, Sequence
from pathlib import Path

import coverage
import pytest

_IMPORT, _SHARED = "import", "shared"


class Recorder:
    """Coverage of this process and its forks. It starts before collection, so that lines which run
    during import are known."""

    def __init__(self, root: Path) -> None:
        files = os.environ["MUTANTS_SOURCES"].split(os.pathsep)
        self._root = root
        self._files = [str(root / name) for name in files]
        self._coverage = coverage.Coverage(
            data_file=None,
            include=self._files,
            config_file=False,
            messages=False,
            concurrency=["thread", "greenlet"],  # SQLAlchemy runs its sync code in greenlets
        )
        self._coverage.start()
        self._coverage.switch_context(_IMPORT)
        self._results: dict[str, list[object]] = {}
        self._failed: set[str] = set()
        self._current = _SHARED

    def record(self, items: Sequence[pytest.Item], target: Path) -> None:
        """Run the tests, write their times and lines. Tests that fail or are skipped on the
        unchanged tree cannot kill a mutant and are left out."""
        imported = self._lines()
        self._coverage.switch_context(_SHARED)
        if items:
            items[0].config.pluginmanager.register(self)
        for index, item in enumerate(items):
            following = items[index + 1] if index + 1 < len(items) else None
            cpu, wall = time.process_time(), time.monotonic()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            self._results[item.nodeid] = [
                round(time.process_time() - cpu, 4),
                round(time.monotonic() - wall, 4),
            ]
        self._coverage.stop()
        lines = self._lines()
        tests = {t: spent for t, spent in self._results.items() if t not in self._failed}
        content = {
            "tests": tests,
            "unusable": sorted(self._failed),
            "imported": {name: sorted(by_line) for name, by_line in imported.items()},
            "lines": _numbered(lines, list(tests)),
        }
        target.write_text(json.dumps(content))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self._current = item.nodeid
        self._coverage.switch_context(item.nodeid)
        try:
            return (yield)
        finally:
            self._coverage.switch_context(_SHARED)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[object]
    ) -> Generator[None, object, object]:
        """Lines of wider fixtures belong to every test of the file, not only to the first."""
        if fixturedef.scope == "function":
            return (yield)
        self._coverage.switch_context(_SHARED)
        try:
            return (yield)
        finally:
            self._coverage.switch_context(self._current)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed or report.skipped:
            self._failed.add(report.nodeid)

    def _lines(self) -> dict[str, dict[int, list[str]]]:
        data = self._coverage.get_data()
        measured = data.measured_files()
        return {
            Path(name).relative_to(self._root).as_posix(): data.contexts_by_lineno(name)
            for name in self._files
            if name in measured
        }


def _numbered(
    lines: dict[str, dict[int, list[str]]], tests: list[str]
) -> dict[str, dict[int, str]]:
    """Sets of tests as bits of a hexadecimal number; shared lines belong to all tests."""
    number = {test: index for index, test in enumerate(tests)}
    everything = (1 << len(tests)) - 1
    result: dict[str, dict[int, str]] = {}
    for name, by_line in lines.items():
        for line, contexts in by_line.items():
            bits = everything if _SHARED in contexts else 0
            for context in contexts:
                if context in number:
                    bits |= 1 << number[context]
            if bits:
                result.setdefault(name, {})[line] = f"{bits:x}"
    return result
