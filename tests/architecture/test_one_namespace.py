"""Everything of ours is imported below ``trellis``, once."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.shared import ROOT
from trellis.router.composition.source import python_sources
from trellis.subgraphs.projects.graph import subgraph as projects

FOLDERS = ("db", "router", "schema", "subgraphs")


def run(code: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=60
    )


def test_each_folder_of_the_product_has_its_link_and_nothing_else_has():
    inside = list((ROOT / "trellis").iterdir())
    links = {path.name: path.readlink() for path in inside if path.is_symlink()}
    packages = {init.parent.name for init in ROOT.glob("*/__init__.py")}
    assert links == {name: Path("..", name) for name in FOLDERS}
    assert packages == {*FOLDERS, "tests", "trellis"}
    assert {path.name for path in inside} - links.keys() - {"__pycache__"} == {"__init__.py"}


def test_types_are_checked_in_every_folder():
    # pyright passes over links that it finds below what it is told to check.
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    checked = settings["tool"]["pyright"]["include"]
    assert sorted(checked) == sorted(["tests", *(f"trellis/{name}" for name in FOLDERS)])


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_cannot_be_imported_by_its_own_name(name: str):
    done = run(f"import {name}")
    assert done.returncode == 1
    assert f"ImportError: {name} is imported as trellis.{name}" in done.stderr


def test_nothing_imports_a_folder_by_its_own_name():
    files = [path for top in (*FOLDERS, "tests") for path in (ROOT / top).rglob("*.py")]
    assert len(files) > 500
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in files
        if "node_modules" not in path.parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in imported_by(node)
        if name.partition(".")[0] in FOLDERS
    ]
    assert found == []


def imported_by(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if node.level == 0 else []


def test_no_file_is_loaded_as_two_modules():
    done = run(
        "import sys, trellis.router.app, trellis.db.commands, trellis.subgraphs.issues.graph\n"
        "from os.path import realpath\n"
        "loaded = [getattr(module, '__file__', None) for module in sys.modules.values()]\n"
        "files = [realpath(file) for file in loaded if file]\n"
        f"ours = [f for f in files if f.startswith({str(ROOT)!r} + '/') and '/.venv/' not in f]\n"
        "print(len(ours) > 200, sorted({f for f in ours if ours.count(f) > 1}))\n"
    )
    assert done.stdout == "True []\n", done.stderr


def test_places_in_python_are_named_by_the_folder_at_the_top():
    (place,) = python_sources(projects.schema, "Project.name")
    assert place.startswith("subgraphs/projects/")
