"""How each operation of the contract is asked: one file per document."""

from collections.abc import Mapping

from tests.conformance.rest.asking import Case
from tests.conformance.rest.cases.commerce import COMMERCE
from tests.conformance.rest.cases.learn import LEARN
from tests.conformance.rest.cases.pm import PM
from tests.conformance.rest.cases.pm_tasks import PM_TASKS
from tests.conformance.rest.cases.todo import TODO
from tests.conformance.rest.cases.todo_tasks import TODO_TASKS
from tests.conformance.rest.cases.tracker import TRACKER

CASES: Mapping[str, Case] = {
    **PM,
    **PM_TASKS,
    **TRACKER,
    **COMMERCE,
    **TODO,
    **TODO_TASKS,
    **LEARN,
}
