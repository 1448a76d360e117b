"""``python -m tests.conformance.rest [TEXT ...]``: every operation of the contract, counted, and
every way to fail each of them, with a table of the requirement lines that this holds to.

Texts choose operations whose id contains one of them.
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.conformance.rest.cases import CHECKED
from tests.conformance.rest.contract import Operation, count_by_document, read_contract
from tests.conformance.rest.refusals import Refusal, all_refusals
from tests.conformance.rest.runner import Verdict, run_check, run_operation
from tests.conformance.rest.troubles import running_troubles
from tests.conformance.rest.world import running_world
from tests.support.shared import SHARED, find_shared

LEAST_REFUSALS = 600


def main(only: Sequence[str]) -> int:
    """Print the report; 1 when an operation is not as the documents have it."""
    folder = find_shared("requirements")
    if folder is None:
        _say(f"no contract in {SHARED}; set TRELLIS_TEST_DATA")
        return 0
    operations = read_contract(folder)
    served = [
        operation
        for operation in operations
        if operation.is_served and (not only or any(text in operation.id for text in only))
    ]
    routes = [operation for operation in served if operation.is_route]
    with tempfile.TemporaryDirectory() as name, running_world(Path(name)) as world:
        verdicts = [run_operation(world, operation) for operation in served]
        verdicts += [run_check(world, one) for one in _asked_for(operations, only)]
        refused = [
            (one, one.problems(world.client)) for one in all_refusals(world, routes, operations)
        ]
        with running_troubles(world.folder) as troubles:
            refused += [
                (one, one.problems(client)) for one, client in troubles.refusals(world, routes)
            ]
    for verdict in verdicts:
        _tell(verdict)
    _tell_refusals(refused)
    if not only:
        _count(operations, verdicts)
        if len(refused) < LEAST_REFUSALS:
            _say(f"only {len(refused)} refusals were made, {LEAST_REFUSALS} should be")
            return 1
    is_wrong = any(v.wrong for v in verdicts) or any(problems for _, problems in refused)
    return 1 if is_wrong else 0


def _asked_for(operations: Sequence[Operation], only: Sequence[str]) -> list[Operation]:
    """What is no request with its answer."""
    sent = [one for one in operations if one.id in CHECKED]
    return [one for one in sent if not only or any(text in one.id for text in only)]


def _tell(verdict: Verdict) -> None:
    operation = verdict.operation
    mark = "wrong" if verdict.wrong else "right"
    refusals = f"{verdict.provoked} of {len(operation.errors)} refusals provoked"
    _say(f"{mark}  {operation.id:32} {operation.method:6} {operation.path}  ({refusals})")
    for problem in verdict.wrong:
        _say(f"         {problem}")


def _tell_refusals(refused: Sequence[tuple[Refusal, Sequence[str]]]) -> None:
    """What is wrong, then how many answers were held to each line and were right."""
    for one, problems in refused:
        for problem in problems:
            _say(f"wrong  {one.operation}, {one.way}: {problem}")
    totals, right = Counter[str](), Counter[str]()
    for one, problems in refused:
        totals.update(one.lines)
        right.update(() if problems else one.lines)
    number = sum(not problems for _, problems in refused)
    _say(f"\nrefusals: {number} / {len(refused)} right, by requirement line")
    for line, total in sorted(totals.items()):
        _say(f"  {line:12} {right[line]:5} / {total}")


def _count(operations: Sequence[Operation], verdicts: Sequence[Verdict]) -> None:
    right = count_by_document([v.operation for v in verdicts if not v.wrong])
    totals = count_by_document(operations)
    _say("\nright / total by document")
    for document, total in sorted(totals.items()):
        _say(f"  {document}: {right[document]} / {total}")
    _say(f"  all: {right.total()} / {totals.total()}")
    _list(
        "constants until their domain is there",
        [
            f"{v.operation.id}: {member} ({domain})"
            for v in verdicts
            for member, domain in v.waiting.items()
        ],
    )
    _list(
        "refusals not provoked here",
        sorted({f"{told}: {why}" for v in verdicts for told, why in v.unprovoked.items()}),
    )
    later = [
        operation.id
        for operation in operations
        if not (operation.is_served or operation.id in CHECKED)
    ]
    _say(f"\nnot yet there: {len(later)} operations of later domains\n  " + " ".join(later))


def _list(title: str, lines: Sequence[str]) -> None:
    _say(f"\n{title}: {len(lines)}")
    for line in lines:
        _say(f"  {line}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
