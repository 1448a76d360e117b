"""The shared composition cases: what a complete composition answers."""

import pytest

from tests.conformance.composition_runner import Case, load_cases, run_case
from tests.support.shared import find_shared, shared_path

FOLDER = find_shared("composition_cases")
CASES = list(load_cases(FOLDER)) if FOLDER else []


def test_there_are_cases():
    assert list(load_cases(shared_path("composition_cases"))) != []


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_composition_answers_as_recorded(case: Case):
    verdict = run_case(case)

    assert verdict.status in ("right", "other"), verdict.detail
