"""Whole runs over a small project of its own, in processes like those of the real one."""

import json
import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

# The first run is made once for all of them.
pytestmark = pytest.mark.xdist_group("mutants")

ROOT = Path(__file__).resolve().parents[2]
FILES = {
    ".gitignore": ".mutants/\n",
    "pytest.ini": """
        [pytest]
        addopts = --import-mode=importlib
        pythonpath = .
        asyncio_mode = auto
        asyncio_default_fixture_loop_scope = session
        asyncio_default_test_loop_scope = session
    """,
    "toy/__init__.py": "",
    "toy/limits.py": """
        LIMIT = 3


        def is_allowed(count):
            return count < LIMIT


        # It is asked with even numbers only.
        def is_large(count):
            return count > 100


        async def countdown(count):
            rounds = 0
            while count:
                count -= 1
                rounds += 1
            return rounds


        def unused(count):
            return count
    """,
    "checks/toy/test_limits.py": """
        import asyncio

        import pytest

        from toy.limits import countdown, is_allowed, is_large


        @pytest.fixture(scope="session")
        async def loop():
            return asyncio.get_running_loop()


        def test_bound():
            assert is_allowed(2)
            assert not is_allowed(3)


        def test_large():
            assert is_large(500)


        async def test_countdown(loop):
            assert asyncio.get_running_loop() is loop
            assert await countdown(3) == 3


        def test_that_fails_always():
            assert is_large(1)
    """,
    "mutants.toml": """
        tests = ["checks"]
        fixture_seconds = 1

        [[group]]
        name = "toy"
        files = ["toy/*.py"]
        at_least = 0.9
    """,
    "equivalents.toml": """
        [[equivalent]]
        file = "toy/limits.py"
        function = "is_large"
        before = "return count > 100"
        after = "return count > 101"
        reason = "counts are even"
    """,
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mutants") / "project"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(dedent(text).lstrip())
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    return folder


def run(project: Path, *options: str) -> subprocess.CompletedProcess[str]:
    settings = ["--root", str(project), "--settings", str(project / "mutants.toml")]
    command = [sys.executable, "-m", "tests.mutants", *settings, "--workers", "1", *options]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=250
    )


@pytest.fixture(scope="module")
def first(project: Path) -> str:
    """What the first run over all mutants says."""
    ended = run(project, "--all")
    assert ended.returncode == 1, ended.stdout + ended.stderr
    return ended.stdout


def test_what_no_test_notices_is_shown_and_what_one_notices_is_not(first: str):
    shown = first.partition("## toy\n")[2].partition("module ")[0]

    assert shown.split("\n\n") == [
        "\ntoy/limits.py:10 is_large [constant; 1 of 1 tests]"
        "\n  - return count > 100\n  + return count > 99",
        "toy/limits.py:10 is_large [comparison; 1 of 1 tests]"
        "\n  - return count > 100\n  + return (count >= 100)",
        "toy/limits.py:22 unused [return None; no test runs it]\n  - return count\n  + return None",
        "",
    ]


def test_a_test_that_fails_without_a_mutant_is_not_asked(first: str, project: Path):
    assert first.startswith("1 tests fail or are skipped as things are: .mutants/not_asked.txt\n")
    assert (project / ".mutants/not_asked.txt").read_text() == (
        "checks/toy/test_limits.py::test_that_fails_always\n"
    )


def test_counts_thresholds_and_equivalents_are_reported(first: str):
    assert first.splitlines()[-3:] == [
        "toy                   19      15     3       1   83.3%     90%",
        "all                   19      15     3       1   83.3%",
        "too many left: toy",
    ]


def test_constants_of_modules_and_loops_without_end_are_killed(first: str, project: Path):
    lines = (project / ".mutants/results.jsonl").read_text().splitlines()
    results = [json.loads(line) for line in lines]
    reasons = {result["after"].strip(): result["reason"] for result in results}

    assert {reasons["LIMIT = 4"], reasons["LIMIT = 2"]} == {
        "E assert not True",
        "E assert False",
    }
    assert re.fullmatch(r"\d+\.\d s", reasons["count -= 0"])


def test_the_next_run_knows_what_the_first_has_found_until_something_changes(
    first: str, project: Path
):
    again = run(project, "--all")
    assert again.stderr == ""  # no progress: nothing was tried
    assert again.stdout == first

    tests = project / "checks/toy/test_limits.py"
    tests.write_text(tests.read_text().replace("(500)", "(500) and not is_large(100)"))
    mended = run(project, "--line", "toy/limits.py:10")
    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert mended.stdout.splitlines()[-2:] == [
        "toy                    4       3     0       1  100.0%     90%",
        "all                    4       3     0       1  100.0%",
    ]


def test_the_working_tree_is_never_changed(first: str, project: Path):
    assert (project / "toy/limits.py").read_text() == dedent(FILES["toy/limits.py"]).lstrip()
    status = subprocess.run(
        ["git", "status", "--short"], cwd=project, check=True, capture_output=True, text=True
    )
    assert ".mutants" not in status.stdout


def test_those_left_are_asked_about_again_when_told_to_and_some_tests_whatever_they_cost(
    first: str, project: Path
):
    tests = project / "checks/toy/test_limits.py"
    tests.write_text(
        tests.read_text().replace("import countdown,", "import unused, countdown,")
        + "\n\ndef test_unused():\n    unused(1)\n"
    )
    (project / "checks/toy/test_whole.py").write_text(
        "from toy.limits import unused\n\n\ndef test_whole():\n    assert unused(1) == 1\n"
    )
    only_first = ("--line", "toy/limits.py:22", "--budget", "0")

    assert "toy/limits.py:22 unused" in run(project, *only_first).stdout
    settings = project / "mutants.toml"
    settings.write_text(settings.read_text() + 'finally_ask = ["checks/toy/test_whole.py"]\n')
    assert run(project, *only_first).returncode == 1  # nothing has changed: nothing was tried
    again = run(project, *only_first, "--retry")
    assert again.returncode == 0, again.stdout + again.stderr
