"""A foreign planner as a child process, installed on demand and started anew when it dies."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.services import require_program

FOLDER = Path(__file__).parent
PLANNERS = ("apollo", "hive")


def install() -> None:
    """Bring the npm packages of package.json; skips where Node is absent."""
    npm = require_program("npm")
    if not (FOLDER / "node_modules" / ".package-lock.json").exists():
        subprocess.run([npm, "ci", "--silent"], cwd=FOLDER, check=True, timeout=300)


class ForeignPlanner:
    """``plan`` asks the child; one that panics is an answer too."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._child: subprocess.Popen[str] | None = None

    def plan(self, supergraph: str, operations: Sequence[str]) -> dict[str, Any]:
        """``{"error"}`` when the supergraph does not load, else ``{"plans": [...]}``."""
        child = self._running()
        assert child.stdin is not None and child.stdout is not None
        request = {"supergraph": supergraph, "operations": list(operations)}
        child.stdin.write(json.dumps(request) + "\n")
        child.stdin.flush()
        line = child.stdout.readline()
        if line:
            return dict(json.loads(line))
        self.close()
        if len(operations) > 1:  # find the operation that kills it
            answers = [self.plan(supergraph, [operation]) for operation in operations]
            return {"plans": [a["plans"][0] if "plans" in a else a for a in answers]}
        return {"error": "the planner died"}

    def _running(self) -> subprocess.Popen[str]:
        if self._child is None:
            self._child = subprocess.Popen(
                ["node", "plan.mjs", self.name],
                cwd=FOLDER,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        return self._child

    def close(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.communicate()
            self._child = None


@contextmanager
def foreign_planner(name: str) -> Iterator[ForeignPlanner]:
    planner = ForeignPlanner(name)
    try:
        yield planner
    finally:
        planner.close()
