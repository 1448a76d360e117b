"""Plans stay as they are until somebody means to change them: an upgrade of the router that asks
subgraphs for something else must be a decision, not an accident."""

import pytest

from tests.router.planner.pinned_plans import BATCHES, RENEW, Case, cases, read_known
from tests.support.planning import steps_as_lines
from trellis.router.errors import PlanningLimit


@pytest.mark.parametrize("batch", range(BATCHES))
def test_plans_are_those_that_were_looked_at_last_and_take_no_more_work(batch: int) -> None:
    """They may have become better: then look at the difference, and say why they changed. More
    options examined for the same plans means that hostile operations have become dearer."""
    known = read_known()
    changed: list[str] = []
    checked = 0
    for case in cases(batch):
        checked += 1
        lines, expected = _lines(case, known[case.name]["options"]), known[case.name]["plan"]
        if lines != expected:
            parts = [case.name, str(case.pair), "was:", *expected, "now:", *lines]
            changed.append("\n".join(parts))

    assert checked > 10
    assert not changed, "\n\n".join([f"Plans changed. `{RENEW}` keeps the new ones.", *changed])


def _lines(case: Case, options: int) -> list[str]:
    try:
        return steps_as_lines(case.plan(options))
    except PlanningLimit:
        return [f"more than {options} options examined"]
