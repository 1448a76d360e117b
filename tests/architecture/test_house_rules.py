"""Small rules of the house that a review would otherwise have to watch."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("router", "schema", "db", "subgraphs")


def sources(*packages: str) -> Iterator[tuple[Path, ast.Module]]:
    for package in packages or PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "node_modules" not in path.parts:
                yield path, ast.parse(path.read_text(encoding="utf-8"))


def place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def test_import_contracts_hold():
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    result = subprocess.run(
        command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 0, result.stdout[-3000:]


def test_parts_that_do_no_io_cannot_start_to():
    forbidden = {"asyncio", "httpx", "starlette", "socket", "uvicorn"}
    pure = [ROOT / "router" / part for part in ("operation", "planner", "composition")]
    found = [
        place(path, node)
        for path, tree in sources("router")
        if any(part in path.parents for part in pure)
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
        )
        if name.split(".")[0] in forbidden
    ]
    assert found == []


def test_the_router_imports_no_database_package():
    found = [
        place(path, node)
        for path, tree in sources("router")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom | ast.Import)
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [a.name for a in node.names]
        )
        if name.split(".")[0] in {"sqlalchemy", "sqlmodel", "aiosqlite", "asyncpg", "alembic"}
    ]
    assert found == []


def test_every_queue_has_a_bound():
    def is_unbounded(call: ast.Call) -> bool:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        name = call.func.id if isinstance(call.func, ast.Name) else name
        if name in {"Queue", "LifoQueue", "PriorityQueue"}:
            return not call.args and not any(k.arg == "maxsize" for k in call.keywords)
        return False

    found = [
        place(path, node)
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and is_unbounded(node)
    ]
    assert found == []


def test_every_module_says_what_lives_in_it():
    found = [
        str(path.relative_to(ROOT))
        for path, tree in sources()
        if "versions" not in path.parts and not ast.get_docstring(tree)
    ]
    assert found == []


def test_no_middleware_is_built_on_starlettes_base_class():
    # Context variables set inside it do not reach the application, and it costs 160 us a request.
    found = [
        str(path.relative_to(ROOT))
        for path, _ in sources("router")
        if "BaseHTTPMiddleware" in path.read_text(encoding="utf-8")
    ]
    assert found == []


def test_the_lock_file_holds_hashes_and_no_addresses():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = re.findall(r"^[a-z0-9][\w.-]*(?:\[[^\]]*\])?==", lock, re.MULTILINE | re.IGNORECASE)
    assert len(pinned) > 40
    assert "://" not in lock
    assert lock.count("--hash=sha256:") >= len(pinned)


@pytest.mark.parametrize("name", ["package-lock.json"])
def test_npm_lock_files_hold_no_addresses(name: str):
    found = [
        str(path.relative_to(ROOT))
        for path in ROOT.rglob(name)
        if "node_modules" not in path.parts and '"resolved"' in path.read_text(encoding="utf-8")
    ]
    assert found == []
