"""The shapes of the plans chosen for the shared plan cases, kept in ``plan_shapes.json`` so that a
change of plans is seen and judged.

``python -m tests.conformance.plan_shapes`` writes the file anew.

A shape reads ``a(3) > b(2) c(1) #5f2a91c0``: the first round asks three fields of subgraph ``a``,
the second two of ``b`` and one of ``c`` at once; the digest is that of the whole plan, so that no
change of fields, keys or conditions goes unnoticed.
"""

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from graphql import FieldNode, Visitor, parse, visit

from tests.conformance.plan_cases_runner import Report, run_all
from tests.support.planning import steps_as_lines
from tests.support.shared import find_shared
from trellis.router.planner.plan import FetchStep
from trellis.router.planner.query_plan import QueryPlan

KNOWN = Path(__file__).with_name("plan_shapes.json")
RENEW = "python -m tests.conformance.plan_shapes"
Shapes = Mapping[str, str]


class _Fields(Visitor):
    """Counts the fields of an operation but for ``_entities``, which every hop has."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def enter_field(self, node: FieldNode, *_: object) -> None:
        self.count += node.name.value != "_entities"


def shape(plan: QueryPlan) -> str:
    """The rounds of a plan: a step is in the first round in which nothing it waits for is left."""
    rounds: list[list[FetchStep]] = []
    turns: dict[int, int] = {}
    for step in plan.steps:
        turn = turns[step.id] = 1 + max((turns[other] for other in step.after), default=-1)
        rounds.extend([] for _ in range(turn + 1 - len(rounds)))
        rounds[turn].append(step)
    return " > ".join(_round(steps) for steps in rounds)


def digest(plan: QueryPlan) -> str:
    """Eight digits that stand for everything the plan does."""
    whole = "\n".join(steps_as_lines(plan))
    return hashlib.sha256(whole.encode()).hexdigest()[:8]


def _round(steps: list[FetchStep]) -> str:
    return " ".join(sorted(f"{step.service}({_fields(step.operation)})" for step in steps))


def _fields(operation: str) -> int:
    counted = _Fields()
    visit(parse(operation), counted)
    return counted.count


def shapes(report: Report) -> dict[str, str]:
    """The shape for each case, and for each of its further runs (sets of variables) whose plan
    has another one."""
    found: dict[str, str] = {}
    runs: Counter[str] = Counter()
    for result in report.results:
        runs[result.case] += 1
        if result.plan is None:
            continue
        made = f"{shape(result.plan)} #{digest(result.plan)}"
        if found.setdefault(result.case, made) != made:
            found[f"{result.case} run {runs[result.case]}"] = made
    return found


def read_known() -> dict[str, str]:
    return json.loads(KNOWN.read_text(encoding="utf-8"))


def changes(known: Shapes, found: Shapes) -> Iterator[str]:
    """What is different, as text for people."""
    for name in sorted(known.keys() | found.keys()):
        old, new = known.get(name), found.get(name)
        if old != new:
            yield f"{name}\n  was {old or 'not there'}\n  now {new or 'not there'}"


def main() -> int:
    folder = find_shared("plan_cases")
    if folder is None:
        sys.stderr.write("no plan cases here\n")
        return 1
    found = shapes(run_all(folder))
    for change in changes(read_known() if KNOWN.exists() else {}, found):
        sys.stdout.write(f"{change}\n")
    KNOWN.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
