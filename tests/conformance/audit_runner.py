"""Runs the federation audit against the router: ASGI in front, HTTP to the subgraphs."""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.conformance.figures import Figure, of
from tests.support.shared import ROOT

FACTORY = "trellis.router.app:create_app"
MOST_REQUESTS = 270  # for all tests together; the two known gateways need 276 and 277


@dataclass(frozen=True, slots=True)
class AuditReport:
    """``failed`` maps tests to their first problem; ``requests`` counts subgraph requests."""

    total: int
    failed: dict[str, str]
    requests: int
    output: str


def data_folders(folder: Path) -> list[Path]:
    """The folders of fixtures: the first and those that were added."""
    return sorted(path for path in folder.glob("data*") if path.is_dir())


def avoiding_suites(folder: Path) -> list[str]:
    """The suites of which a subgraph may refuse what a good plan does not ask."""
    return [
        path.stem
        for data in data_folders(folder)
        for path in sorted(data.glob("*.json"))
        if '"@avoid"' in path.read_text(encoding="utf-8")
    ]


def run_audit(
    folder: Path,
    *,
    data: Sequence[Path] = (),
    suites: Sequence[str] = (),
    avoid: bool = False,
) -> AuditReport:
    """Run the audit in ``folder``, strictly, in a process of its own. ``data`` are the folders of
    fixtures, else all; ``suites`` choose some of them."""
    options = [f"--data={path}" for path in data or data_folders(folder)]
    options += [f"--suite={suite}" for suite in suites]
    options += ["--avoid"] if avoid else []
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.json"
        command = [sys.executable, str(folder / "run.py"), "--app", FACTORY, "--stats", "--strict"]
        finished = subprocess.run(
            [*command, *options, "--json", str(report)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
        output = finished.stdout + finished.stderr
        if not report.exists():
            return AuditReport(0, {"audit": output[-2000:]}, 0, output)
        results = json.loads(report.read_text(encoding="utf-8"))
    tests = [result for suite in results.values() for result in suite]
    failed = {r["id"]: (r["problems"] or [""])[0] for r in tests if not r["passed"]}
    counted = re.search(r"^(\d+) subgraph requests$", output, re.MULTILINE)
    return AuditReport(len(tests), failed, int(counted.group(1)) if counted else 0, output)


def audit_figures(folder: Path) -> list[Figure]:
    """All suites, and those that can punish poor plans with the punishment."""
    whole = run_audit(folder)
    problems = dict(whole.failed)
    if whole.requests > MOST_REQUESTS:
        problems["requests"] = f"{whole.requests}, at most {MOST_REQUESTS} expected"
    counts = f"{of(whole.total - len(whole.failed), whole.total)}, {whole.requests} requests"
    strict = run_audit(folder, suites=avoiding_suites(folder), avoid=True)
    avoided = f"{of(strict.total - len(strict.failed), strict.total)}, {strict.requests} requests"
    return [
        Figure("federation audit, strict", counts, problems),
        Figure("federation audit, needless requests refused", avoided, strict.failed),
    ]
