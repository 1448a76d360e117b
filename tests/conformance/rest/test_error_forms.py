"""The comparison of refusals with the documents tells what differs, and nothing else."""

from typing import Any

import httpx
import pytest

from tests.conformance.rest.error_forms import Expected, wrong_with

ID = "req_1"
PM: dict[str, Any] = {
    "success": False,
    "error": {"code": "RESOURCE_NOT_FOUND", "message": "No.", "details": []},
    "timestamp": "2024-01-15T10:30:00Z",
    "request_id": ID,
}
DOWN = {"service": "accounts", "status": "down", "retry_after": 30}


def answer(body: Any, status: int = 404, **headers: str) -> httpx.Response:
    return httpx.Response(status, json=body, headers={"x-request-id": ID, **headers})


def test_what_is_as_documented_is_right():
    assert wrong_with("pm", answer(PM), Expected(404, "RESOURCE_NOT_FOUND", "No.")) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"success": None}, "success is not false"),
        ({"meta": {}}, "not documented: meta"),
        ({"timestamp": "yesterday"}, "timestamp yesterday"),
        ({"request_id": "req_2"}, "request_id req_2, header req_1"),
        ({"error": {**PM["error"], "details": [DOWN]}}, f"details: {[DOWN]}"),
        ({"error": {**PM["error"], "code": "GONE"}}, "code GONE is none of the document"),
    ],
)
def test_every_difference_of_the_suite_is_told(changes: dict[str, Any], told: str):
    assert told in wrong_with("pm", answer(PM | changes), Expected(404))


def test_status_code_message_headers_and_faults_are_compared():
    expected = Expected(401, "AUTHENTICATION_FAILED", "Who?", frozenset({"email"}), has_faults=True)

    assert wrong_with("pm", answer(PM), expected)[0].startswith("status 404, not 401")
    assert wrong_with("pm", answer(PM, 401), expected) == [
        "code RESOURCE_NOT_FOUND, not AUTHENTICATION_FAILED",
        "message 'No.', not 'Who?'",
        "401 without WWW-Authenticate",
        "no list of faults: []",
    ]
    assert wrong_with("pm", answer(PM, 405), Expected(405)) == ["405 without Allow"]


@pytest.mark.parametrize(
    ("dialect", "error", "told"),
    [
        ("tracker", {"code": "RESOURCE_NOT_FOUND", "message": "No."}, "message 'No.'"),
        ("tracker", {"code": "INSUFFICIENT_PERMISSIONS", "message": ""}, "permissions are not"),
        ("union", {"code": "RESOURCE_NOT_FOUND", "message": ""}, "missing: error.details"),
        ("learn", {"code": "X", "message": "", "requestId": "2"}, "requestId is not that"),
        (
            "learn",
            {
                "code": "X",
                "message": "",
                "details": [{"field": "password", "code": "A", "message": "B", "value": "geheim"}],
            },
            "the value of password is told",
        ),
    ],
)
def test_the_other_dialects_have_rules_of_their_own(dialect: str, error: Any, told: str):
    body = {"success": False, "error": error, "meta": {}}
    problems = wrong_with(dialect, answer(body, 403), Expected(403))

    assert any(problem.startswith(told) for problem in problems), problems
