"""Under which code and status clients meet what HTTP itself refuses."""

import pytest

from trellis.router.web import refusals
from trellis.schema.errors import TrellisError

STATUSES = {
    "NotAcceptable": ("NOT_ACCEPTABLE", 406),
    "MethodNotAllowed": ("METHOD_NOT_ALLOWED", 405),
    "BodyTimeout": ("REQUEST_BODY_TIMEOUT", 408),
    "UrlTooLong": ("URL_TOO_LONG", 414),
    "UnsupportedMediaType": ("UNSUPPORTED_MEDIA_TYPE", 415),
    "HeadersTooLarge": ("REQUEST_HEADERS_TOO_LARGE", 431),
    "RequestTimeout": ("REQUEST_TIMEOUT", 504),
    "CrossSiteRequest": ("CSRF_PREVENTION", 403),
    "BatchingDisabled": ("BATCHING_DISABLED", 400),
    "BatchLimit": ("BATCH_LIMIT", 400),
}


def test_each_refusal_is_known():
    own = {
        name
        for name, value in vars(refusals).items()
        if isinstance(value, type) and issubclass(value, TrellisError) and value is not TrellisError
    }
    assert own == STATUSES.keys()


@pytest.mark.parametrize("name", STATUSES)
def test_a_refusal_has_its_code_and_status(name: str):
    refusal: type[TrellisError] = getattr(refusals, name)
    assert (refusal.code, refusal.http_status) == STATUSES[name]


def test_whoever_uses_another_method_is_told_which_to_use():
    for allow, told in (
        ("POST", "Use POST here."),
        ("GET, HEAD", "Use GET or HEAD here."),
        ("GET, HEAD, PUT", "Use GET, HEAD or PUT here."),
    ):
        refusal = refusals.MethodNotAllowed(allow)
        assert refusal.message == told
        assert refusal.extensions == {"code": "METHOD_NOT_ALLOWED", "allow": allow}
