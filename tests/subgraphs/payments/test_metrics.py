"""Requirement S2-OBS-05: the metrics of payments."""

from tests.subgraphs.payments.asking import order, pay, work
from tests.support.metrics import figures_here
from tests.support.subgraphs import Running

PROCESSED = "payments_processed_total"


async def test_payments_are_counted_once_when_they_are_processed(payments: Running):
    before = figures_here()
    for card in ("visa", "visa", "visa", "nofundslater", "delay"):
        await pay(payments, await order(payments), card)
    assert figures_here().of(PROCESSED) == before.of(PROCESSED)
    await work(payments)
    await work(payments)  # nothing is settled again

    after = figures_here()
    statuses = ("completed", "failed")
    added = [after.of(PROCESSED, status=one) - before.of(PROCESSED, status=one) for one in statuses]
    assert added == [3, 1]
    rate = after.of(PROCESSED, status="completed") / after.of(PROCESSED)
    assert after.of("payment_success_rate", service="payments") == rate
