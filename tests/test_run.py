"""The command that asks failed tests once more."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.run import again, options_of, without_group
from tests.support.shared import ROOT

TESTS = """
from pathlib import Path

import pytest

FLAG = Path({flag!r})


def test_good():
    pass


@pytest.mark.xdist_group("late")
@pytest.mark.parametrize("who", ["ada@example.com"])
def test_late(who):
    was_there = FLAG.exists()
    FLAG.touch()
    assert was_there
"""
BAD = """

def test_bad():
    assert False
"""


def run_in(folder: Path, *arguments: str) -> tuple[int, str]:
    """The exit status, and what was printed."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.run", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout


def test_the_group_is_not_part_of_the_id():
    assert without_group("t.py::test_a@group") == "t.py::test_a"
    assert without_group("t.py::test_a[x@y]@group") == "t.py::test_a[x@y]"
    assert without_group("t.py::test_a[x@y]") == "t.py::test_a[x@y]"
    assert without_group("t.py::test_a") == "t.py::test_a"


@pytest.mark.parametrize("more", ["", BAD], ids=["late", "bad"])
def test_what_passes_alone_is_told_and_what_fails_twice_counts(tmp_path: Path, more: str):
    tests = tmp_path / "test_these.py"
    tests.write_text(TESTS.format(flag=str(tmp_path / "flag")) + more)

    status, told = run_in(tmp_path, "-n2", "--dist=loadgroup", tests.name)

    told = told.rpartition("\n1 failed beside")[2]
    assert "test_late[ada@example.com]" in told
    assert "test_good" not in told
    assert ("test_bad" in told) == bool(more) == bool(status)


@pytest.mark.parametrize(
    "more",
    [
        "\n\nraise ImportError('of the module beside it')\n",
        "\n\ndef test_leak():\n    raise ResourceWarning('unclosed')\n",
    ],
    ids=["a module that is not collected", "a fault of an earlier test"],
)
def test_what_says_more_than_that_a_test_failed_is_not_asked_again(tmp_path: Path, more: str):
    (tmp_path / "test_these.py").write_text(TESTS.format(flag=str(tmp_path / "flag")))
    (tmp_path / "test_more.py").write_text(more)

    status, told = run_in(tmp_path, "-n2", "--dist=loadgroup")

    assert status == 1
    assert "once more" not in told


def test_nor_is_a_run_that_was_cut_short(tmp_path: Path):
    (tmp_path / "test_these.py").write_text(TESTS.format(flag=str(tmp_path / "flag")) + BAD)
    status, told = run_in(tmp_path, "-n0", "-x")
    assert status != 0
    assert "once more" not in told


def test_options_are_passed_on_but_for_paths_and_workers():
    given = ["-n", "auto", "--dist", "loadgroup", "-m", "long", "tests/db", "-v", "-n2"]
    assert options_of(given) == ["-m", "long", "-v"]


def test_each_is_asked_again_once():
    asked: list[str] = []

    def run(id: str) -> int:
        asked.append(id)
        return int(id == "b")

    assert again(["a", "b"], run) == 1
    assert asked == ["a", "b"]
