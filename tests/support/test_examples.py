"""Normal runs try few examples of each property, long ones ten times as many."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.examples import examples
from tests.support.shared import ROOT


def test_a_normal_run_tries_as_many_as_are_written_down():
    assert examples(20) in (20, 200)  # the second where this very run is a long one


@pytest.mark.long
@pytest.mark.parametrize(("profile", "count"), [("fixed", 20), ("random", 200)])
def test_the_profile_of_the_run_decides_before_tests_are_imported(
    tmp_path: Path, profile: str, count: int
):
    (tmp_path / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    (tmp_path / "test_it.py").write_text(
        "from tests.support.examples import examples\n"
        "COUNT = examples(20)\n"
        f"def test_it(): assert COUNT == {count}\n"
    )
    command = [sys.executable, "-m", "pytest", "-n0", f"--hypothesis-profile={profile}"]
    options = ["-p", "no:cacheprovider", f"--rootdir={ROOT}", "--confcutdir", str(tmp_path)]
    done = subprocess.run(
        [*command, *options, "-c", str(ROOT / "pyproject.toml"), str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
