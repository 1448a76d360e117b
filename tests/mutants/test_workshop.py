"""Copies of a tree for mutants."""

import subprocess
from pathlib import Path

from tests.mutants.workshop import copy_tree


def test_links_of_the_tree_point_into_the_copy(tmp_path: Path):
    root, copy = tmp_path / "root", tmp_path / "copy"
    (root / "toy").mkdir(parents=True)
    (root / "toy" / "limits.py").write_text("LIMIT = 3\n")
    (root / "all").mkdir()
    (root / "all" / "toy").symlink_to("../toy")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    copy.mkdir()

    copy_tree(root, copy)
    (copy / "toy" / "limits.py").write_text("LIMIT = 4\n")

    assert (copy / "all" / "toy" / "limits.py").read_text() == "LIMIT = 4\n"
    assert (root / "all" / "toy" / "limits.py").read_text() == "LIMIT = 3\n"
