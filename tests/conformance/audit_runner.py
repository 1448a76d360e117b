"""Runs the federation audit against the router: ASGI in front, HTTP to the subgraphs."""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.shared import ROOT

FACTORY = "router.app:create_app"


@dataclass(frozen=True, slots=True)
class AuditReport:
    """``failed`` maps tests to their first problem; ``requests`` counts subgraph requests."""

    total: int
    failed: dict[str, str]
    requests: int
    output: str


def run_audit(folder: Path, *, options: Sequence[str] = ("--strict",)) -> AuditReport:
    """Run the audit in ``folder`` in a process of its own."""
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.json"
        command = [sys.executable, str(folder / "run.py"), "--app", FACTORY, "--stats"]
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
        suites = json.loads(report.read_text(encoding="utf-8"))
    results = [result for suite in suites.values() for result in suite]
    failed = {r["id"]: (r["problems"] or [""])[0] for r in results if not r["passed"]}
    counted = re.search(r"^(\d+) subgraph requests$", output, re.MULTILINE)
    return AuditReport(len(results), failed, int(counted.group(1)) if counted else 0, output)
