"""Paths of the learning platform, and what its document takes and refuses in bodies."""

import json
import re
from typing import Any

import pytest

from tests.support.product_graph import product_routes
from tests.support.shared import ROOT
from trellis.router.rest.profile import RequestInvalid
from trellis.router.rest.request_reader import RequestReader

ROUTES = {route.name: route for route in product_routes() if route.profile.name == "learn"}
LOGIN = {"email": "a@example.com", "password": "eightcha"}
REGISTER = {
    "email": "a@example.com",
    "password": "twelvecharss",
    "displayName": "Jo",
    "acceptedTerms": True,
}
COURSE = {
    "title": "Five!",
    "description": "x" * 20,
    "category": "programming",
    "level": "beginner",
}
OPTIONAL = ("displayName", "avatarUrl", "bio", "preferences")
"""Section 3.3: may be absent, but null is none of their values."""
ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    ("Login", LOGIN),
    ("Login", {**LOGIN, "mfaCode": "123456"}),
    ("Register", REGISTER),
    ("Register", {**REGISTER, "displayName": "x" * 50}),
    ("UpdateMe", {"preferences": {"theme": "system", "language": "de"}, "bio": "x" * 500}),
    ("CreateCourse", COURSE),
    ("CreateCourse", {**COURSE, "title": "x" * 200, "description": "x" * 5000, "price": 0}),
    ("CreateCourse", {**COURSE, "thumbnailUrl": "https://example.com/x.png", "level": "advanced"}),
    ("UpdateCourse", {"price": 12.5}),
]
REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("Login", {**LOGIN, "email": "nobody"}, "email", "INVALID_FORMAT"),
    ("Login", {**LOGIN, "password": "sevench"}, "password", "VALUE_TOO_SHORT"),
    ("Login", {**LOGIN, "mfaCode": "12345"}, "mfaCode", "INVALID_FORMAT"),
    ("Login", {**LOGIN, "mfaCode": "1234567"}, "mfaCode", "INVALID_FORMAT"),
    ("Login", {**LOGIN, "mfaCode": "12345a"}, "mfaCode", "INVALID_FORMAT"),
    ("Login", {**LOGIN, "mfaCode": None}, "mfaCode", "REQUIRED_FIELD_MISSING"),
    ("Register", {**REGISTER, "email": "nobody"}, "email", "INVALID_FORMAT"),
    ("Register", {**REGISTER, "password": "elevenchars"}, "password", "VALUE_TOO_SHORT"),
    ("Register", {**REGISTER, "displayName": "J"}, "displayName", "VALUE_TOO_SHORT"),
    ("Register", {**REGISTER, "displayName": "x" * 51}, "displayName", "VALUE_TOO_LONG"),
    ("Register", {**REGISTER, "acceptedTerms": False}, "acceptedTerms", "INVALID_ENUM_VALUE"),
    ("UpdateMe", {"displayName": "J"}, "displayName", "VALUE_TOO_SHORT"),
    ("UpdateMe", {"displayName": "x" * 51}, "displayName", "VALUE_TOO_LONG"),
    ("UpdateMe", {"avatarUrl": "no address"}, "avatarUrl", "INVALID_FORMAT"),
    ("UpdateMe", {"bio": "x" * 501}, "bio", "VALUE_TOO_LONG"),
    ("UpdateMe", {"preferences": {"theme": "pink"}}, "preferences.theme", "INVALID_ENUM_VALUE"),
    ("UpdateMe", {"preferences": {"language": "eng"}}, "preferences.language", "VALUE_TOO_LONG"),
    (
        "UpdateMe",
        {"preferences": {"notifications": {"push": "yes"}}},
        "preferences.notifications.push",
        "INVALID_FORMAT",
    ),
    ("CreateCourse", {**COURSE, "title": "Four"}, "title", "VALUE_TOO_SHORT"),
    ("CreateCourse", {**COURSE, "title": "x" * 201}, "title", "VALUE_TOO_LONG"),
    ("CreateCourse", {**COURSE, "description": "x" * 19}, "description", "VALUE_TOO_SHORT"),
    ("CreateCourse", {**COURSE, "description": "x" * 5001}, "description", "VALUE_TOO_LONG"),
    ("CreateCourse", {**COURSE, "level": "expert"}, "level", "INVALID_ENUM_VALUE"),
    ("CreateCourse", {**COURSE, "price": -0.01}, "price", "VALUE_OUT_OF_RANGE"),
    ("CreateCourse", {**COURSE, "thumbnailUrl": "no address"}, "thumbnailUrl", "INVALID_FORMAT"),
    *(
        (
            "CreateCourse",
            {key: value for key, value in COURSE.items() if key != name},
            name,
            "REQUIRED_FIELD_MISSING",
        )
        for name in COURSE
    ),
    ("UpdateCourse", {"title": "Four"}, "title", "VALUE_TOO_SHORT"),
    *(("UpdateMe", {name: None}, name, "REQUIRED_FIELD_MISSING") for name in OPTIONAL),
    *(
        ("UpdateMe", {"preferences": {name: None}}, f"preferences.{name}", "REQUIRED_FIELD_MISSING")
        for name in ("theme", "language", "notifications")
    ),
    *(
        (
            "UpdateMe",
            {"preferences": {"notifications": {name: None}}},
            f"preferences.notifications.{name}",
            "REQUIRED_FIELD_MISSING",
        )
        for name in ("email", "push")
    ),
]


ID = "00000000-0000-4000-8000-000000000001"
ABOUT_ONE = {"UpdateCourse"}

OPENAPI = json.loads((ROOT / "schema" / "openapi" / "learn.json").read_text(encoding="utf-8"))


def read(name: str, body: dict[str, Any]) -> list[tuple[str, str]]:
    """The problems of a body, each with its member and code."""
    try:
        RequestReader(ROUTES[name]).read({"id": ID} if name in ABOUT_ONE else {}, b"", [], body)
    except RequestInvalid as refused:
        return [(problem.field, problem.code) for problem in refused.problems]
    return []


def test_lists_are_sorted_by_members_in_camel_case():
    variables, _ = RequestReader(ROUTES["ListUsers"]).read({}, b"sortBy=createdAt", [])

    assert variables["sortBy"] == "CREATED_AT"


def test_all_faults_of_a_body_are_told_at_once():
    body = {"email": "nobody", "password": "short", "displayName": "J", "acceptedTerms": False}

    assert [member for member, _ in read("Register", body)] == list(body)


def test_paths_are_versioned_kebab_case_and_nested_at_most_twice():
    assert len(ROUTES) >= 19
    for route in ROUTES.values():
        version, *segments = route.path.removeprefix("/api/").split("/")
        collections = [part for part in segments if not part.startswith("{") and part != "me"]

        assert version == "v1", route.path
        assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", part) for part in collections), route.path
        assert len(collections) <= 2, route.path


def test_routes_by_which_clients_sign_in_look_at_no_token():
    """Section 3.1: the gateway verifies tokens on the protected routes alone, so an expired one
    that comes with every request keeps nobody from a new one."""
    anonymous = {route.path for route in ROUTES.values() if route.anonymous}
    public = ("login", "register", "refresh", "forgot-password", "reset-password")

    assert anonymous == {f"/api/v1/auth/{name}" for name in public}


def test_what_may_be_left_out_is_not_called_required():
    with pytest.raises(RequestInvalid) as refused:
        RequestReader(ROUTES["UpdateMe"]).read({}, b"", [], {"bio": None})
    [problem] = refused.value.problems
    assert problem.message == "bio may be left out, but not null."


@pytest.mark.parametrize(("name", "body"), ACCEPTED)
def test_what_is_just_long_enough_is_taken(name: str, body: dict[str, Any]):
    assert read(name, body) == []


@pytest.mark.parametrize(("name", "body", "member", "code"), REFUSED)
def test_what_is_just_beyond_a_limit_is_refused_by_name(
    name: str, body: dict[str, Any], member: str, code: str
):
    assert read(name, body) == [(member, code)]


def test_the_schema_of_a_user_is_that_of_the_document():
    """Section 5.1, components."""
    members = OPENAPI["components"]["schemas"]["User"]["properties"]
    roles = ["admin", "instructor", "moderator", "subscriber", "free_user"]

    assert list(members) == [
        *("id", "email", "displayName", "avatarUrl", "role", "subscription", "createdAt")
    ]
    assert members["id"] == {"type": "string", "format": "uuid"}
    assert members["email"] == {"type": "string", "format": "email"}
    assert members["avatarUrl"] == {"type": "string", "format": "uri"}
    assert members["role"]["enum"] == roles


def test_common_responses_have_the_names_of_the_document():
    assert {"Unauthorized", "Forbidden", "RateLimited"} <= OPENAPI["components"]["responses"].keys()
    for operations in OPENAPI["paths"].values():
        for operation in operations.values():
            assert operation["responses"]["429"] == {"$ref": "#/components/responses/RateLimited"}


def test_lists_begin_with_the_greatest_unless_asked_otherwise():
    parameters = OPENAPI["paths"]["/api/v1/users"]["get"]["parameters"]
    [order] = [one for one in parameters if one.get("name") == "sortOrder"]

    assert order["schema"] == {"type": "string", "enum": ["asc", "desc"], "default": "desc"}
