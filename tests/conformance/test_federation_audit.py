"""The federation audit: every test passes, strictly, and with few requests."""

from tests.conformance.audit_runner import run_audit
from tests.support.shared import shared_path

MOST_REQUESTS = 255


def test_every_audit_test_passes_without_needless_requests() -> None:
    report = run_audit(shared_path("federation_audit"))

    assert report.failed == {}
    assert report.total > 0
    assert report.requests <= MOST_REQUESTS


def test_nothing_is_fetched_that_was_already_provided() -> None:
    report = run_audit(shared_path("federation_audit"), options=("--strict", "--avoid"))

    assert report.failed == {}
