"""What the project suite's document says word for word."""

from datetime import UTC, datetime
from typing import Any

from trellis.router.rest.profile import Failure, ResponseInfo
from trellis.router.rest.profiles.pm import PM

INFO = ResponseInfo(request_id="abc", time=datetime(2024, 1, 15, tzinfo=UTC))


def test_a_missing_permission_has_the_message_of_the_document():
    failure = Failure("FORBIDDEN", *PM.failures["FORBIDDEN"], "You need write:projects.")
    body: Any = PM.failure(failure, INFO)

    assert body["error"] == {
        "code": "AUTHORIZATION_FAILED",
        "message": "Insufficient permissions",
        "details": [],
    }
