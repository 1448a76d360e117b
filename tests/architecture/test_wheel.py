"""What an installation without the checkout gets."""

import subprocess
import tomllib
import zipfile

import pytest

from tests.support.installed import build_wheel
from tests.support.shared import ROOT

FOLDERS = ("router", "schema", "db", "subgraphs")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    with zipfile.ZipFile(build_wheel(tmp_path_factory.mktemp("wheel"))) as opened:
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
        "trellis/db/migrations/env.py",
        "trellis/db/migrations/accounts/versions/0001_users_organizations_sessions_keys.py",
        "trellis/router/web/graphiql/static/index.html.gz",
        "trellis/subgraphs/issues/graph.py",
    ],
)
def test_what_a_server_reads_while_it_runs_is_there(files: list[str], name: str):
    assert name in files


def test_neither_tests_nor_npm_packages_are_in_it(files: list[str]):
    assert [name for name in files if "tests/" in name or "node_modules" in name] == []


def test_it_takes_one_name_in_an_environment(files: list[str]):
    tops = {name.partition("/")[0] for name in files}
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    stem = f"trellis_graphql-{version}"
    assert tops == {"trellis", f"{stem}.dist-info", f"{stem}.data"}


def test_the_folders_lie_in_it_as_they_are_in_the_repository(files: list[str]):
    listed = subprocess.check_output(["git", "ls-files", *FOLDERS], cwd=ROOT, text=True)
    wanted = [f"trellis/{name}" for name in listed.splitlines() if (ROOT / name).is_file()]
    assert sorted({*wanted, "trellis/__init__.py"} - set(files)) == []
