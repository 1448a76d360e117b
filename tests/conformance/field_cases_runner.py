"""Runs the field cases: scripts that ask the router one thing each and end with status 0 or 1."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.conformance.figures import Figure, of
from tests.support.shared import ROOT

SECONDS = 60
PROCESS = "tests.conformance.field_cases_process"


@dataclass(frozen=True, slots=True)
class CaseResult:
    case: str
    is_right: bool
    output: str


def case_scripts(folder: Path) -> list[Path]:
    """The cases; their common harness has no number."""
    return sorted(folder.glob("[0-9]*.py"))


def run_cases(scripts: Sequence[Path]) -> list[CaseResult]:
    """Run scripts of one folder, each in a fork of one process that has imported the router, from
    the root of this checkout. A script that is not run to its end is not right."""
    done = subprocess.run(
        [sys.executable, "-m", PROCESS, str(SECONDS), *map(str, scripts)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=SECONDS * (len(scripts) + 1),
        check=False,
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    results = [CaseResult(case, status == 0, output.strip()) for case, status, output in told]
    missing = [script.stem for script in scripts[len(results) :]]
    return results + [CaseResult(case, False, done.stderr.strip()) for case in missing]


def field_cases_figure(folder: Path, only: Sequence[str] = ()) -> Figure:
    scripts = [
        script
        for script in case_scripts(folder)
        if not only or any(text in script.stem for text in only)
    ]
    results = run_cases(scripts)
    wrong = {r.case: _last_lines(r.output) for r in results if not r.is_right}
    return Figure("field cases", of(len(results) - len(wrong), len(results)), wrong)


def _last_lines(output: str) -> str:
    return " | ".join(line.strip() for line in output.splitlines()[-3:])[:300]
