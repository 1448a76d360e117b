"""Which calls are repeated, how soon, and how many (S4-RTY-01 to -04)."""

import pytest

from trellis.router.errors import SubgraphError, SubgraphTimeout, SubgraphUnavailable
from trellis.router.transports.base import SubgraphRequest
from trellis.router.transports.retries import (
    CRITICAL,
    IDEMPOTENT_WRITE,
    READ,
    WRITE,
    RetryBudget,
    RetryPolicy,
    Writes,
    policy_for,
)
from trellis.router.transports.retry_after import MAX_SECONDS, read_retry_after
from trellis.schema.request import RequestContext

WITH_KEY = RequestContext(headers={"idempotency-key": "k-1"})
RESET = SubgraphUnavailable("a", "", is_reset=True)
REFUSED = SubgraphUnavailable("a", "")
LATE = SubgraphTimeout("a", "")


def http(status: int) -> SubgraphError:
    return SubgraphUnavailable("a", "", status=status)


FAILURES = {
    **{str(status): http(status) for status in (500, 501, 502, 503, 504)},
    "reset": RESET,
    "refused": REFUSED,
    "late": LATE,
}


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (READ, {"502", "503", "504", "reset", "late"}),
        (IDEMPOTENT_WRITE, {"502", "503", "504"}),
        (CRITICAL, {"503"}),
        (WRITE, set()),
    ],
    ids=["read", "idempotent", "critical", "write"],
)
def test_each_class_has_its_failures(policy: RetryPolicy, expected: set[str]):
    assert {name for name, failure in FAILURES.items() if policy.applies_to(failure)} == expected


@pytest.mark.parametrize(
    ("policy", "delays"),
    [(READ, [0.1, 0.2, 0.4]), (IDEMPOTENT_WRITE, [0.2, 0.4, 0.8]), (CRITICAL, [1.0]), (WRITE, [])],
    ids=["read", "idempotent", "critical", "write"],
)
def test_delays_double_and_get_up_to_thirty_percent_more(policy: RetryPolicy, delays: list[float]):
    retries = range(policy.retries)

    assert [policy.delay(n, 0.0) for n in retries] == pytest.approx(delays)
    assert [policy.delay(n, 1.0) for n in retries] == pytest.approx([1.3 * d for d in delays])


@pytest.mark.parametrize(("policy", "most"), [(READ, 2.0), (IDEMPOTENT_WRITE, 5.0)])
def test_delays_have_a_maximum(policy: RetryPolicy, most: float):
    assert policy.delay(20, 0.0) == most


@pytest.mark.parametrize(
    ("kind", "writes", "context", "policy"),
    [
        ("query", "plain", RequestContext(), READ),
        ("query", "critical", RequestContext(), READ),
        ("mutation", "plain", WITH_KEY, WRITE),
        ("mutation", "idempotent", RequestContext(), WRITE),
        ("mutation", "idempotent", WITH_KEY, IDEMPOTENT_WRITE),
        ("mutation", "critical", RequestContext(), CRITICAL),
        ("subscription", "critical", WITH_KEY, WRITE),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_the_operation_and_the_subgraph_decide_the_class(
    kind: str, writes: Writes, context: RequestContext, policy: RetryPolicy
):
    request = SubgraphRequest("a", "", kind=kind, context=context)  # type: ignore[arg-type]

    assert policy_for(request, writes) is policy


def test_a_budget_is_a_tenth_of_the_calls_beside_ten_to_begin_with():
    budget = RetryBudget(0.1)
    spent = 0
    for _ in range(1_000):
        budget.earn()
        spent += budget.spend() + budget.spend() + budget.spend()

    assert spent == 10 + 99  # the first call has nothing to add to what is saved


def test_a_budget_saves_at_most_ten_retries():
    budget = RetryBudget(0.1)
    for _ in range(10_000):
        budget.earn()

    assert sum(budget.spend() for _ in range(100)) == 10


def test_no_budget_is_no_retry():
    budget = RetryBudget(0.0)
    budget.earn()

    assert not budget.spend()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("", None),
        ("0", 0),
        (" 120 ", 120),
        ("999999999", MAX_SECONDS),
        ("9" * 5000, None),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", MAX_SECONDS),
        ("Fri, 99 Dec 9999 23:59:59 GMT", None),
    ],
    ids=range(11),
)
def test_retry_after_is_a_number_of_seconds_or_a_date(value: str, seconds: int | None):
    assert read_retry_after(value) == seconds
