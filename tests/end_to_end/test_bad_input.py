"""Bad input to the real server: a clear answer, at once, that says what to mend."""

from typing import Any

import httpx
import pytest

from tests.support.trellis_server import TrellisServer
from trellis.db.seed.world import demo_id, demo_world

pytestmark = pytest.mark.xdist_group("server")


def post(server: TrellisServer, body: Any, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else None
    json = None if isinstance(body, bytes) else body
    headers.setdefault("content-type", "application/json")
    return httpx.post(server.graphql_url, content=content, json=json, headers=headers, timeout=10)


def only_error(response: httpx.Response) -> dict[str, Any]:
    [error] = response.json()["errors"]
    return error


@pytest.mark.parametrize("body", [b"{", b"", b"[]", b'"text"', b"\xff\xfe", b'{"query": 1}'])
def test_a_body_that_is_no_request_is_refused_with_400(server: TrellisServer, body: bytes):
    response = post(server, body)
    assert response.status_code == 400
    assert only_error(response)["message"]


def test_an_unknown_field_is_refused_with_its_place(server: TrellisServer, token: str):
    query = "{\n  me {\n    displayNam\n  }\n}"
    error = only_error(post(server, {"query": query}, authorization=f"Bearer {token}"))
    assert error["locations"] == [{"line": 3, "column": 5}]
    assert "displayName" in error["message"]
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


def test_a_wrong_variable_is_refused_by_name(server: TrellisServer, token: str):
    body = {
        "query": "query Q($first: Int!) { projects(first: $first) { totalCount } }",
        "variables": {"first": "many"},
    }
    error = only_error(post(server, body, authorization=f"Bearer {token}"))
    assert "$first" in error["message"]


def test_a_token_that_was_tampered_with_is_refused_with_401(server: TrellisServer, token: str):
    head, payload, signature = token.split(".")
    forged = ".".join((head, payload[:-2] + ("AA" if payload[-2:] != "AA" else "BB"), signature))
    response = post(server, {"query": "{ me { id } }"}, authorization=f"Bearer {forged}")
    assert response.status_code == 401
    assert only_error(response)["extensions"]["code"] == "UNAUTHENTICATED"


def test_a_page_of_ten_thousand_is_refused_with_the_limit(server: TrellisServer, token: str):
    body = {"query": "{ projects(first: 10000) { totalCount } }"}
    error = only_error(post(server, body, authorization=f"Bearer {token}"))
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert "100" in error["message"]


def test_a_foreign_project_does_not_exist(server: TrellisServer):
    world = demo_world()
    stranger = next(
        user
        for user in world.users
        if "admin" not in user.roles and user.organization_id != world.projects[0].organization_id
    )
    token = server.log_in(stranger.email)
    project = str(demo_id("project", world.projects[0].key))
    asked = {
        "query": "query Q($id: ID!) { project(id: $id) { name } }",
        "variables": {"id": project},
    }
    assert post(server, asked, authorization=f"Bearer {token}").json() == {
        "data": {"project": None}
    }
    mutation = {
        "query": 'mutation M($id: ID!) { updateProject(id: $id, input: {name: "Mine"}) '
        "{ project { name } } }",
        "variables": {"id": project},
    }
    error = only_error(post(server, mutation, authorization=f"Bearer {token}"))
    assert error["extensions"]["code"] == "NOT_FOUND"
