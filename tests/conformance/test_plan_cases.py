"""The shared plan cases: all answers right, all plans as good as the best known ones but where we
decided otherwise, and each plan as it was when somebody last looked at it."""

import json

import pytest

from tests.conformance.plan_cases_runner import run_all
from tests.conformance.plan_shapes import RENEW, changes, read_known, shapes
from tests.support.shared import shared_path

PARTS = 10
# Decision 0031: a type that no subgraph can resolve is asked for where another planner gives null.
WORSE = {"audit.non-resolvable-interface-object#2"}


@pytest.mark.parametrize("part", range(PARTS))
def test_plan_cases_give_exactly_the_expected_data_by_the_known_plans(part: int) -> None:
    """A plan of another shape may be as good or better: then write the shapes anew, and say why
    they changed."""
    report = run_all(shared_path("plan_cases"), suites=slice(part, None, PARTS))
    known = read_known()
    here = {name: known[name] for name in known if name.split(" run ")[0] in report.cases}
    changed = "\n".join(changes(here, shapes(report)))

    assert len(report.cases) > 5
    assert report.wrong == {}
    assert report.worse.keys() <= WORSE
    assert not changed, f"Plans changed. `{RENEW}` keeps the new ones.\n{changed}"


def test_every_known_plan_belongs_to_a_case() -> None:
    ids = set[str]()
    for path in shared_path("plan_cases").glob("*.json"):
        ids |= {case["id"] for case in json.loads(path.read_text(encoding="utf-8"))["cases"]}

    assert {name.split(" run ")[0] for name in read_known()} == ids


@pytest.mark.parametrize("part", range(PARTS))
def test_plan_cases_give_the_expected_data_on_supergraphs_of_ours(part: int) -> None:
    report = run_all(shared_path("plan_cases"), composed=True, suites=slice(part, None, PARTS))

    assert len(report.cases) > 5
    assert report.wrong == {}
    assert report.worse.keys() <= WORSE
