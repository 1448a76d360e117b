"""The command that asks failed tests once more."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.run import again, without_group
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


def test_the_group_is_not_part_of_the_id():
    assert without_group("t.py::test_a@group") == "t.py::test_a"
    assert without_group("t.py::test_a[x@y]@group") == "t.py::test_a[x@y]"
    assert without_group("t.py::test_a[x@y]") == "t.py::test_a[x@y]"
    assert without_group("t.py::test_a") == "t.py::test_a"


@pytest.mark.parametrize("more", ["", BAD], ids=["late", "bad"])
def test_what_passes_alone_is_told_and_what_fails_twice_counts(tmp_path: Path, more: str):
    tests = tmp_path / "test_these.py"
    tests.write_text(TESTS.format(flag=str(tmp_path / "flag")) + more)

    command = [sys.executable, "-m", "tests.run", "-q", "-n2", "--dist=loadgroup", tests.name]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )

    status, told = ended.returncode, ended.stdout.rpartition("\n1 failed beside")[2]
    assert "test_late[ada@example.com]" in told
    assert "test_good" not in told
    assert ("test_bad" in told) == bool(more) == bool(status)


def test_each_is_asked_again_once():
    asked: list[str] = []

    def run(id: str) -> int:
        asked.append(id)
        return int(id == "b")

    assert again(["a", "b"], run) == 1
    assert asked == ["a", "b"]
