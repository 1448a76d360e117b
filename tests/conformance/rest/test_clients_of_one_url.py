"""What clients of a dialect find below the one base URL that they know, and in their letters."""

import email
import time

import pytest

from tests.conformance.rest.world import World
from trellis.schema.metrics import CONTENT_TYPE

pytestmark = pytest.mark.xdist_group("rest_world")

PREFIXES = ("/pm", "/tracker", "/commerce", "/todo", "/learn")


@pytest.mark.parametrize("prefix", PREFIXES)
def test_health_and_graphql_answer_below_every_prefix(world: World, prefix: str):
    for path in ("/health", "/ready"):
        own, at_root = world.client.get(prefix + path), world.client.get(path)
        assert own.status_code == at_root.status_code == 200
        assert own.json() == at_root.json()
    asked = {"query": "{ me { username } }"}
    headers = {"authorization": f"Bearer {world.token('ada')}"}
    answer = world.client.post(f"{prefix}/graphql", json=asked, headers=headers)
    assert answer.json() == {"data": {"me": {"username": "ada"}}}
    assert world.client.get(f"{prefix}/metrics").headers["content-type"] == CONTENT_TYPE
    assert world.client.get(f"{prefix}/healthy").status_code == 404


def test_letters_link_to_the_address_that_the_server_has(world: World):
    person = world.fresh()
    folder = world.folder / "mail"
    texts: list[str] = []
    for _ in range(100):
        letters = [email.message_from_bytes(path.read_bytes()) for path in folder.glob("*.eml")]
        texts = [str(one.get_payload()) for one in letters if one["To"] == person.email]
        if texts:
            break
        time.sleep(0.05)
    assert f"{str(world.client.base_url).rstrip('/')}/verify-email#token" in texts[0]


def test_the_shop_says_its_codes_in_the_words_of_its_document(world: World):
    person = world.fresh()
    base, password = "/commerce/api/users", "a-long-password-1"
    headers = {"authorization": f"Bearer {person.token}"}
    address, username = world.new_names()
    taken_email = {"email": person.email, "username": username, "password": password}
    taken_name = {"email": address, "username": person.username, "password": password}
    asked = [
        ("POST", base, taken_email, ("USER_001", "Email already exists")),
        ("POST", base, taken_name, ("USER_002", "Username already exists")),
        ("GET", f"{base}/bogus", None, ("USER_004", "User not found")),
        ("PUT", f"{base}/bogus", {}, ("USER_004", "User not found")),
    ]
    for method, path, body, told in asked:
        answer = world.client.request(method, path, json=body, headers=headers)
        error = answer.json()["error"]
        assert (error["code"], error["message"]) == told, (method, path)


def test_what_is_forbidden_names_nothing_of_the_graph_in_personal_tasks(world: World):
    query = "mutation M($i: CreateApiKeyInput!) { createApiKey(input: $i) { secret } }"
    given = {"i": {"name": "k", "scopes": ["read:projects"]}}
    secret = world.graph(query, given, world.token("ada"))["createApiKey"]["secret"]
    for method in ("GET", "POST"):
        body = {"title": "t"} if method == "POST" else None
        headers = {"X-API-Key": secret}
        answer = world.client.request(method, "/todo/api/tasks", json=body, headers=headers)
        assert answer.status_code == 404
        assert "Query" not in answer.text and "Mutation" not in answer.text


def test_a_tag_that_is_empty_is_told_with_its_place(world: World):
    headers = {"authorization": f"Bearer {world.token('ada')}"}
    body = {"title": "t", "project_id": world.project, "tags": ["a", ""]}
    answer = world.client.post("/pm/api/v1/tasks", json=body, headers=headers)
    assert [one["field"] for one in answer.json()["error"]["details"]] == ["tags.1"]
