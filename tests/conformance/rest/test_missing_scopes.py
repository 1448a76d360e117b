"""A program whose key lacks a scope is told which one; nothing looks as if it were not there."""

from typing import Any

import httpx
import pytest

from tests.conformance.rest.world import World

pytestmark = pytest.mark.xdist_group("rest_world")

_KEY = """mutation Make($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }"""


def key(world: World, *scopes: str) -> dict[str, str]:
    """The headers of a program with a key of ada's."""
    given = {"input": {"name": "k", "scopes": list(scopes)}}
    made = world.graph(_KEY, given, world.token("ada"))
    return {"X-API-Key": made["createApiKey"]["secret"]}


def refusal(answer: httpx.Response, status: int = 403) -> dict[str, Any]:
    """The error of an answer that is refused."""
    assert answer.status_code == status, answer.text
    return answer.json()["error"]


def test_lists_and_people_need_the_scope_of_profiles(world: World):
    headers = key(world, "read:projects")
    ada = world.person_id("ada")
    for path in (
        "/pm/api/v1/organizations",
        "/pm/api/v1/teams",
        "/pm/api/v1/users/profile",
        f"/tracker/api/v1/users/{ada}",
        f"/commerce/api/users/{ada}",
        "/learn/api/v1/users/me",
    ):
        answer = world.client.get(path, headers=headers)
        assert answer.status_code == 403, (path, answer.text)
        assert "same organization" not in answer.text
    told = refusal(world.client.get(f"/tracker/api/v1/users/{ada}", headers=headers))
    assert told["code"] == "INSUFFICIENT_PERMISSIONS"
    assert told["details"]["required_permission"] == "read:profile"

    headers = key(world, "read:profile")
    listed = world.client.get("/pm/api/v1/organizations", headers=headers).json()
    assert listed["pagination"]["total"] >= 1
    assert world.client.get(f"/tracker/api/v1/users/{ada}", headers=headers).is_success


def test_the_one_missing_permission_is_named(world: World):
    """One word of the document, never a role, and never one that the caller has."""
    projects = key(world, "read:projects", "read:tasks")
    alan = {"authorization": f"Bearer {world.token('alan')}"}
    project, somebody = world.project, world.person_id("ada")
    issue = {"project_id": project, "summary": "b", "issue_type": "Bug"}
    user = {"email": "q@example.com", "password": "12345678"}
    asked: list[tuple[str, str, Any, dict[str, str], str]] = [
        ("POST", "issues", issue, projects, "write:issues"),
        ("PUT", f"projects/{project}", {"name": "z"}, projects, "write:projects"),
        ("GET", f"projects/{project}/members", None, projects, "read:project_members"),
        ("POST", "users", user, alan, "admin:projects"),
        ("PUT", f"users/{somebody}", {"first_name": "E"}, alan, "admin:projects"),
    ]
    for method, path, body, headers, named in asked:
        url = f"/tracker/api/v1/{path}"
        answer = world.client.request(method, url, json=body, headers=headers)
        details = refusal(answer)["details"]
        assert isinstance(details, dict), (path, answer.text)
        assert details["required_permission"] == named, path
        assert named not in details["user_permissions"], path


def test_who_has_every_permission_is_refused_the_resource(world: World):
    """Grace lacks a role, and no permission of the document stands for it."""
    headers = {"authorization": f"Bearer {world.token('grace')}"}
    user = {"email": "q@example.com", "password": "12345678"}
    told = refusal(world.client.post("/tracker/api/v1/users", json=user, headers=headers))
    assert told["code"] == "RESOURCE_FORBIDDEN"
