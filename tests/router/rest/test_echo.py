"""Which values of a refused request are said again, and how much of them."""

from typing import Any

import pytest

from trellis.router.rest.echo import with_values
from trellis.router.rest.profile import Problem

PATH = {"id": "no-id"}
QUERY = b"cursor=garbage&limit=900"
BODY = {
    "email": "not-an-email",
    "age": 7,
    "accepted": False,
    "preferences": {"language": "english"},
    "roles": ["admin", "boss"],
    "bio": "x" * 500,
    "none": None,
    "newPassword": "short",
    "refreshToken": "abc",
    "clientSecret": "abc",
    "mfaCode": "12",
    "cardNumber": "4111",
    "token": {"value": "abc"},
}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "not-an-email"),
        ("age", 7),
        ("accepted", False),
        ("preferences.language", "english"),
        ("roles.1", "boss"),
        ("bio", "x" * 100),
        ("cursor", "garbage"),
        ("limit", "900"),
        ("id", "no-id"),
    ],
)
def test_a_rejected_value_is_returned_and_truncated(field: str, value: Any):
    assert told(field) == value


@pytest.mark.parametrize(
    "field",
    [
        *("newPassword", "refreshToken", "clientSecret", "mfaCode", "cardNumber", "token.value"),
        *("preferences", "roles", "none", "missing", "roles.7", "email.more", ""),
    ],
)
def test_secrets_lists_objects_and_absent_values_are_not_returned(field: str):
    assert told(field) is None


def told(field: str) -> Any:
    [problem] = with_values([Problem(field, "INVALID_FORMAT", "No.")], PATH, QUERY, BODY)
    return problem.value
