"""Runs the shared composition cases.

A case is the input of one composition run and what a complete composition answers. ``run_case``
compares one: verdict, error codes, API schema, supergraph and hint codes.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conformance.figures import Figure, of
from tests.conformance.schema_comparison import api_differences, supergraph_differences
from trellis.router.composition.compose import Composition, compose
from trellis.router.composition.report import CompositionError
from trellis.router.composition.subgraph import Subgraph

Case = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one case went: ``status`` is ``right``, ``wrong`` (verdict or codes), ``other`` (the
    codes of the second package, where the two disagree), or what differs after success: ``api``,
    ``supergraph`` or ``hints``. ``detail`` says what was got and wanted."""

    case: str
    status: str
    detail: str = ""


def load_cases(folder: Path) -> Iterator[Case]:
    """All cases of the folder and the folders in it, file by file."""
    for path in sorted(folder.rglob("*.json")):
        yield from json.loads(path.read_text(encoding="utf-8"))


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


def composition_figure(folder: Path, only: Sequence[str] = ()) -> Figure:
    """Run the cases whose id contains one of the texts; all without texts."""
    cases = [c for c in load_cases(folder) if not only or any(text in c["id"] for text in only)]
    verdicts = [run_case(case) for case in cases]
    statuses = Counter(verdict.status for verdict in verdicts)
    right = len(cases) - statuses["wrong"]
    differing = len(cases) - statuses["right"] - statuses["other"] - statuses["wrong"]
    return Figure(
        "composition cases",
        f"verdicts and codes {of(right, len(cases))} ({statuses['other']} with the codes of the "
        f"second package), other results {differing}",
        {v.case: f"{v.status}: {v.detail}" for v in verdicts if v.status not in ("right", "other")},
        {v.case: v.detail for v in verdicts if v.status == "other"},
    )
