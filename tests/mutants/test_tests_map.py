"""Which tests execute a line, also after the source has changed."""

import json
from pathlib import Path

import pytest

from tests.mutants.find import Mutant, find_mutants
from tests.mutants.source import Source
from tests.mutants.tests_map import TestsMap

THEN = "def f(a):\n    # one\n    return a > 1\n\n\ndef g(a):\n    # two\n    return a > 2\n"
TEST_FILE = "tests/test_m.py"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "tests").mkdir()
    (tmp_path / "m.py").write_text(THEN)
    (tmp_path / TEST_FILE).write_text("...")
    tests_map = TestsMap(tmp_path / "map", tmp_path)
    record = {
        "tests": {f"{TEST_FILE}::test_f": [0.1, 0.2], f"{TEST_FILE}::test_g": [0.3, 0.4]},
        "unusable": [f"{TEST_FILE}::test_skipped"],
        "imported": {"m.py": [1, 6]},
        "lines": {"m.py": {"3": "1", "8": "2"}},
    }
    tests_map.target(TEST_FILE).write_text(json.dumps(record))
    tests_map.keep(TEST_FILE, ["m.py"])
    return tmp_path


def asked_by_line(root: Path, text: str) -> dict[str, list[str]]:
    (root / "m.py").write_text(text)
    tests_map = TestsMap(root / "map", root)
    tests_map.load([TEST_FILE])

    def names(mutant: Mutant) -> list[str]:
        return [timed.test.split("::")[1] for timed in tests_map.tests_of(mutant)]

    return {m.before.strip(): names(m) for m in find_mutants(Source("m.py", text))}


def test_a_line_has_the_tests_that_execute_it(root: Path):
    assert asked_by_line(root, THEN) == {
        "return a > 1": ["test_f"],
        "return a > 2": ["test_g"],
    }


def test_lines_that_have_moved_keep_their_tests(root: Path):
    assert asked_by_line(root, f"import os\n\n\n{THEN}") == {
        "return a > 1": ["test_f"],
        "return a > 2": ["test_g"],
    }


def test_a_changed_line_has_the_tests_of_the_line_it_was(root: Path):
    assert asked_by_line(root, THEN.replace("a > 2", "a > 3"))["return a > 3"] == ["test_g"]


def test_a_line_outside_functions_has_the_tests_that_execute_anything_of_the_file(root: Path):
    assert asked_by_line(root, f"LIMIT = True\n{THEN}")["LIMIT = True"] == ["test_f", "test_g"]


def test_what_runs_during_import_has_all_tests_of_the_mirrored_file(tmp_path: Path):
    test_file = "tests/a/test_m.py"
    (tmp_path / "a").mkdir()
    (tmp_path / "tests/a").mkdir(parents=True)
    (tmp_path / "a/m.py").write_text("LIMIT = True\n\n\ndef f():\n    return LIMIT > 1\n")
    (tmp_path / test_file).write_text("...")
    tests_map = TestsMap(tmp_path / "map", tmp_path)
    record = {
        "tests": {f"{test_file}::test_constant": [0.1, 0.2], f"{test_file}::test_f": [0.1, 0.2]},
        "unusable": [],
        "imported": {"a/m.py": [1, 4]},
        "lines": {"a/m.py": {"5": "2"}},
    }
    tests_map.target(test_file).write_text(json.dumps(record))
    tests_map.keep(test_file, ["a/m.py"])
    tests_map.load([test_file])

    text = (tmp_path / "a/m.py").read_text()
    found = {
        mutant.line: [timed.test.split("::")[1] for timed in tests_map.tests_of(mutant)]
        for mutant in find_mutants(Source("a/m.py", text))
    }
    assert found == {1: ["test_constant", "test_f"], 5: ["test_f"]}


def test_a_test_file_is_recorded_again_when_it_has_changed(root: Path):
    tests_map = TestsMap(root / "map", root)

    assert tests_map.missing([TEST_FILE]) == []
    (root / TEST_FILE).write_text("... # changed")
    assert tests_map.missing([TEST_FILE]) == [TEST_FILE]


def test_tests_that_cannot_notice_anything_are_named(root: Path):
    tests_map = TestsMap(root / "map", root)
    tests_map.load([TEST_FILE])

    assert tests_map.unusable() == [f"{TEST_FILE}::test_skipped"]
