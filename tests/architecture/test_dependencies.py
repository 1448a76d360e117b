"""What each folder imports is what its extra installs, and the lock file fits both."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.shared import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
# Where redis is imported: modules that are chosen by configuration, never imported by others.
ON_REDIS = {
    "db/redis_bus.py",
    "db/redis_readers.py",
    "router/rate_limit/redis_store.py",
    "router/rest/idempotency/redis_store.py",
    "subgraphs/chat/redis_leases.py",
}

NOT_AT_START = {"alembic", "authlib", "PIL", "quickjs_rs", "reportlab", "stripe"}


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(one).name) for one in requirements}


BASE = names(PROJECT["dependencies"])
DATA = BASE | names(EXTRAS["data"])
DEMO = DATA | names(EXTRAS["demo"])


def imported(folder: str) -> Iterator[tuple[str, str]]:
    """Files, and the distributions that they import from."""
    known = packages_distributions()
    for path in sorted((ROOT / folder).rglob("*.py")):
        if "node_modules" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for name in _tops(node):
                if name not in sys.stdlib_module_names and name != "trellis":
                    distributions = {canonicalize_name(one) for one in known[name]}
                    yield path.relative_to(ROOT).as_posix(), "|".join(sorted(distributions))


def _tops(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.level == 0:
        return [(node.module or "").partition(".")[0]]
    return []


@pytest.mark.parametrize(
    ("folder", "allowed"),
    [("router", BASE), ("schema", BASE), ("db", DATA), ("subgraphs", DEMO)],
)
def test_a_folder_imports_only_what_its_installation_has(folder: str, allowed: set[str]):
    found = set(imported(folder))
    assert len(found) > 3
    assert sorted((f, d) for f, d in found if d != "redis" and d not in allowed) == []


def test_redis_is_imported_only_by_modules_that_configuration_chooses():
    found = {
        file
        for folder in ("router", "schema", "db", "subgraphs")
        for file, distribution in imported(folder)
        if distribution == "redis"
    }
    assert found == ON_REDIS


def test_each_package_of_data_and_demo_is_asked_for_before_anything_is_imported():
    """``require_packages`` in ``__init__.py`` knows what pyproject.toml installs."""
    known = packages_distributions()
    for folder, extra in (("db", "data"), ("subgraphs", "demo")):
        text = (ROOT / folder / "__init__.py").read_text(encoding="utf-8")
        asked = set(re.findall(r'"([A-Za-z0-9_]+)"', text))
        brought = names(EXTRAS[extra]) - {"trellis-graphql", "cryptography"}
        distributions = {canonicalize_name(one) for name in asked for one in known.get(name, ())}
        assert brought - distributions == set(), folder


def test_versions_are_ranges_and_the_lock_file_pins_one_of_each():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = {
        canonicalize_name(name): version
        for name, version in re.findall(r"^([\w.-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", lock, re.M)
    }
    wanted = [*PROJECT["dependencies"], *(one for extra in EXTRAS.values() for one in extra)]
    requirements = [Requirement(one) for one in wanted if not one.startswith("trellis-graphql")]
    assert len(requirements) > 20
    for requirement in requirements:
        operators = {specifier.operator for specifier in requirement.specifier}
        assert ">=" in operators, requirement
        assert "==" not in operators, requirement
        assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)])


def test_the_subgraphs_start_without_the_packages_of_what_is_not_configured() -> None:
    # Each takes a tenth of a second of every start.
    sources = tomllib.loads((ROOT / "trellis.toml").read_text(encoding="utf-8"))["subgraphs"]
    places = [one if isinstance(one, str) else one["module"] for one in sources.values()]
    modules = [place.partition(":")[0] for place in places]
    assert len(modules) == 16
    code = f"import sys, {', '.join(modules)}; print(*{NOT_AT_START} & sys.modules.keys())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.split() == []
