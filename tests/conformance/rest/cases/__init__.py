"""How each operation of the contract is asked: one file per document."""

from collections.abc import Callable, Iterable, Mapping

from tests.conformance.rest.asking import Case
from tests.conformance.rest.cases.commerce import COMMERCE
from tests.conformance.rest.cases.commerce_orders import COMMERCE_ORDERS
from tests.conformance.rest.cases.commerce_payments import COMMERCE_PAYMENTS
from tests.conformance.rest.cases.files import LEARN_FILES, PM_FILES, TRACKER_FILES
from tests.conformance.rest.cases.learn import LEARN
from tests.conformance.rest.cases.learn_chat import LEARN_CHAT
from tests.conformance.rest.cases.learn_courses import LEARN_COURSES
from tests.conformance.rest.cases.learn_executions import LEARN_EXECUTIONS
from tests.conformance.rest.cases.learn_socket import event_socket
from tests.conformance.rest.cases.notifications import NOTIFICATIONS
from tests.conformance.rest.cases.ops import OPS
from tests.conformance.rest.cases.pm import PM
from tests.conformance.rest.cases.pm_analytics import PM_ANALYTICS
from tests.conformance.rest.cases.pm_comments import PM_COMMENTS
from tests.conformance.rest.cases.pm_hours import PM_HOURS
from tests.conformance.rest.cases.pm_tasks import PM_TASKS
from tests.conformance.rest.cases.todo import TODO
from tests.conformance.rest.cases.todo_tasks import TODO_TASKS
from tests.conformance.rest.cases.tracker import TRACKER
from tests.conformance.rest.cases.tracker_reports import TRACKER_REPORTS
from tests.conformance.rest.cases.tracker_search import TRACKER_SEARCH
from tests.conformance.rest.cases.tracker_webhooks import TRACKER_WEBHOOKS, delivery
from tests.conformance.rest.contract import Operation
from tests.conformance.rest.world import World

Check = Callable[[World, Operation], Iterable[str]]
"""Brings about what is no request with its answer, and says what is wrong with it."""

OUTBOUND: Mapping[str, Check] = {"S1-webhook-delivery": delivery}
"""What the platform sends."""

SOCKETS: Mapping[str, Check] = {"S4-ws": event_socket}

CHECKED: Mapping[str, Check] = {**OUTBOUND, **SOCKETS}
"""All operations without a ``Case``."""

CASES: Mapping[str, Case] = {
    **PM,
    **PM_TASKS,
    **PM_HOURS,
    **PM_ANALYTICS,
    **NOTIFICATIONS,
    **PM_COMMENTS,
    **TRACKER,
    **TRACKER_SEARCH,
    **TRACKER_REPORTS,
    **TRACKER_WEBHOOKS,
    **COMMERCE,
    **COMMERCE_ORDERS,
    **COMMERCE_PAYMENTS,
    **TODO,
    **TODO_TASKS,
    **LEARN,
    **LEARN_COURSES,
    **LEARN_CHAT,
    **PM_FILES,
    **TRACKER_FILES,
    **LEARN_FILES,
    **OPS,
    **LEARN_EXECUTIONS,
}
