"""Runs the field cases: scripts that ask the router one thing each and end with status 0 or 1."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.conformance.figures import Figure, of
from tests.support.shared import ROOT

SECONDS = 60


@dataclass(frozen=True, slots=True)
class CaseResult:
    case: str
    is_right: bool
    output: str


def case_scripts(folder: Path) -> list[Path]:
    """The cases; their common harness has no number."""
    return sorted(folder.glob("[0-9]*.py"))


def run_case(script: Path) -> CaseResult:
    """Run one script from the root of this checkout, whose packages it imports."""
    try:
        done = subprocess.run(
            [sys.executable, str(script)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return CaseResult(script.stem, False, f"not done after {SECONDS} seconds")
    return CaseResult(script.stem, done.returncode == 0, (done.stdout + done.stderr).strip())


def field_cases_figure(folder: Path, only: Sequence[str] = ()) -> Figure:
    results = [
        run_case(script)
        for script in case_scripts(folder)
        if not only or any(text in script.stem for text in only)
    ]
    wrong = {r.case: _last_lines(r.output) for r in results if not r.is_right}
    return Figure("field cases", of(len(results) - len(wrong), len(results)), wrong)


def _last_lines(output: str) -> str:
    return " | ".join(line.strip() for line in output.splitlines()[-3:])[:300]
