"""The federation audit: every test passes, strictly, and with few requests."""

from tests.conformance.audit_runner import MOST_REQUESTS, avoiding_suites, run_audit
from tests.support.shared import shared_path


def test_every_audit_test_passes_without_needless_requests() -> None:
    report = run_audit(shared_path("federation_audit"))

    assert report.failed == {}
    assert report.total > 0
    assert report.requests <= MOST_REQUESTS


def test_nothing_is_fetched_that_was_already_provided() -> None:
    folder = shared_path("federation_audit")
    suites = avoiding_suites(folder)

    report = run_audit(folder, suites=suites, avoid=True)

    assert suites != []
    assert report.failed == {}
    assert report.total > 0
