"""The shared composition cases as one test; ``composition_runner`` shows them one by one."""

from tests.conformance.composition_runner import load_cases, run_case
from tests.support.shared import shared_path


def test_every_shared_case_has_its_verdict_and_codes():
    verdicts = [run_case(case) for case in load_cases(shared_path("composition_cases"))]

    assert len(verdicts) > 500
    assert [f"{v.case}: {v.detail}" for v in verdicts if v.status == "wrong"] == []
