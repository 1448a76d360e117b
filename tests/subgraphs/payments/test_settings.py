"""Which provider takes the payments, and what that means in production."""

import pytest

from trellis.subgraphs.payments.graph import make_subgraph
from trellis.subgraphs.payments.settings import PaymentSettings


def test_simulated_payments_are_unfit_for_production(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("TRELLIS_PAYMENTS_PROVIDER", raising=False)
    [reason] = make_subgraph().unfit_for_production()
    assert "simulated" in reason
    monkeypatch.setenv("TRELLIS_PAYMENTS_PROVIDER", "stripe")
    monkeypatch.setenv("TRELLIS_STRIPE_SECRET_KEY", "sk_test_x")
    assert make_subgraph().unfit_for_production() == ()


@pytest.mark.parametrize(
    "given",
    [
        {"TRELLIS_PAYMENTS_PROVIDER": "paypal"},
        {"TRELLIS_PAYMENTS_PROVIDER": "stripe"},
        {
            "TRELLIS_PAYMENTS_PROVIDER": "stripe",
            "TRELLIS_STRIPE_SECRET_KEY": "sk_test_x",
            "STRIPE_LOG": "debug",
        },
    ],
)
def test_settings_that_make_no_sense_are_refused(given: dict[str, str]):
    with pytest.raises(ValueError, match=r"TRELLIS_|STRIPE_LOG"):
        PaymentSettings.from_environment(given)
