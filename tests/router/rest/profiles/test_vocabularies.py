"""The words and statuses in which each dialect tells what went wrong."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.conformance.rest.error_forms import PM_CODES, TRACKER_MESSAGES
from trellis.router.rest.profile import Failure, Problem, ResponseInfo, translate
from trellis.router.rest.profiles import PROFILES
from trellis.router.rest.vocabulary import STATUSES

CODES = {
    "BAD_REQUEST": "400 VALIDATION_ERROR | 400 INVALID_FORMAT | 400 | 400 | 400",
    "BAD_USER_INPUT": "400 VALIDATION_ERROR | 422 VALIDATION_ERROR | 422 | 400 | 422 "
    "VALIDATION_ERROR",
    "UNAUTHENTICATED": "401 AUTHENTICATION_FAILED | 401 TOKEN_INVALID | 401 | 401 | 401 "
    "UNAUTHORIZED",
    "TOKEN_EXPIRED": "401 AUTHENTICATION_FAILED | 401 TOKEN_EXPIRED | 401 | 401 | 401 UNAUTHORIZED",
    "INVALID_CREDENTIALS": "401 INVALID_CREDENTIALS | 401 INVALID_CREDENTIALS | 401 | 401 | 401 "
    "UNAUTHORIZED",
    "REFRESH_TOKEN_EXPIRED": "401 AUTHENTICATION_FAILED | 401 REFRESH_TOKEN_EXPIRED | 401 | 401 "
    "| 401 UNAUTHORIZED",
    "FORBIDDEN": "403 AUTHORIZATION_FAILED | 403 INSUFFICIENT_PERMISSIONS | 403 | 404 | 403 "
    "FORBIDDEN",
    "ENTITLEMENT_REQUIRED": "403 AUTHORIZATION_FAILED | 403 RESOURCE_FORBIDDEN | 403 | 404 | 403 "
    "SUBSCRIPTION_REQUIRED",
    "NOT_FOUND": "404 RESOURCE_NOT_FOUND | 404 RESOURCE_NOT_FOUND | 404 | 404 | 404",
    "ALREADY_EXISTS": "409 RESOURCE_CONFLICT | 409 RESOURCE_ALREADY_EXISTS | 409 | 409 | 409",
    "CONFLICT": "409 RESOURCE_CONFLICT | 409 RESOURCE_CONFLICT | 409 | 409 | 409",
    "PAYLOAD_TOO_LARGE": "413 | 413 | 413 | 413 | 413",
    "RATE_LIMITED": "429 RATE_LIMIT_EXCEEDED | 429 RATE_LIMIT_EXCEEDED | 429 | 429 | 429 "
    "RATE_LIMIT_EXCEEDED",
    "INTERNAL": "500 INTERNAL_SERVER_ERROR | 500 INTERNAL_SERVER_ERROR | 500 | 500 | 500",
    "SUBGRAPH_UNAVAILABLE": "503 SERVICE_UNAVAILABLE | 503 SERVICE_UNAVAILABLE | 503 | 503 | 502",
    "SERVICE_UNAVAILABLE": "503 SERVICE_UNAVAILABLE | 503 SERVICE_UNAVAILABLE | 503 | 503 | 503",
    "SUBGRAPH_TIMEOUT": "503 SERVICE_UNAVAILABLE | 503 SERVICE_UNAVAILABLE | 503 | 503 | 504",
}
PROFILE_NAMES = ("pm", "tracker", "commerce", "todo", "learn")


@pytest.mark.parametrize("code", CODES)
def test_each_code_of_the_graph_in_the_words_of_five_dialects(code: str):
    for name, wanted in zip(PROFILE_NAMES, CODES[code].split("|"), strict=True):
        status, own = translate(PROFILES[name], code, ())
        assert wanted.split() in ([str(status)], [str(status), own]), name


@pytest.mark.parametrize(
    ("profile", "code", "word", "told"),
    [
        ("commerce", "ALREADY_EXISTS", "email", (409, "USER_001")),
        ("commerce", "ALREADY_EXISTS", "username", (409, "USER_002")),
        ("commerce", "BAD_USER_INPUT", "INVALID_TOKEN", (400, "USER_003")),
        ("commerce", "NOT_FOUND", "users", (404, "USER_004")),
        ("commerce", "BAD_USER_INPUT", "INVALID_USER", (400, "ORDER_001")),
        ("commerce", "BAD_USER_INPUT", "NO_ITEMS", (400, "ORDER_002")),
        ("commerce", "CONFLICT", "orders", (409, "ORDER_004")),
        ("commerce", "CONFLICT", "OUT_OF_STOCK", (409, "OUT_OF_STOCK")),
        ("commerce", "CONFLICT", "TOO_MANY_UNPAID", (409, "TOO_MANY_UNPAID")),
        ("commerce", "NOT_FOUND", "orders", (404, "ORDER_003")),
        ("tracker", "CONFLICT", "ISSUE_CANNOT_BE_DELETED", (409, "ISSUE_CANNOT_BE_DELETED")),
        (
            "tracker",
            "ALREADY_EXISTS",
            "PROJECT_MEMBER_ALREADY_EXISTS",
            (409, "PROJECT_MEMBER_ALREADY_EXISTS"),
        ),
        ("tracker", "SERVICE_UNAVAILABLE", "DATABASE", (500, "DATABASE_CONNECTION_ERROR")),
        ("pm", "SERVICE_UNAVAILABLE", "DATABASE", (500, "INTERNAL_SERVER_ERROR")),
        ("learn", "SERVICE_UNAVAILABLE", "DATABASE", (503, "SERVICE_UNAVAILABLE")),
        ("tracker", "FORBIDDEN", "RESOURCE", (403, "RESOURCE_FORBIDDEN")),
        ("pm", "BAD_USER_INPUT", "INVALID_TOKEN", (401, "AUTHENTICATION_FAILED")),
        ("learn", "BAD_USER_INPUT", "INVALID_TOKEN", (401, "UNAUTHORIZED")),
    ],
)
def test_reasons_fields_and_areas_narrow_a_code_down(
    profile: str, code: str, word: str, told: tuple[int, str]
):
    assert translate(PROFILES[profile], code, (None, word)) == told


def test_the_union_speaks_the_trackers_words():
    assert PROFILES["union"].failures is PROFILES["tracker"].failures


@pytest.mark.parametrize("profile", PROFILES)
def test_every_code_of_http_has_an_error_status_in_every_dialect(profile: str):
    for code in STATUSES:
        status, own = translate(PROFILES[profile], code, ())
        assert 400 <= status < 600
        assert own.replace("_", "").isalnum()


@pytest.mark.parametrize("profile", ["tracker", "union"])
@pytest.mark.parametrize(
    "key",
    [*STATUSES, *(key for key in PROFILES["tracker"].failures if ":" in key), "STRANGER"],
)
def test_every_word_of_the_tracker_is_of_its_document_and_has_its_message(profile: str, key: str):
    code, _, word = key.partition(":")
    status, own = translate(PROFILES[profile], code, (word,))
    problem = Problem("a", "VALUE_OUT_OF_RANGE", "a is too much.")
    failure = Failure(code, status, own, "Something.", problems=(problem,))

    error: Any = PROFILES[profile].failure(failure, ResponseInfo("1", datetime.now(UTC)))
    told = error["error"]

    assert told["message"] == TRACKER_MESSAGES[told["code"]]
    assert told["details"] == [
        {"field": "a", "code": "INVALID_FORMAT", "message": "a is too much."}
    ] or (profile, status) == ("union", 503)


@pytest.mark.parametrize("code", [*STATUSES, "A_CODE_OF_A_STRANGER"])
def test_pm_only_has_codes_of_its_vocabulary_with_the_usual_status(code: str):
    status, own = translate(PROFILES["pm"], code, ())

    assert own in PM_CODES
    if STATUSES.get(code, 500) in (401, 403, 404, 405, 406, 408, 409, 413, 414, 415, 431, 500):
        assert status == STATUSES.get(code, 500)


def test_denied_fields_are_told_like_denied_operations():
    for profile in PROFILES.values():
        assert profile.failures["UNAUTHORIZED_FIELD_OR_TYPE"] == profile.failures["FORBIDDEN"]


@pytest.mark.parametrize(
    ("profile", "area", "member", "value"),
    [
        ("pm", "projects", "display_name", "in_progress"),
        ("tracker", "issues", "display_name", "in_progress"),
        ("commerce", "users", "display_name", "in_progress"),
        ("commerce", "orders", "displayName", "in_progress"),
        ("todo", "users", "display_name", "in_progress"),
        ("learn", "users", "displayName", "in_progress"),
        ("plain", "users", "displayName", "IN_PROGRESS"),
    ],
)
def test_members_and_values_are_spelt_by_dialect_and_area(
    profile: str, area: str, member: str, value: str
):
    dialect = PROFILES[profile]

    assert dialect.member_speller(area)("displayName") == member
    assert dialect.spell_enum("IN_PROGRESS") == value


def test_each_dialect_has_its_own_prefix_and_the_union_and_the_plain_one_none():
    assert {name: profile.prefix for name, profile in PROFILES.items()} == {
        "pm": "/pm",
        "tracker": "/tracker",
        "commerce": "/commerce",
        "todo": "/todo",
        "learn": "/learn",
        "union": "",
        "plain": "",
    }
    assert PROFILES["tracker"].media_types[0] == "application/vnd.projectmanager.v1+json"
