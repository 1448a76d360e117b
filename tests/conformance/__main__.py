"""``python -m tests.conformance [TEXT ...]``: both counts, and what failed by name.

Texts choose plan cases whose id contains one of them; the audit runs without any.
"""

import sys

from tests.conformance.audit_runner import run_audit
from tests.conformance.plan_cases_runner import run_all
from tests.support.shared import find_shared


def main(only: list[str]) -> int:
    """Print the report; 1 when anything failed."""
    failed = 0
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


def _list(what: str, entries: dict[str, str]) -> None:
    for name, reason in entries.items():
        _say(f"  {what}: {name}: {reason}")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
