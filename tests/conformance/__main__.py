"""``python -m tests.conformance [TEXT ...]``: all counts, and what failed by name.

Texts choose cases whose id contains one of them; the audit runs without any.
"""

import sys

from tests.conformance.audit_runner import run_audit
from tests.conformance.composition_runner import load_cases, run_case
from tests.conformance.plan_cases_runner import run_all
from tests.support.shared import find_shared


def main(only: list[str]) -> int:
    """Print the report; 1 when anything failed."""
    failed = _report_composition(only)
    cases = find_shared("plan_cases")
    for composed in (False, True):
        if cases is None:
            break
        report = run_all(cases, only=only, composed=composed)
        right = len(report.cases) - len(report.wrong)
        where = "composed by us" if composed else "supergraphs as given"
        total = len(report.cases)
        _say(f"plan cases, {where}: {right} of {total} right, {len(report.worse)} plans worse")
        _list("wrong", report.wrong)
        _list("worse", report.worse)
        failed += len(report.wrong)
    audit = find_shared("federation_audit")
    if audit is not None and not only:
        result = run_audit(audit)
        passed = result.total - len(result.failed)
        _say(f"audit: {passed} of {result.total} passed, {result.requests} subgraph requests")
        _list("failed", result.failed)
        failed += len(result.failed)
    return 1 if failed else 0


def _report_composition(only: list[str]) -> int:
    """Verdict, codes, API schema, supergraph and hints of each case; the number of wrong ones.

    "other" cases give the codes of the second of two packages that disagree."""
    folder = find_shared("composition_cases")
    if folder is None:
        return 0
    cases = [c for c in load_cases(folder) if not only or any(t in c["id"] for t in only)]
    verdicts = [run_case(case) for case in cases]
    by_status = {
        status: {v.case: v.detail for v in verdicts if v.status == status}
        for status in ("right", "other", "wrong")
    }
    counts = ", ".join(f"{len(found)} {status}" for status, found in by_status.items())
    _say(f"composition cases: {counts}")
    _list("other", by_status["other"])
    _list("wrong", by_status["wrong"])
    return len(by_status["wrong"])


def _list(what: str, entries: dict[str, str]) -> None:
    for name, reason in entries.items():
        _say(f"  {what}: {name}: {reason}")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
