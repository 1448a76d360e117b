"""The shared plan cases: all answers right, nearly all plans as good as the best known ones, and
each plan as it was when somebody last looked at it."""

from functools import cache

import pytest

from tests.conformance.plan_cases_runner import Report, run_all
from tests.conformance.plan_shapes import RENEW, changes, read_known, shapes
from tests.support.shared import shared_path

PLANS_NOT_WORSE = 0.97

as_given = pytest.mark.xdist_group("plan_cases_as_given")  # one process runs them once


@cache
def report_of(*, composed: bool) -> Report:
    return run_all(shared_path("plan_cases"), composed=composed)


@pytest.mark.parametrize(
    "composed",
    [pytest.param(False, marks=as_given, id="given"), pytest.param(True, id="composed")],
)
def test_every_plan_case_gives_exactly_the_expected_data(composed: bool) -> None:
    report = report_of(composed=composed)

    assert report.cases
    assert report.wrong == {}
    assert len(report.worse) <= (1 - PLANS_NOT_WORSE) * len(report.cases), report.worse


@as_given
def test_every_plan_is_the_one_that_was_looked_at_last() -> None:
    """Another plan may be as good or better: then write the shapes anew, and say why they
    changed."""
    found = "\n".join(changes(read_known(), shapes(report_of(composed=False))))

    assert not found, f"Plans changed. `{RENEW}` keeps the new ones.\n{found}"
