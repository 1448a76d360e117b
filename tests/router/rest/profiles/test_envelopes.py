"""What each dialect writes around data and errors, to the last member."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from trellis.router.rate_limit.report import RateReport
from trellis.router.rest.profile import Failure, Problem, ResponseInfo, translate
from trellis.router.rest.profiles import PROFILES
from trellis.router.rest.vocabulary import STATUSES

TIME = datetime(2024, 1, 15, 10, 30, 0, 999_000, tzinfo=UTC)
INFO = ResponseInfo(request_id="abc", time=TIME)
META = {"timestamp": "2024-01-15T10:30:00Z", "version": "v1", "request_id": "abc"}
SIGNATURE = {"timestamp": "2024-01-15T10:30:00Z", "request_id": "req_abc"}
PAGE = {"page": 1}
EMAIL = Problem("email", "REQUIRED_FIELD_MISSING", "email must not be empty.")
PASSWORD = Problem("password", "VALUE_TOO_SHORT", "password needs at least 8 characters.")


def failed(profile: str, canonical: str, *words: str, **changes: Any) -> dict[str, Any]:
    """The body of an error of that code."""
    status, code = translate(PROFILES[profile], canonical, words)
    failure = replace(Failure(canonical, status, code, "What happened."), **changes)
    body = PROFILES[profile].failure(failure, INFO)
    assert isinstance(body, dict)
    return body


def test_pm_has_its_metadata_at_the_top_level():
    whole = replace(INFO, pagination=PAGE, message="Done")

    assert PROFILES["pm"].success({"id": 1}, INFO) == {
        "success": True,
        "data": {"id": 1},
        "message": "Operation completed successfully",
        **SIGNATURE,
    }
    assert PROFILES["pm"].success([], whole) == {
        "success": True,
        "data": [],
        "pagination": PAGE,
        "message": "Done",
        **SIGNATURE,
    }


def test_a_request_id_of_the_suite_keeps_its_prefix():
    own = replace(INFO, request_id="req_1")

    assert PROFILES["pm"].success(None, own)["request_id"] == "req_1"


def test_the_tracker_has_a_meta_object():
    whole = replace(INFO, pagination=PAGE)

    assert PROFILES["tracker"].success({}, INFO) == {"success": True, "data": {}, "meta": META}
    assert PROFILES["tracker"].success([], whole)["pagination"] == PAGE


def test_the_union_has_the_members_of_both():
    body = PROFILES["union"].success([], replace(INFO, pagination=PAGE))

    assert body == {
        "success": True,
        "data": [],
        "pagination": PAGE,
        "message": "Operation completed successfully",
        "meta": META | {"request_id": "req_abc"},
        **SIGNATURE,
    }


@pytest.mark.parametrize("profile", ["commerce", "todo"])
def test_bare_dialects_send_the_data_alone(profile: str):
    whole = replace(INFO, pagination=PAGE, message="Done", rate=RateReport(1, 1, 1))

    assert PROFILES[profile].success({"id": 1}, whole) == {"id": 1}
    assert PROFILES[profile].success([1], whole) == [1]


def test_the_learning_platform_tells_page_and_limit_under_meta():
    limited = replace(INFO, pagination={"hasMore": False}, rate=RateReport(100, 99, 1_705_320_000))

    assert PROFILES["learn"].success({}, INFO) == {"success": True, "data": {}}
    assert PROFILES["learn"].success([], limited) == {
        "success": True,
        "data": [],
        "meta": {
            "pagination": {"hasMore": False},
            "rateLimit": {"limit": 100, "remaining": 99, "resetAt": "2024-01-15T12:00:00Z"},
        },
    }


def test_validation_details_as_each_dialect_words_them():
    told = {
        name: failed(name, "BAD_USER_INPUT", problems=(EMAIL, PASSWORD))["error"]
        for name in PROFILES
        if name != "plain"
    }

    fields = [{"field": p.field, "message": p.message} for p in (EMAIL, PASSWORD)]
    coded = [{"field": p.field, "code": p.code, "message": p.message} for p in (EMAIL, PASSWORD)]
    tracker = {
        "code": "VALIDATION_ERROR",
        "message": "Request validation failed",
        "details": coded,
    }
    assert told["pm"] == {
        "code": "VALIDATION_ERROR",
        "message": "Invalid input data",
        "details": fields,
    }
    assert told["tracker"] == told["union"] == tracker
    assert told["learn"] == {
        "code": "VALIDATION_ERROR",
        "message": "Validation failed",
        "details": [
            {"field": "email", "code": "REQUIRED", "message": EMAIL.message},
            {"field": "password", "code": "TOO_SHORT", "message": PASSWORD.message},
        ],
        "requestId": "abc",
    }
    assert told["commerce"] == {
        "code": "VALIDATION_ERROR",
        "message": "What happened.",
        "details": coded,
    }
    assert told["todo"]["code"] == "INVALID_INPUT"


def test_the_plain_dialect_tells_problems_as_rfc_9457_has_them():
    told = failed("plain", "BAD_USER_INPUT", problems=(EMAIL,), details={"retry_after": 3})
    assert told == {
        "title": "Unprocessable Content",
        "status": 422,
        "detail": "What happened.",
        "code": "BAD_USER_INPUT",
        "requestId": "abc",
        "errors": [
            {"field": "email", "code": "REQUIRED_FIELD_MISSING", "detail": EMAIL.message},
        ],
        "details": {"retry_after": 3},
    }
    assert set(failed("plain", "NOT_FOUND")) == {"title", "status", "detail", "code", "requestId"}
    assert PROFILES["plain"].failure_media == "application/problem+json"


def test_the_plain_dialect_adds_nothing_but_where_a_page_lies():
    plain = PROFILES["plain"]
    page = {"pageInfo": {"hasNextPage": False, "endCursor": None}}
    assert plain.success({"id": 1}, INFO) == {"id": 1}
    assert plain.success([1], replace(INFO, pagination=page)) == {"items": [1], **page}


def test_an_error_about_one_member_names_it_where_the_dialect_has_a_place_for_it():
    taken = {"field": "email"}

    assert failed("learn", "BAD_USER_INPUT", problems=(EMAIL,))["error"]["field"] == "email"
    assert failed("learn", "ALREADY_EXISTS", details=taken)["error"]["field"] == "email"
    assert failed("pm", "ALREADY_EXISTS", details={"field": "logoUrl"})["error"]["details"] == [
        {"field": "logo_url", "message": "What happened."}
    ]


def test_the_suite_has_always_a_list_of_details():
    assert failed("pm", "INVALID_CREDENTIALS") == {
        "success": False,
        "error": {
            "code": "INVALID_CREDENTIALS",
            "message": "Invalid email or password",
            "details": [],
        },
        **SIGNATURE,
    }


def test_the_suite_tells_which_service_is_down():
    body = failed("pm", "SUBGRAPH_UNAVAILABLE", details={"service": "accounts"})

    assert body["error"] == {
        "code": "SERVICE_UNAVAILABLE",
        "message": "Accounts service is temporarily unavailable",
        "details": [{"service": "accounts", "status": "down", "retry_after": 30}],
    }
    assert "accounts" not in str(
        failed("tracker", "SUBGRAPH_UNAVAILABLE", details={"service": "accounts"})
    )


@pytest.mark.parametrize("code", [code for code, status in STATUSES.items() if status != 503])
def test_an_error_that_a_service_raises_never_says_that_it_is_down(code: str):
    told = failed("pm", code, details={"service": "accounts"})["error"]

    is_down = translate(PROFILES["pm"], code, ())[0] == 503
    assert bool(told["details"]) is is_down
    assert ("accounts" in str(told).lower()) is is_down


def test_the_tracker_tells_who_is_refused_what_they_may_do():
    details = {"required_permission": "admin:projects", "user_permissions": ["read:projects"]}

    assert failed("tracker", "FORBIDDEN", details=details)["error"] == {
        "code": "INSUFFICIENT_PERMISSIONS",
        "message": "Insufficient permissions to access resource",
        "details": details,
    }
    closed = failed("tracker", "FORBIDDEN", "RESOURCE", details={"user_permissions": []})
    assert closed["error"] == {
        "code": "RESOURCE_FORBIDDEN",
        "message": "Access to resource is forbidden",
        "details": [],
    }


@pytest.mark.parametrize("code", STATUSES)
def test_an_error_of_the_tracker_has_details_whatever_it_is(code: str):
    """S1-ENV-02: code, message and details are the members of every error."""
    assert set(failed("tracker", code)["error"]) == {"code", "message", "details"}


def test_an_error_of_the_union_has_details_whatever_it_is():
    down = failed("union", "SUBGRAPH_UNAVAILABLE", details={"service": "accounts"})["error"]

    assert failed("union", "NOT_FOUND")["error"]["details"] == []
    reason = {"reason": "What happened."}
    for code in ("CONFLICT", "BAD_REQUEST", "METHOD_NOT_ALLOWED", "NOT_ACCEPTABLE"):
        told = failed("union", code)["error"]["details"]
        assert told == failed("tracker", code)["error"]["details"] == reason
    assert failed("tracker", "CONFLICT")["error"]["details"] == {"reason": "What happened."}
    assert failed("tracker", "METHOD_NOT_ALLOWED")["error"] == {
        "code": "VALIDATION_ERROR",
        "message": "Request validation failed",
        "details": {"reason": "What happened."},
    }
    assert failed("union", "RATE_LIMITED", details={"limit": 3})["error"]["details"] == {"limit": 3}
    assert down["code"] == "SERVICE_UNAVAILABLE"
    assert down["details"] == [{"service": "accounts", "status": "down", "retry_after": 30}]


def test_the_tracker_asks_for_the_second_factor_in_its_own_words():
    told = failed("tracker", "MFA_REQUIRED")["error"]

    assert (told["code"], told["message"]) == ("INVALID_CREDENTIALS", "Invalid email or password")
    assert told["details"] == [
        {"field": "mfa_code", "code": "REQUIRED_FIELD_MISSING", "message": "What happened."}
    ]


@pytest.mark.parametrize("profile", ["learn", "commerce", "todo", "plain", "pm"])
def test_a_refusal_says_nothing_of_what_else_the_caller_may_do(profile: str):
    details = {"required_permission": "admin:projects", "user_permissions": ["read:projects"]}

    told = str(failed(profile, "FORBIDDEN", details=details))
    assert "read:projects" not in told
    assert ("admin:projects" in told) is (profile in ("commerce", "plain"))


@pytest.mark.parametrize("reset", [1_738_184_400, "2025-01-29T21:00:00Z"])
def test_the_tracker_tells_the_limit_that_was_exceeded(reset: Any):
    details = {
        "limit": 1000,
        "window": 3600,
        "remaining": 0,
        "reset_at": reset,
        "retry_after": 9,
    }

    assert failed("tracker", "RATE_LIMITED", details=details)["error"]["details"] == {
        "limit": 1000,
        "window": 3600,
        "reset_at": "2025-01-29T21:00:00Z",
    }


def test_the_learning_platform_tells_the_limit_inside_the_error():
    details = {"limit": 30, "window": 60, "reset_at": 1_738_184_400, "retry_after": 9}

    assert failed("learn", "RATE_LIMITED", details=details)["error"] == {
        "code": "RATE_LIMIT_EXCEEDED",
        "message": "Too many requests",
        "retryAfter": 9,
        "limit": 30,
        "resetAt": "2025-01-29T21:00:00Z",
        "requestId": "abc",
    }


def test_the_learning_platform_says_which_subscription_is_needed():
    details = {"requiredTier": "basic", "current_tier": "free", "upgradeUrl": "/pricing"}

    assert failed("learn", "ENTITLEMENT_REQUIRED", details=details)["error"] == {
        "code": "SUBSCRIPTION_REQUIRED",
        "message": "What happened.",
        "details": {"requiredTier": "basic", "currentTier": "free", "upgradeUrl": "/pricing"},
        "requestId": "abc",
    }


def test_internal_details_are_not_returned():
    details = {"reason": "X", "service": "accounts", "currentVersion": 3}
    for name in PROFILES:
        body = str(failed(name, "CONFLICT", details=details))
        assert "'X'" not in body
    assert failed("tracker", "CONFLICT", details=details)["error"]["details"] == {
        "current_version": 3,
        "reason": "What happened.",
    }


def test_the_tracker_tells_its_versions_in_headers():
    assert dict(PROFILES["tracker"].headers(INFO)) == {
        b"api-version": b"v1",
        b"api-supported-versions": b"v1, v2",
        b"api-deprecated-versions": b"v0",
    }


def test_learn_forbids_caching_with_all_directives():
    assert dict(PROFILES["learn"].headers(INFO)) == {
        b"cache-control": b"no-store, no-cache, must-revalidate, proxy-revalidate",
        b"pragma": b"no-cache",
        b"expires": b"0",
    }


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("UNAUTHENTICATED", ("UNAUTHORIZED", "Authentication required")),
        ("INVALID_CREDENTIALS", ("UNAUTHORIZED", "What happened.")),
        ("FORBIDDEN", ("FORBIDDEN", "Insufficient permissions")),
        ("SUBGRAPH_UNAVAILABLE", ("BAD_GATEWAY", "Upstream service error")),
        ("SUBGRAPH_TIMEOUT", ("GATEWAY_TIMEOUT", "Upstream timeout")),
    ],
)
def test_learn_has_the_messages_of_its_document(code: str, told: tuple[str, str]):
    error = failed("learn", code)["error"]

    assert (error["code"], error["message"]) == told
