"""Runs the shared composition cases: ``python -m tests.conformance.composition_runner [text]``.

A case is the input of one composition run and what a complete composition answers. ``run_case``
compares one: verdict, error codes, API schema, supergraph and hint codes. As a program this
prints the failing ones whose id contains the text.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from router.composition.compose import Composition, compose
from router.composition.report import CompositionError
from router.composition.subgraph import Subgraph
from tests.conformance.schema_comparison import api_differences, supergraph_differences
from tests.support.shared import find_shared

Case = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one case went: ``status`` is ``right``, ``other`` (the codes of the second package,
    where the two disagree), ``wrong`` (verdict or codes), or what differs after success: ``api``,
    ``supergraph`` or ``hints``; ``detail`` says what was got and wanted."""

    case: str
    status: str
    detail: str = ""


def load_cases(folder: Path) -> Iterator[Case]:
    """All cases of the folder, file by file."""
    for path in sorted(folder.glob("*.json")):
        yield from json.loads(path.read_text())


def subgraphs_of(case: Case) -> list[Subgraph]:
    return [Subgraph(s["name"], s.get("url") or "", s["sdl"]) for s in case["subgraphs"]]


def run_case(case: Case) -> Verdict:
    """Compose the case and compare the error codes, or the two schemas and the hint codes."""
    options = case.get("options") or {}
    limit = options.get("maxValidationSubgraphPaths")
    composition = (
        compose(subgraphs_of(case))
        if limit is None
        else compose(subgraphs_of(case), max_paths=limit)
    )
    verdict = judge(case, composition.errors)
    if verdict.status == "right" and composition.is_ok:
        return judge_result(case, composition)
    return verdict


def judge(case: Case, errors: Sequence[CompositionError]) -> Verdict:
    """Compare the codes with those recorded: one error may stand for several of the same code."""
    got, wanted = {error.code for error in errors}, set(case["codes"])
    if got == wanted:
        return Verdict(case["id"], "right")
    detail = f"got {sorted(got)}, wanted {sorted(wanted)}"
    if not case["agree"] and got == set(case["guild"]["codes"]):
        return Verdict(case["id"], "other", detail)
    messages = "".join(f"\n      {error.message}" for error in errors[:3])
    return Verdict(case["id"], "wrong", detail + messages)


def judge_result(case: Case, composition: Composition) -> Verdict:
    """Compare what a successful composition gave, the most important difference first."""
    got, wanted = {hint.code for hint in composition.hints}, set(case.get("hints") or ())
    differences = {
        "api": api_differences(composition.api_sdl, case["api_schema"]),
        "supergraph": supergraph_differences(composition.supergraph_sdl, case["supergraph"]),
        "hints": [] if got == wanted else [f"got {sorted(got)}, wanted {sorted(wanted)}"],
    }
    for status, found in differences.items():
        if found:
            return Verdict(case["id"], status, "".join(f"\n      {d}" for d in found[:5]))
    return Verdict(case["id"], "right")


def main(text: str = "") -> int:
    folder = find_shared("composition_cases")
    if folder is None:
        print("no composition cases here")  # noqa: T201
        return 1
    start = time.perf_counter()
    verdicts = [run_case(case) for case in load_cases(folder) if text in case["id"]]
    elapsed = time.perf_counter() - start
    for verdict in verdicts:
        if verdict.status != "right":
            print(f"{verdict.status}: {verdict.case}: {verdict.detail}")  # noqa: T201
    counts = Counter(verdict.status for verdict in verdicts)
    print(f"{len(verdicts)} cases in {elapsed:.1f} s: {dict(counts)}")  # noqa: T201
    return 1 if set(counts) - {"right", "other"} else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
