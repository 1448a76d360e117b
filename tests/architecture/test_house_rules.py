"""Small rules of the house that a review would otherwise have to watch."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
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


def modules() -> dict[str, set[str]]:
    """Our modules with those of ours that each imports, also where it is for types only."""
    trees = {
        ".".join(("trellis", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(
            ".__init__"
        ): tree
        for path, tree in sources()
    }
    return {
        name: {found for node in ast.walk(tree) for found in _named(node) if found in trees}
        for name, tree in trees.items()
    }


def _named(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        # ``from a.b import c`` may name a module, or something in one.
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
        if not (ROOT / node.module.removeprefix("trellis.").replace(".", "/")).is_dir():
            yield node.module


def test_no_files_import_one_another_in_a_circle():
    imported = modules()
    assert sum(map(len, imported.values())) > 1_000
    try:
        TopologicalSorter(imported).prepare()
    except CycleError as circle:
        pytest.fail(" -> ".join(circle.args[1]))


def test_no_function_that_an_operation_passes_is_longer_than_a_screen():
    # 40 lines without the docstring: what is read again and again fits on a screen.
    found = [
        f"{place(path, node)} {node.name}: {length} lines"
        for path, tree in sources("router")
        if path.relative_to(ROOT / "router").parts[0]
        in {
            "pipeline.py",
            "stages.py",
            "supergraph.py",
            "operation",
            "authorization",
            "planner",
            "executor",
        }
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := _lines_of_code(node)) > 40
    ]
    assert found == []


def _lines_of_code(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    lines = (function.end_lineno or 0) - function.lineno + 1
    if ast.get_docstring(function) is None:
        return lines
    docstring = function.body[0]
    return lines - ((docstring.end_lineno or 0) - docstring.lineno + 1)


def test_only_authorization_allows_an_operation():
    # What is planned is an AllowedOperation: a door that skips authorization does not get one.
    found = {
        str(path.relative_to(ROOT))
        for path, tree in sources("router")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "AllowedOperation"
    }
    assert found == {"router/authorization/authorize.py", "router/authorization/enforcer.py"}


def test_the_order_of_the_stages_stands_once():
    # Doors, the library and tools that explain go through ``pipeline.prepare``. The library's
    # ``plan`` alone skips what asks somebody: it reads, allows all, and plans.
    stages = {"initial_outcome", "admit", "executable"}
    found = {
        (str(path.relative_to(ROOT)), node.func.attr)
        for path, tree in sources("router")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in stages
    }
    assert found == {
        *(("router/pipeline.py", stage) for stage in stages),
        ("router/supergraph.py", "executable"),
    }


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


# Where a task is made otherwise than by ``schema/background.py``: its result is awaited, or asked
# for by a callback, so that a failure reaches somebody.
AWAITED_TASKS = {
    "router/delivery/socket.py": "a task that fails ends its connection",
    "router/executor/shared_streams.py": "its listeners raise what it has met",
    "router/identity/api_keys.py": "requests await it",
    "router/identity/keys.py": "catches whatever another system does",
    "router/rest/events.py": "whichever is done ends the stream",
    "router/rest/idempotency/once.py": "the request awaits it",
    "router/serving/front/websocket.py": "uvicorn's own callback asks for its result",
    "router/serving/snapshot.py": "catches what each part does, and is awaited",
    "router/state_file.py": "whoever asked gets the failure",
    "router/web/client_watch.py": "the deadline beside it ends the request all the same",
    "schema/background.py": "here they are made",
    "subgraphs/accounts/background.py": "catches and logs everything",
    "subgraphs/executions/following.py": "the subscription asks for its result",
    "subgraphs/executions/runners/bubblewrap.py": "ends the program when it fails",
    "subgraphs/executions/worker.py": "the worker awaits it",
}


def test_the_end_of_every_background_task_is_noticed():
    def is_task(call: ast.Call) -> bool:
        func = call.func
        if not isinstance(func, ast.Attribute) or func.attr not in {"create_task", "ensure_future"}:
            return False
        owner = func.value.attr if isinstance(func.value, ast.Attribute) else func.value
        name = owner.id if isinstance(owner, ast.Name) else owner
        return name in {"asyncio", "loop", "_loop"}

    found = {
        str(path.relative_to(ROOT))
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and is_task(node)
    }
    assert found == set(AWAITED_TASKS), "use keep_running or start_reported"


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
