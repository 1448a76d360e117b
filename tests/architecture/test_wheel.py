"""What an installation without the checkout gets."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True, timeout=120)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        return opened.namelist()


def test_the_stored_operations_lie_beside_the_configuration_that_needs_them(files: list[str]):
    stored = [path for path in (ROOT / "persisted_queries").rglob("*.*") if path.is_file()]
    wanted = [ROOT / "trellis.toml", *stored]
    shared = {name.partition(".data/data/share/trellis/")[2] for name in files}
    assert len(stored) > 10
    assert sorted(shared - {""}) == sorted(path.relative_to(ROOT).as_posix() for path in wanted)


@pytest.mark.parametrize(
    "name",
    [
        "db/migrations/env.py",
        "db/migrations/accounts/versions/0001_users_organizations_sessions_keys.py",
        "router/web/graphiql/static/index.html.gz",
        "subgraphs/issues/graph.py",
    ],
)
def test_what_a_server_reads_while_it_runs_is_there(files: list[str], name: str):
    assert name in files


def test_neither_tests_nor_npm_packages_are_in_it(files: list[str]):
    assert [name for name in files if name.startswith("tests/") or "node_modules" in name] == []
