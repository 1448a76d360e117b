"""The shared plan cases: all answers right, nearly all plans as good as the best known ones."""

import pytest

from tests.conformance.plan_cases_runner import run_all
from tests.support.shared import shared_path

PLANS_NOT_WORSE = 0.97


@pytest.mark.parametrize("composed", [False, True], ids=["given", "composed"])
def test_every_plan_case_gives_exactly_the_expected_data(composed: bool) -> None:
    report = run_all(shared_path("plan_cases"), composed=composed)

    assert report.wrong == {}
    assert len(report.worse) <= (1 - PLANS_NOT_WORSE) * len(report.cases), report.worse
